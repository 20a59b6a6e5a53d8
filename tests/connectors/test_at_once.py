"""Streams of a source read at once: bounded, in one order, none ends another, each can resume."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.at_once import at_once, read_each
from connectors.credentials import ClientCredentials, FixedHeader
from connectors.extract import extract_with
from connectors.http import HttpClient, Request
from connectors.job import LoadResult, Report
from connectors.paging import HttpReader, OffsetPages
from connectors.politeness import Pace
from connectors.registry import systems
from connectors.source import Stream
from stamm.clock import ManualClock, SystemClock
from stamm.errors import ContractBroken, Several, Unreachable
from stamm.settings import SourceSettings
from stamm.store import Store
from tests.connectors.conftest import NOON, STREAM

NAMES = ("customers", "orders", "lists", "events", "notes")
STREAMS = [Stream(name, ("id",), STREAM.basis) for name in NAMES]
PATIENCE = 60  # seconds until a test that would hang fails
SOURCE = SourceSettings(name="bench", system="bench")


def result(stream: Stream, rows: int = 0) -> LoadResult:
    return LoadResult("bench", stream.name, None, rows, rows, 0, 0, 0, 1, None, 0.0, None)


def nobody(stream: Stream, so_far: LoadResult) -> None:
    pass


# ---- who reads when ----


def test_streams_are_read_at_the_same_time():
    met = threading.Barrier(len(STREAMS))

    def read(stream: Stream, report: Report) -> LoadResult:
        met.wait(PATIENCE)  # broken, and an error, unless all are here at once
        return result(stream)

    read_all = list(read_each(STREAMS, read, nobody, len(STREAMS)))
    assert [stream.name for stream, _ in read_all] == list(NAMES)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_never_more_than_asked_are_read_and_all_are_told_in_order(number: int):
    turn, at_work, most = threading.Lock(), 0, 0

    def read(stream: Stream, report: Report) -> LoadResult:
        nonlocal at_work, most
        with turn:
            at_work, most = at_work + 1, max(most, at_work + 1)
        report(result(stream, 1))
        with turn:
            at_work -= 1
        return result(stream, len(stream.name))

    told: list[str] = []
    read_all = list(read_each(STREAMS, read, lambda s, _: told.append(s.name), number))
    assert [(s.name, r.rows) for s, r in read_all] == [(name, len(name)) for name in NAMES]
    assert sorted(told) == sorted(NAMES)
    assert most <= number


@pytest.mark.parametrize("number", [1, 4])
def test_one_that_fails_lets_the_others_finish_and_is_told_then(number: int):
    def read(stream: Stream, report: Report) -> LoadResult:
        if stream.name == "orders":
            raise Unreachable("bench.orders: no answer")
        return result(stream)

    done = []
    with pytest.raises(Unreachable, match="orders"):
        done.extend(s.name for s, _ in read_each(STREAMS, read, nobody, number))
    finished = []
    with pytest.raises(Unreachable):
        for stream, _ in read_each(STREAMS, read, nobody, number):
            finished.append(stream.name)
    assert finished == ["customers", "lists", "events", "notes"]


def test_all_that_failed_are_told():
    def read(stream: Stream, report: Report) -> LoadResult:
        raise (Unreachable if stream.name == "orders" else ContractBroken)(stream.name)

    with pytest.raises(Several) as told:
        list(read_each(STREAMS, read, nobody, 2))
    assert [str(error) for error in told.value.errors] == list(NAMES)


def test_a_fault_of_ours_is_told_before_a_source_that_is_down():
    def read(stream: Stream, report: Report) -> LoadResult:
        raise ZeroDivisionError if stream.name == "lists" else Unreachable(stream.name)

    with pytest.raises(ZeroDivisionError):
        list(read_each(STREAMS, read, nobody, 2))


def test_who_stops_listening_ends_the_reads_at_their_next_report():
    begun, stopped = threading.Barrier(3), threading.Semaphore(0)
    ends = threading.Event()

    def read(stream: Stream, report: Report) -> LoadResult:
        if stream.name == "customers":
            return result(stream)
        begun.wait(PATIENCE)
        try:
            while not ends.wait(0.01):
                report(result(stream))
        finally:
            stopped.release()
        return result(stream)

    reads = read_each(STREAMS, read, nobody, 2)
    next(reads)
    begun.wait(PATIENCE)
    reads.close()  # type: ignore[attr-defined]
    assert stopped.acquire(timeout=PATIENCE)
    assert stopped.acquire(timeout=PATIENCE)
    assert not ends.is_set()


def test_a_system_with_one_connection_is_read_in_turn_whatever_the_settings_say():
    known = systems()
    imap = known["imap"].settings.model_construct(name="m", system="imap", concurrency=8)
    shop = known["shopware"].settings.model_construct(name="s", system="shopware")
    assert at_once(imap) == 1
    assert at_once(shop) == 4
    assert at_once(shop.model_copy(update={"concurrency": 2})) == 2


# ---- one client for all ----


@dataclass
class Api:
    """Pages of numbered records per path, behind a token that was once valid."""

    url: str = ""
    records: int = 40
    valid: str = "fresh"
    seen: list[str] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    at_page: threading.Barrier | None = None


@contextmanager
def serving(api: Api) -> Iterator[Api]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            path = urlsplit(self.path)
            api.seen.append(path.path)
            api.connections.add(self.client_address)
            if api.at_page is not None:
                api.at_page.wait(PATIENCE)
            if self.headers.get("Authorization") not in (None, f"Bearer {api.valid}"):
                return self._answer(401, {"error": "expired"})
            query = parse_qs(path.query)
            start, size = int(query["offset"][0]), int(query["limit"][0])
            rows = [{"id": n} for n in range(start, min(start + size, api.records))]
            return self._answer(200, {"records": rows, "count": api.records})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            api.seen.append("/token")
            self._answer(200, {"access_token": api.valid})

        def _answer(self, status: int, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()


def test_an_expired_token_is_renewed_once_for_all_threads():
    credentials = ClientCredentials("/token", "stamm", "not-a-secret")
    credentials.renewed({"access_token": "stale"}, {})
    number = 4
    with serving(Api(at_page=threading.Barrier(number))) as api:  # all are refused at once
        client = HttpClient(api.url, credentials, SystemClock())
        ask = Request("GET", "/records", {"offset": "0", "limit": "1"})
        threads = [threading.Thread(target=client.ask, args=(ask,)) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        client.close()
    assert api.seen.count("/token") == 1
    assert api.seen.count("/records") == 2 * number


def test_each_thread_keeps_its_connection_from_stream_to_stream(tmp_path: Path):
    streams = [
        Stream(f"s{n}", ("id",), STREAM.basis, "/records", paginate=OffsetPages("records", size=5))
        for n in range(9)
    ]
    store = Store.open(tmp_path / "state.db")
    with serving(Api()) as api:
        reader = HttpReader(HttpClient(api.url, FixedHeader("key", "not-a-secret"), SystemClock()))

        def read(stream: Stream, report: Report) -> LoadResult:
            return extract_with(
                reader, SOURCE, stream, landing_root=tmp_path / "landing", store=store,
                clock=SystemClock(), progress=report,
            )  # fmt: skip

        read_all = list(read_each(streams, read, nobody, 3))
        reader.close()
    store.close()
    assert [found.upserts for _, found in read_all] == [40] * 9
    assert len(api.seen) == 9 * 8
    assert len(api.connections) <= 3


def test_requests_on_their_way_count_as_taken():
    clock = ManualClock(NOON)
    pace = Pace(clock)
    for _ in range(3):
        pace.wait()
    pace.heard({"RateLimit-Remaining": "2", "RateLimit-Reset": "9"})  # two others will take them
    pace.wait()
    assert clock.now() - NOON == timedelta(seconds=9)


def test_at_the_limit_requests_that_come_back_singly_are_spaced():
    clock = ManualClock(NOON)
    pace = Pace(clock)
    gone = {"X-RateLimit-Limit": "20", "X-RateLimit-Limit-Period": "60"}
    pace.wait()
    pace.heard({**gone, "X-RateLimit-Remaining": "0"})
    for _ in range(3):  # three threads that waited: one each three seconds
        pace.wait()
    assert clock.now() - NOON == timedelta(seconds=9)


def test_what_a_refusal_asks_of_one_is_asked_of_all():
    clock = ManualClock(NOON)
    pace = Pace(clock)
    pace.hold(timedelta(seconds=30))
    pace.wait()
    assert clock.now() - NOON == timedelta(seconds=30)


# ---- killed ----

_EXTRACTS = """
import sys
from pathlib import Path
from connectors.at_once import read_each
from connectors.credentials import FixedHeader
from connectors.extract import extract_with
from connectors.http import HttpClient
from connectors.paging import HttpReader, OffsetPages
from connectors.source import Basis, Stream
from stamm.clock import SystemClock
from stamm.settings import SourceSettings
from stamm.store import Store

