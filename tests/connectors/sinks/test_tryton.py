"""Tryton as a target: how values map to a party, and what a real server will not do on command.

What a real server does with all this stands in tests/peers/test_tryton_sink.py.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.http import HttpClient, Limits
from connectors.sinks.sink import Change, Result
from connectors.sinks.tryton import SINK, TrytonSink, TrytonTarget
from connectors.sinks.tryton_party import (
    Party,
    Surroundings,
    differing,
    full_name,
    labels,
    out_of_use,
)
from connectors.sinks.tryton_rpc import Refusal, Rpc, Session
from stamm.clock import ManualClock
from stamm.errors import CredentialsRefused, Unreachable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME, USER = 7, 1
AROUND = Surroundings(ME, {"DE": 1}, {"kind: person": 31, "advertising by e-mail": 32}, root=30)
ADDRESS = {
    "id": 4, "create_uid": ME, "active": True, "street_name": "Hauptstraße",
    "building_number": "12", "postal_code": None, "city": "Köln", "country": 1,
}  # fmt: skip

Answer = tuple[int, Any] | None  # status and what it answers; None: the connection drops


# --- values -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"title": "Dr.", "given_name": "Änne", "family_name": "Groß"}, "Dr. Änne Groß"),
        ({"family_name": "Groß"}, "Groß"),
        ({}, None),
    ],
)
def test_a_person_is_called_by_title_and_names(values: dict, name: str | None):
    assert full_name({"customer_kind": "person", **values}) == name


@pytest.mark.parametrize(
    ("company", "form", "name"),
    [
        ("Müller", "GmbH", "Müller GmbH"),
        ("Müller GmbH", "GmbH", "Müller GmbH"),
        ("Müller GMBH", "GmbH", "Müller GMBH"),
        ("Müller", None, "Müller"),
    ],
)
def test_the_legal_form_is_told_once(company: str, form: str | None, name: str):
    values = {"customer_kind": "organisation", "company_name": company, "legal_form": form}
    assert full_name(values) == name


def test_what_tryton_has_no_field_for_becomes_a_category():
    values = {"customer_kind": "person", "permission_email": True, "permission_sms": False}
    assert labels(values) == {"kind: person", "advertising by e-mail"}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("DE136695976", "eu_vat"),
        ("CHE107787577MWST", "ch_vat"),
        ("CHE107787577", "ch_uid"),
        ("GB980780684", "gb_vat"),
        ("US123", None),
    ],
)
def test_a_vat_id_is_of_the_kind_its_country_says(code: str, kind: str | None):
    [[_, [row]]] = differing({"vat_id": code}, {}, Party(None, "C-1"), AROUND)["identifiers"]
    assert (row.get("type"), row["code"]) == (kind, code)


def test_only_what_changed_is_written():
    held = Party(9, "C-1", rows={"addresses": [ADDRESS]})
    assert differing({"city": "Köln", "country": "DE"}, {}, held, AROUND) == {}
    assert differing({"city": "Bonn", "country": "DE"}, {}, held, AROUND) == {
        "addresses": [["write", [4], {"city": "Bonn"}]]
    }


def test_an_address_of_which_nothing_is_left_is_put_aside():
    held = Party(9, "C-1", rows={"addresses": [ADDRESS]})
    gone = dict.fromkeys(("street", "house_number", "city", "country"))
    [[_, ids, values]] = differing(gone, {}, held, AROUND)["addresses"]
    assert (ids, values["active"], values["city"]) == ([4], False, None)


def test_rows_of_users_of_the_crm_are_neither_written_nor_put_aside():
    theirs = {**ADDRESS, "create_uid": USER}
    held = Party(9, "C-1", rows={"addresses": [theirs]})
    new = differing({"city": "Bonn"}, {}, held, AROUND)
    assert new == {"addresses": [["create", [{"city": "Bonn"}]]]}
    assert out_of_use(held, AROUND) == {"active": False}


def test_a_number_in_the_servers_own_spelling_is_the_same_number():
    row = {
        "id": 5, "create_uid": ME, "active": True, "type": "mobile",
        "value": "+49 151 23456789", "value_compact": "+4915123456789",
    }  # fmt: skip
    held = Party(9, "C-1", rows={"contact_mechanisms": [row]})
    assert differing({"phone": "+4915123456789"}, {}, held, AROUND) == {}


def test_a_value_taken_away_is_left_as_trytons_own_erasure_leaves_it():
    row = {
        "id": 5, "create_uid": ME, "active": True, "type": "email", "value": "a@example.org",
        "value_compact": "a@example.org",
    }  # fmt: skip
    held = Party(9, "C-1", rows={"contact_mechanisms": [row]})
    assert differing({"email": None}, {}, held, AROUND) == {
        "contact_mechanisms": [["write", [5], {"type": "other", "value": "****", "active": False}]]
    }


MAIL = {
    "id": 5, "create_uid": ME, "active": False, "type": "email", "value": "a@example.org",
    "value_compact": "a@example.org",
}  # fmt: skip


def test_a_row_that_was_put_aside_is_taken_back_only_as_it_is():
    held = Party(9, "C-1", rows={"contact_mechanisms": [MAIL]})
    same = differing({"email": "a@example.org"}, {}, held, AROUND)
    assert same == {"contact_mechanisms": [["write", [5], {"active": True}]]}
    other = differing({"email": "b@example.org"}, {}, held, AROUND)
    new = {"type": "email", "value": "b@example.org"}
    assert other == {"contact_mechanisms": [["create", [new]]]}


def test_what_a_user_noted_already_is_not_told_twice():
    theirs = {**MAIL, "create_uid": USER, "active": True}
    held = Party(9, "C-1", rows={"contact_mechanisms": [theirs]})
    assert differing({"email": "a@example.org"}, {}, held, AROUND) == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('The phone number "+49123" for party "Anna" is not valid.',
         "The phone number … for party … is not valid."),
        ('The party "Bäckerei "Korn" GmbH" has an "open" sale.',
         "The party … has an … sale."),
        ('"Korn"Mühle"Bäcker" has an open sale.', "… has an open sale."),
        ("Anna Groß may not do this.", "… may not do this."),
    ],
)  # fmt: skip
def test_a_reason_quotes_nobody(text: str, reason: str):
    assert Refusal("UserError", text).reason(["Anna Groß"]) == reason


def test_a_failure_of_the_server_is_not_quoted_at_all():
    refusal = Refusal("could not insert Anna Groß", "")
    assert refusal.reason([]) == "the server failed on this row"


# --- settings ---------------------------------------------------------------------------------


def test_an_address_without_tls_is_refused():
    with pytest.raises(ValidationError, match="expected an https address"):
        TrytonTarget(system="tryton", url="http://crm.example/crm", user="stamm", password="x")


def test_it_is_found_by_its_name():
    assert (SINK.name, SINK.settings) == ("tryton", TrytonTarget)


# --- what a real server will not do on command ------------------------------------------------


class Server:
    """A Tryton with no parties; `says` decides on a call of a method, `asked` remembers them."""

    def __init__(self, says: Callable[[str, int], Answer]) -> None:
        self.says = says
        self.asked: list[str] = []

    def answer(self, method: str) -> Answer:
        self.asked.append(method)
        if method == "common.db.login":
            return 200, {"id": 0, "result": [ME, "token-of-a-session", None]}
        return self.says(method, self.asked.count(method))


def plainly(method: str, time: int) -> Answer:
    """As the server does when all is well."""
    found: Any = [] if method.endswith("search_read") else [40]
    return 200, {"id": 0, "result": found}


@contextmanager
def serving(says: Callable[[str, int], Answer]) -> Iterator[tuple[Server, str]]:
    server = Server(says)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = server.answer(json.loads(body)["method"])
            if answer is None:
                return
            with suppress(BrokenPipeError, ConnectionResetError):  # it asked and went
                self.send_response(answer[0])
                self.end_headers()
                self.wfile.write(json.dumps(answer[1]).encode())

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server, f"http://127.0.0.1:{http.server_address[1]}/crm"
    finally:
        http.shutdown()
        http.server_close()


def sent(url: str, *changes: Change, read: float = 5.0) -> list[Result]:
    session = Session("stamm", "a-password")
    limits = Limits(read=read, attempts=3)
    client = HttpClient(url, session, ManualClock(NOON), limits=limits)
    sink = TrytonSink(Rpc(client, session))
    try:
        return list(sink.send(changes))
    finally:
        sink.close()


ANNA = {"customer_kind": "person", "family_name": "Groß"}
ANNAS = [Change(f"create {n}", "create", f"C-{n}", ANNA) for n in range(2)]
MERGE = Change("merge", "merge", "C-9", {}, into_party_id="C-0")


def on_create(answer: Answer, times: int = 99) -> Callable[[str, int], Answer]:
    """This answer to the first calls that create parties."""

    def says(method: str, time: int) -> Answer:
        if method == "model.party.party.create" and time <= times:
            return answer
        if method == "model.party.party.create":
            return 200, {"id": 0, "result": [41, 42]}
        return plainly(method, time)

    return says


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_busy_is_asked_again_and_then_the_rows_have_failed(status: int):
    with serving(on_create((status, {}))) as (server, url):
        results = sent(url, *ANNAS, MERGE)
    assert {(one.outcome, one.reason) for one in results} == {
        ("failed", "the server answers, but not in time or not now")
    }
    assert server.asked.count("model.party.party.create") == 3
    assert not [method for method in server.asked if "replace" in method]


@pytest.mark.parametrize("answer", [(429, {}), (503, {}), None])
def test_what_passes_leaves_no_trace(answer: Answer):
    with serving(on_create(answer, times=2)) as (_, url):
        assert [(one.outcome, one.external_key) for one in sent(url, *ANNAS)] == [
            ("sent", "41"), ("sent", "42"),
        ]  # fmt: skip


def test_a_server_that_takes_too_long_fails_its_rows():
    def says(method: str, times: int) -> Answer:
        if method == "model.party.party.create":
            time.sleep(0.3)
        return plainly(method, times)

    with serving(says) as (_, url):
        assert [one.outcome for one in sent(url, *ANNAS, read=0.1)] == ["failed", "failed"]


def test_an_answer_that_was_lost_is_found_again_by_the_golden_id():
    """The server made both parties and its answer got lost: asked again it says they exist."""
    exists = ["UserError", ["The code on party must be unique.", "", None]]
    empty = {"addresses.": [], "contact_mechanisms.": [], "identifiers.": [], "categories.": []}
    made = [
        {"id": 41 + n, "code": f"C-{n}", "name": "Groß", "active": True, "replaced_by": None,
         "create_uid": ME, **empty}
        for n in range(2)
    ]  # fmt: skip

    def says(method: str, times: int) -> Answer:
        if method == "model.party.party.create":
            return None if times == 1 else (200, {"id": 0, "error": exists})
        if method == "model.party.party.search_read":
            return 200, {"id": 0, "result": made if times > 1 else []}
        return plainly(method, times)

    with serving(says) as (server, url):
        assert [(one.outcome, one.external_key) for one in sent(url, *ANNAS)] == [
            ("sent", "41"), ("sent", "42"),
        ]  # fmt: skip
    assert server.asked.count("model.party.party.create") == 2


def test_connections_that_always_drop_and_nobody_there_are_said_to_be_unreachable():
    with serving(on_create(None)) as (_, url), pytest.raises(Unreachable):
        sent(url, *ANNAS)
    with pytest.raises(Unreachable):
        sent(url, *ANNAS)


def test_a_session_that_ended_is_begun_anew():
    ended = (401, {})
    with serving(on_create(ended, times=1)) as (server, url):
        assert [one.outcome for one in sent(url, *ANNAS)] == ["sent", "sent"]
    assert server.asked.count("common.db.login") == 2


def test_a_refused_password_ends_it():
    with serving(plainly) as (server, url):
        server.answer = lambda method: (401, {})  # type: ignore[method-assign]
        with pytest.raises(CredentialsRefused):
            sent(url, *ANNAS)


def test_a_missing_right_ends_it_and_is_no_dead_letter():
    no = ["UserError", ['You are not allowed to access "Party".', "Within groups: ", None]]
    with serving(on_create((200, {"id": 0, "error": no}))) as (_, url):
        with pytest.raises(CredentialsRefused, match="docs/sinks/tryton.md"):
            sent(url, *ANNAS)


def test_somebody_else_changing_the_row_is_no_dead_letter():
    no = ["ConcurrencyException", "The record was modified."]
    with serving(on_create((200, {"id": 0, "error": no}))) as (_, url):
        assert [one.outcome for one in sent(url, *ANNAS)] == ["failed", "failed"]


def test_an_update_of_a_name_without_its_other_parts_is_refused_before_it_is_sent():
    row = {
        "id": 9, "code": "C-0", "name": "Dr. Anna Groß", "active": True, "replaced_by": None,
        "create_uid": ME, "addresses.": [],
        "contact_mechanisms.": [], "identifiers.": [], "categories.": [],
    }  # fmt: skip

    def says(method: str, times: int) -> Answer:
        if method == "model.party.party.search_read":
            return 200, {"id": 0, "result": [row]}
        return plainly(method, times)

    with serving(says) as (server, url):
        [result] = sent(url, Change("u", "update", "C-0", {"family_name": "Klein"}))
    assert result.outcome == "refused"
    assert "model.party.party.write" not in server.asked
