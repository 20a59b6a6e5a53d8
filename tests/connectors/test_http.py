"""The HTTP client against a real server on loopback that answers from a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from connectors.credentials import ClientCredentials, FixedHeader, basic
from connectors.http import HttpClient, Limits, Request
from connectors.vendure import Login
from stamm.clock import ManualClock
from stamm.errors import ContractBroken, CredentialsRefused, Unreachable
from stamm.redaction import redact

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASK = Request("GET", "/things", {"page": "1"})


@dataclass
class Answer:
    """Status, headers and body; `cut` closes the connection before the declared end."""

    status: int = 200
    body: bytes = b'{"ok": true}'
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Scripted:
    """A server that gives these answers in turn, the last one for ever."""

    url: str
    seen: list[tuple[str, dict[str, str]]]
    answers: list[Answer]
    callers: set[tuple[str, int]] = field(default_factory=set)  # one per connection


@contextmanager
def scripted(*answers: Answer) -> Iterator[Scripted]:
    left, seen, callers = list(answers), [], set()
    in_turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with in_turn:
                seen.append((self.path, dict(self.headers)))
                callers.add(self.client_address)
                answer = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(answer.status)
            length = len(answer.body) + (100 if answer.cut else 0)
            for name, value in {"Content-Length": str(length), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection |= answer.cut

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    ).start()
    try:
        yield Scripted(f"http://127.0.0.1:{server.server_address[1]}", seen, left, callers)
    finally:
        server.shutdown()
        server.server_close()


def ask(
    server: Scripted,
    request: Request = ASK,
    clock: ManualClock | None = None,
    credentials: Any = None,
    **limits: Any,
) -> Any:
    client = HttpClient(
        server.url,
        credentials or FixedHeader("api-key", "k-123456"),
        clock or ManualClock(NOON),
        limits=Limits(**{"attempts": 3, "read": 5.0, **limits}),
    )
    try:
        return client.ask(request)
    finally:
        client.close()


def test_it_signs_the_request_and_gives_the_json_of_the_answer():
    with scripted(Answer()) as server:
        assert ask(server) == {"ok": True}
        path, headers = server.seen[0]
        assert (path, headers["api-key"]) == ("/things?page=1", "k-123456")


def test_a_429_waits_as_long_as_the_server_says():
    clock = ManualClock(NOON)
    with scripted(Answer(429, b"", {"Retry-After": "17"}), Answer()) as server:
        ask(server, clock=clock)
    assert (clock.now() - NOON).total_seconds() == 17


def test_a_retry_after_may_be_a_date():
    clock = ManualClock(NOON)
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    with scripted(Answer(429, b"", {"Retry-After": in_a_minute}), Answer()) as server:
        ask(server, clock=clock)
    # counted from the server's own Date header, in whole seconds
    assert 55 <= (clock.now() - NOON).total_seconds() <= 61


def test_a_pause_beyond_the_budget_is_not_waited_for():
    clock = ManualClock(NOON)
    with scripted(Answer(429, b"", {"Retry-After": "9000"})) as server:
        with pytest.raises(Unreachable, match="HTTP 429"):
            ask(server, clock=clock)
        assert len(server.seen) == 1
    assert clock.now() == NOON


@pytest.mark.parametrize("value", ["inf", "1e300", "99999999999999"])
def test_a_pause_without_an_end_is_one_beyond_the_budget(value):
    with scripted(Answer(429, b"", {"Retry-After": value})) as server:
        with pytest.raises(Unreachable, match="HTTP 429"):
            ask(server, clock=ManualClock(NOON))
        assert len(server.seen) == 1


def test_a_pause_that_is_no_number_is_none():
    with scripted(Answer(429, b"", {"Retry-After": "nan"}), Answer()) as server:
        ask(server, clock=ManualClock(NOON))
        assert len(server.seen) == 2


def test_headers_that_are_no_numbers_of_this_world_say_nothing():
    odd = {"RateLimit-Remaining": "-inf", "X-RateLimit-Limit": "inf", "RateLimit-Reset": "nan"}
    clock = ManualClock(NOON)
    with scripted(Answer(headers=odd), Answer()) as server:
        ask(server, clock=clock)
    assert clock.now() == NOON


def test_without_retry_after_the_pauses_grow_and_end():
    clock = ManualClock(NOON)
    with scripted(Answer(500, b"<html>oops</html>")) as server:
        with pytest.raises(Unreachable, match="HTTP 500 with an HTML page instead of JSON"):
            ask(server, clock=clock)
        assert len(server.seen) == 3
    # two pauses with jitter: 0.5 to 1 times 1 s and 2 s
    assert 1.5 <= (clock.now() - NOON).total_seconds() <= 3.0


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (Answer(503, b""), Unreachable, "HTTP 503 with no body"),
        (Answer(200, b"<!doctype html><p>Login"), ContractBroken, "found an HTML page"),
        (Answer(200, b""), ContractBroken, "found no body"),
        (Answer(200, b'{"a": [1, 2'), ContractBroken, "11 bytes that end midway"),
        (Answer(200, b'{"name": "Mul'), ContractBroken, "13 bytes that end midway"),
        (Answer(200, b'{"a": 1,}'), ContractBroken, r"that are none: Expecting .* \(char 8\)"),
        (Answer(200, b'{"a": "M\xfc"}'), ContractBroken, "invalid start byte for utf-8 at byte 8"),
        (Answer(200, b'{"a": 1}', cut=True), Unreachable, "cut off"),
    ],
)
def test_what_may_pass_is_asked_again_and_named_when_it_does_not(
    answer: Answer, error: type[Exception], says: str
):
    with scripted(answer, Answer()) as server:
        assert ask(server) == {"ok": True}
    with scripted(answer) as server, pytest.raises(error, match=says):
        ask(server)


def test_half_a_surrogate_pair_in_one_record_spoils_no_other():
    with scripted(Answer(200, rb'[{"name": "Anna"}, {"name": "half \ud83d"}]')) as server:
        assert ask(server) == [{"name": "Anna"}, {"name": "half \ud83d"}]
        assert len(server.seen) == 1


def test_errors_inside_http_200_are_errors():
    body = b'{"data": null, "errors": [{"message": "field gone"}]}'
    with scripted(Answer(200, body)) as server, pytest.raises(ContractBroken, match="field gone"):
        ask(server)


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_not_tried_again(status: int):
    with scripted(Answer(status, b"no")) as server:
        with pytest.raises(CredentialsRefused, match=str(status)):
            ask(server)
        assert len(server.seen) == 1  # a second wrong logon could lock the user


def token(value: str) -> Answer:
    return Answer(200, json.dumps({"access_token": value, "expires_in": 600}).encode())


def test_an_expired_token_is_renewed_once():
    credentials = ClientCredentials("/oauth", "id", "very-secret-1")
    with scripted(token("first-token"), Answer(401), token("second-token"), Answer()) as server:
        assert ask(server, credentials=credentials) == {"ok": True}
        signs = [headers.get("Authorization") for _, headers in server.seen]
        assert signs == [None, "Bearer first-token", None, "Bearer second-token"]


def test_a_token_refused_twice_is_refused():
    credentials = ClientCredentials("/oauth", "id", "very-secret-1")
    with scripted(token("first-token"), Answer(401), token("second-token"), Answer(401)) as server:
        with pytest.raises(CredentialsRefused):
            ask(server, credentials=credentials)
        assert len(server.seen) == 4


FORBIDDEN = Answer(200, b'{"errors": [{"extensions": {"code": "FORBIDDEN"}}], "data": null}')


def test_a_refusal_inside_http_200_is_a_refusal():
    with scripted(FORBIDDEN) as server:
        with pytest.raises(CredentialsRefused, match="FORBIDDEN"):
            ask(server)
        assert len(server.seen) == 1


def test_a_token_refused_inside_http_200_is_renewed_once():
    credentials = ClientCredentials("/oauth", "id", "very-secret-1")
    with scripted(token("first-token"), FORBIDDEN, token("second-token"), Answer()) as server:
        assert ask(server, credentials=credentials) == {"ok": True}
        assert len(server.seen) == 4


def test_one_login_by_cookie_serves_all_threads():
    together = threading.Barrier(3, timeout=10)

    def asked_beside_others(client: HttpClient) -> Any:
        together.wait()
        return client.ask(ASK)

    body = b'{"data": {"login": {"__typename": "CurrentUser", "id": "1"}}}'
    login = Answer(200, body, {"Set-Cookie": "session=abc; Path=/; HttpOnly"})
    late = Answer(headers={"Set-Cookie": "session=; Path=/"})  # it unsets what has expired
    with scripted(login, late, Answer()) as server, ThreadPoolExecutor(3) as threads:
        client = HttpClient(server.url, Login("reader", "very-secret-1"), ManualClock(NOON))
        for _ in range(2):
            assert [*threads.map(asked_beside_others, [client] * 3)] == [{"ok": True}] * 3
        client.close()
    cookies = [headers.get("Cookie") for _, headers in server.seen]
    assert cookies == [None, *["session=abc"] * 6]


@pytest.mark.parametrize("link", ["https://elsewhere.example/x", "//elsewhere.example/x"])
def test_links_and_redirects_to_another_host_are_refused(link: str):
    with scripted(Answer(302, b"", {"Location": link})) as server:
        with pytest.raises(ContractBroken, match=r"another host: .*elsewhere\.example"):
            ask(server)
        with pytest.raises(ContractBroken, match="another host"):
            ask(server, Request("GET", link))
        assert len(server.seen) == 1


def test_a_redirect_on_the_same_host_is_followed():
    with scripted(Answer(307, b"", {"Location": "/other?page=1"}), Answer()) as server:
        ask(server)
        assert [path for path, _ in server.seen] == ["/things?page=1", "/other?page=1"]


def test_an_answer_has_a_largest_size():
    large = Answer(200, b"[" + b"1," * 1000 + b"1]")
    with scripted(large) as server, pytest.raises(ContractBroken, match="larger than"):
        ask(server, answer=1000)


def test_nobody_there_is_unreachable():
    with scripted(Answer()) as server:
        gone = server
    with pytest.raises(Unreachable, match="no answer"):
        ask(gone)


def test_credentials_never_stand_in_a_message():
    credentials = basic("reader", "hunter2-hunter2")
    body = b"user reader, password hunter2-hunter2 is wrong"
    with scripted(Answer(400, body)) as server, pytest.raises(ContractBroken) as failure:
        ask(server, credentials=credentials)
    assert "hunter2" not in str(failure.value)
    assert "hunter2" not in redact(str(credentials.headers()))


def test_an_answer_that_is_nested_without_end_is_refused():
    deep = Answer(body=b"[" * 100_000)
    with scripted(deep) as server, pytest.raises(ContractBroken, match="nested too deep"):
        ask(server)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("headers", "connections"),
    [({}, 1), ({"Connection": "close"}, 6)],
    ids=["kept open", "closed by the server"],
)
def test_one_connection_serves_all_requests_unless_the_server_closes_it(
    headers: dict[str, str], connections: int
):
    busy = Answer(429, b'{"error": "slow down"}', {"Retry-After": "1", **headers})
    with scripted(busy, Answer(headers=headers)) as server:
        client = HttpClient(server.url, FixedHeader("X-Key", "k"), ManualClock(NOON))
        for page in range(5):
            client.ask(ASK.having(page=str(page)))
        client.close()
    assert len(server.seen) == 6
    assert len(server.callers) == connections