url, home = sys.argv[1], Path(sys.argv[2])
store, clock = Store.open(home / "state.db"), SystemClock()
reader = HttpReader(HttpClient(url, FixedHeader("key", "not-a-secret"), clock))
streams = [
    Stream(f"s{n}", ("id",), Basis("contract", "b", "c"), f"/s{n}",
           paginate=OffsetPages("records", size=5))
    for n in range(4)
]
read = lambda stream, report: extract_with(
    reader, SourceSettings(name="bench", system="bench"), stream, landing_root=home / "landing",
    store=store, clock=clock, checkpoint_pages=1, progress=report)
print(sum(result.upserts for _, result in read_each(streams, read, lambda *_: None, 4)))
"""


def test_killed_with_several_streams_at_work_each_goes_on_where_it_was(tmp_path: Path):
    pages = 7
    command = [sys.executable, "-c", _EXTRACTS]
    with serving(Api(records=20)) as api:
        enough, dead = threading.Event(), threading.Event()

        class Seen(list[str]):
            def append(self, path: str) -> None:
                super().append(path)
                if len(self) >= pages:
                    enough.set()
                    dead.wait(PATIENCE)  # it dies while it waits

        api.seen = Seen()
        with subprocess.Popen([*command, api.url, str(tmp_path)]) as dying:
            assert enough.wait(PATIENCE)
            os.kill(dying.pid, signal.SIGKILL)
        dead.set()
        assert dying.returncode == -signal.SIGKILL
        api.seen = []
        done = subprocess.run(
            [*command, api.url, str(tmp_path)], capture_output=True, text=True, check=True
        )
    assert int(done.stdout) == 4 * 20
    # 4 pages of each, less what had been committed: never all of it again.
    assert 0 < len(api.seen) < 4 * 4
