"""Tryton as a target, the real server: what its database holds after each kind of change.

What it holds is told by its SQLite file. Every party is sent by an account of the sink's own; the
CRM's users are the administrator.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.sinks.sink import Change, Result, Sink
from connectors.sinks.tryton import SINK
from stamm.clock import SystemClock
from stamm.errors import CredentialsRefused
from tests.peers.landed import Source
from tests.peers.tryton import (
    PASSWORD,
    Tryton,
    held,
    running,
    running_on_postgres,
    sender,
)  # fmt: skip

pytestmark = [pytest.mark.peer, pytest.mark.tryton, pytest.mark.timeout(600)]

SENDER = Path(__file__).with_name("tryton_sender.py")

ANNA: dict[str, Any] = {
    "customer_kind": "person", "lifecycle": "customer", "basis": "contract", "title": "Dr.",
    "given_name": "Änne", "family_name": "Groß", "company_name": None, "legal_form": None,
    "vat_id": None, "website_domain": None, "street": "Hauptstraße", "house_number": "12a",
    "postcode": "50667", "city": "Köln", "country": "DE", "email": "aenne@example.org",
    "phone": "+4915123456789", "permission_email": True, "permission_sms": False,
    "permission_phone": False, "permission_post": True,
}  # fmt: skip
FIRM: dict[str, Any] = {
    **ANNA, "customer_kind": "organisation", "title": None, "given_name": None,
    "family_name": None, "company_name": "Müller & Söhne", "legal_form": "GmbH",
    "vat_id": "DE136695976", "website_domain": "mueller-soehne.example",
    "email": "info@example.org", "phone": "+49221472847", "permission_email": False,
}  # fmt: skip


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(running, id="sqlite"),
        pytest.param(running_on_postgres, id="postgres", marks=pytest.mark.slow),
    ],
)
def crm(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tryton]:
    """A second database beside the one that is a source, with the check of numbers installed."""
    with request.param(tmp_path_factory.mktemp("crm"), "phonenumbers==9.*") as tryton:
        yield tryton


def settings(crm: Tryton, **others: Any) -> dict[str, Any]:
    account = dict(zip(("user", "password"), sender(crm), strict=True))
    target = {"name": "crm", "system": "tryton", "insecure": True, "url": crm.url}
    return {**target, **account, **others}


@pytest.fixture
def sink(crm: Tryton) -> Iterator[Sink]:
    opened = SINK.open(SINK.settings.model_validate(settings(crm)), SystemClock())
    yield opened
    opened.close()


def a(operation: Any, party_id: str, fields: dict[str, Any] | None = None, **more: Any) -> Change:
    return Change(f"{operation} {party_id}", operation, party_id, fields or {}, **more)


def send(sink: Sink, *changes: Change) -> list[Result]:
    results = list(sink.send(changes))
    assert [one.change_id for one in results] == [one.change_id for one in changes]
    return results


def told(*results: Result) -> list[tuple[str, str]]:
    return [(one.outcome, one.reason) for one in results]


def test_a_person_and_a_firm_become_parties_with_all_that_belongs_to_them(crm: Tryton, sink: Sink):
    anna, firm = send(sink, a("create", "C-1", ANNA), a("create", "C-2", FIRM))
    assert told(anna, firm) == [("sent", "")] * 2
    assert held(crm, "C-1") == {
        "id": int(str(anna.external_key)), "name": "Dr. Änne Groß", "active": 1,
        "replaced_by": None,
        "address": [{
            "street_name": "Hauptstraße", "building_number": "12a", "postal_code": "50667",
            "city": "Köln", "country": "DE",
        }],
        "mechanisms": {("email", "aenne@example.org"), ("mobile", "+4915123456789")},
        "identifiers": set(),
        "categories": {
            "kind: person", "lifecycle: customer", "basis: contract", "advertising by e-mail",
            "advertising by letter",
        },
    }  # fmt: skip
    found = held(crm, "C-2")
    assert found["name"] == "Müller & Söhne GmbH"
    assert found["identifiers"] == {("eu_vat", "DE136695976")}
    assert found["mechanisms"] == {
        ("email", "info@example.org"), ("phone", "+49221472847"),
        ("website", "https://mueller-soehne.example"),
    }  # fmt: skip


def customers(number: int, start: int = 0) -> list[dict[str, Any]]:
    """Both kinds, with umlauts, gaps, and countries that the CRM has or has not."""
    names = ("Jürgen", "Zoë", "Şule", "Øystein", "Anna-Lena", "Łukasz", "Иван", "O'Neil", "ß")
    made = []
    for n in range(start, start + number):
        row = {
            **(FIRM if n % 3 == 0 else ANNA), "given_name": None if n % 3 == 0 else names[n % 9],
            "family_name": None if n % 3 == 0 else f"Nr{n}", "email": f"c{n}@example.org",
            "company_name": f"Bäckerei {names[n % 9]} {n}" if n % 3 == 0 else None,
            "country": ("DE", "AT", None)[n % 3] if n % 7 else "FR",
        }  # fmt: skip
        made.append(row | dict.fromkeys(("phone", "street", "vat_id", "title")[: n % 5]))
    return made


def all_held(crm: Tryton, start: str) -> dict[str, tuple[Any, ...]]:
    """Golden id → name, city, country, e-mail in use and how many records of each kind."""
    rows = crm.rows(f"""
        select p.code, p.name, p.active, a.city, c.code as country, m.value as email,
               (select count(*) from party_address as x where x.party = p.id) as addresses,
               (select count(*) from party_contact_mechanism as x where x.party = p.id) as ways,
               (select count(*) from party_identifier as x where x.party = p.id) as ids
        from party_party as p
        left join party_address as a on a.party = p.id
        left join country_country as c on c.id = a.country
        left join party_contact_mechanism as m on m.party = p.id and m.type = 'email'
        where p.code like '{start}%'""")
    assert len({row["code"] for row in rows}) == len(rows), "a party, address or e-mail twice"
    return {row["code"]: tuple(row.values())[1:] for row in rows}


def expected(row: dict[str, Any]) -> tuple[Any, ...]:
    firm = row["customer_kind"] == "organisation"
    name = (
        f"{row['company_name']} GmbH"
        if firm
        else " ".join(filter(None, (row["title"], row["given_name"], row["family_name"])))
    )
    country = row["country"] if row["country"] in ("DE", "AT") else None
    ways = sum(bool(row[way]) for way in ("email", "phone", "website_domain"))
    return (name, 1, row["city"], country, row["email"], 1, ways, int(bool(row["vat_id"])))


def test_two_hundred_customers_arrive_as_they_are(crm: Tryton, sink: Sink):
    rows = {f"M-{n:03}": row for n, row in enumerate(customers(200))}
    changes = [a("create", party_id, row) for party_id, row in rows.items()]
    results = send(sink, *changes[:100]) + send(sink, *changes[100:])
    foreign = "without country: the CRM does not take it"
    assert told(*results) == [
        ("sent", foreign if row["country"] == "FR" else "") for row in rows.values()
    ]
    assert all_held(crm, "M-") == {party_id: expected(row) for party_id, row in rows.items()}


def writes(crm: Tryton) -> list[dict[str, Any]]:
    """What tells that anything was written."""
    tables = ("party_party", "party_address", "party_contact_mechanism", "party_identifier")
    return [
        row
        for table in tables
        for row in crm.rows(f"select count(*), max(write_date), max(create_date) from {table}")
    ]


def test_what_is_there_already_is_not_written_again(crm: Tryton, sink: Sink):
    rows = [a("create", f"S-{n}", row) for n, row in enumerate(customers(20))]
    first = send(sink, *rows)
    before = writes(crm)
    assert [one.external_key for one in send(sink, *rows)] == [r.external_key for r in first]
    updates = [replace(one, operation="update", whole=one.fields) for one in rows]
    assert {outcome for outcome, _ in told(*send(sink, *updates))} == {"sent"}
    assert writes(crm) == before


def test_an_update_writes_what_changed_and_leaves_what_users_of_the_crm_added(
    crm: Tryton, sink: Sink
):
    [made] = send(sink, a("create", "U-1", ANNA))
    party = int(str(made.external_key))
    crm.create("party.contact_mechanism", party=party, type="phone", value="+49221999888")
    crm.create("party.contact_mechanism", party=party, type="email", value="privat@example.org")
    crm.create("party.address", party=party, street_name="Lagerweg", city="Bonn")
    crm.create("party.identifier", party=party, type=None, code="K-4711")
    fields = {"family_name": "Klein", "city": "Bonn", "phone": "+4915155555555", "email": None}
    change = a("update", "U-1", fields, external_key=made.external_key, whole=ANNA | fields)
    assert told(*send(sink, change)) == [("sent", "")]
    found = held(crm, "U-1")
    assert found["name"] == "Dr. Änne Klein"
    assert [(one["street_name"], one["city"]) for one in found["address"]] == [
        ("Hauptstraße", "Bonn"), ("Lagerweg", "Bonn"),
    ]  # fmt: skip
    assert found["mechanisms"] == {
        ("mobile", "+4915155555555"), ("phone", "+49221999888"), ("email", "privat@example.org"),
    }  # fmt: skip
    assert found["identifiers"] == {(None, "K-4711")}
    assert not crm.rows("select id from party_contact_mechanism where value = 'aenne@example.org'"
                        f" and party = {party}")  # fmt: skip
    gone = dict.fromkeys(("street", "house_number", "postcode", "city", "country", "phone"))
    assert told(*send(sink, a("update", "U-1", gone))) == [("sent", "")]
    found = held(crm, "U-1")
    assert [one["street_name"] for one in found["address"]] == ["Lagerweg"]
    assert found["mechanisms"] == {("phone", "+49221999888"), ("email", "privat@example.org")}


def test_a_withdrawn_permission_leaves_its_category_and_an_address_that_rests_on_it(
    crm: Tryton, sink: Sink
):
    send(sink, a("create", "P-1", ANNA))
    send(sink, a("update", "P-1", {"permission_email": False, "lifecycle": "lapsed"}))
    found = held(crm, "P-1")
    assert found["categories"] == {
        "kind: person", "lifecycle: lapsed", "basis: contract", "advertising by letter",
    }  # fmt: skip
    assert ("email", "aenne@example.org") in found["mechanisms"]  # for the contract
    send(sink, a("update", "P-1", {"email": None}))
    assert found["mechanisms"] - held(crm, "P-1")["mechanisms"] == {("email", "aenne@example.org")}


def test_values_that_the_server_does_not_take_stay_out_and_are_named(crm: Tryton, sink: Sink):
    rows = customers(30)
    rows[4]["phone"] = "+49123"
    rows[9]["vat_id"] = rows[21]["vat_id"] = "DE123456789"
    results = send(sink, *(a("create", f"V-{n:02}", row) for n, row in enumerate(rows)))
    said = dict(enumerate(told(*results)))
    assert said[4] == ("sent", "without phone: the CRM does not take it")
    assert {said[9][0], said[21][0]} == {"sent"}
    assert "vat_id" in said[9][1] and "vat_id" in said[21][1]
    assert len(all_held(crm, "V-")) == 30
    assert held(crm, "V-09")["identifiers"] == set()
    assert ("phone", "+49123") not in held(crm, "V-04")["mechanisms"]
    late = a("update", "V-00", {"vat_id": "DE136695976"})
    assert told(*send(sink, late)) == [("sent", "")]
    assert held(crm, "V-00")["identifiers"] == {("eu_vat", "DE136695976")}


def test_a_row_that_the_server_refuses_stops_no_other(crm: Tryton, sink: Sink):
    changes = [a("create", f"R-{n}", {**ANNA, "family_name": f"Gut{n}"}) for n in range(8)]
    half_a_sign = {**ANNA, "family_name": "Un\ud800hold"}  # no database can hold it
    changes[3] = a("create", "R-3", half_a_sign)
    results = send(sink, *changes)
    assert [one.outcome for one in results] == ["sent"] * 3 + ["failed"] + ["sent"] * 4
    assert results[3].reason == "the server failed on this row"
    assert set(all_held(crm, "R-")) == {f"R-{n}" for n in range(8)} - {"R-3"}
    tabbed = a("create", "R-8", {**ANNA, "city": "Köln\tMitte"})
    [result] = send(sink, tabbed)
    assert result.outcome == "refused"
    assert result.reason.startswith("The value … for field") and "Mitte" not in result.reason
    lost = a("update", "R-9", {"city": "Bonn"}, external_key="999999")
    missing = "the party is not in this CRM any more; only a create brings it back"
    assert told(*send(sink, lost)) == [("refused", missing)]


def test_a_merge_marks_the_loser_and_moves_its_documents(crm: Tryton, sink: Sink):
    loser, survivor = send(
        sink, a("create", "G-1", ANNA), a("create", "G-2", {**ANNA, "title": None})
    )
    old, new = int(str(loser.external_key)), int(str(survivor.external_key))
    crm.create("party.contact_mechanism", party=old, type="phone", value="+49221777666")
    sale = crm.create("sale.sale", party=old, company=1, currency=1)
    merge = a("merge", "G-1", external_key=str(old), into_party_id="G-2")
    assert told(*send(sink, merge)) == [("sent", "")]
    found = held(crm, "G-1")
    assert (found["active"], found["replaced_by"], found["mechanisms"]) == (0, new, set())
    assert crm.rows(f"select party from sale_sale where id = {sale}") == [{"party": new}]
    assert held(crm, "G-2")["name"] == "Änne Groß"
    assert held(crm, "G-2")["mechanisms"] == {
        ("email", "aenne@example.org"), ("mobile", "+4915123456789"),
    }  # fmt: skip
    number = "+49221777666"
    kept = crm.rows(f"select party from party_contact_mechanism where value_compact = '{number}'")
    assert kept == [{"party": new}]
    before = writes(crm)
    assert told(*send(sink, merge)) == [("sent", "")]
    assert writes(crm) == before
    moved = a("update", "G-2", {"email": "neu@example.org", "city": "Bonn"})
    send(sink, moved)
    assert ("email", "neu@example.org") in held(crm, "G-2")["mechanisms"]
    assert [one["city"] for one in held(crm, "G-2")["address"]] == ["Bonn"]
    [again] = send(sink, a("create", "G-1", ANNA))
    assert (again.outcome, again.reason) == (
        "refused", "the party was merged away in this CRM, which takes no merge back",
    )  # fmt: skip
    assert told(*send(sink, a("merge", "G-none", into_party_id="G-2"))) == [
        ("sent", "it is not in this CRM")
    ]


def test_a_withdrawn_customer_is_out_of_use_and_comes_back_with_a_create(crm: Tryton, sink: Sink):
    send(sink, a("create", "W-1", FIRM))
    full = held(crm, "W-1")
    assert told(*send(sink, a("withdraw", "W-1"))) == [("sent", "")]
    found = held(crm, "W-1")
    assert found["active"] == 0
    assert not any(found[name] for name in ("address", "mechanisms", "identifiers", "categories"))
    before = writes(crm)
    assert told(*send(sink, a("withdraw", "W-1"))) == [("sent", "")]
    assert writes(crm) == before
    assert told(*send(sink, a("create", "W-1", FIRM))) == [("sent", "")]
    assert held(crm, "W-1") == full
    send(sink, a("withdraw", "W-1"))
    changed = FIRM | {"company_name": "Neu", "phone": "+49221472848", "street": "Ring"}
    assert told(*send(sink, a("create", "W-1", changed))) == [("sent", "")]
    found = held(crm, "W-1")
    assert (found["name"], found["address"][0]["street_name"]) == ("Neu GmbH", "Ring")
    assert ("phone", "+49221472848") in found["mechanisms"]
    assert len(found["address"]) == 1 and len(found["mechanisms"]) == 3


def test_a_party_that_users_archived_stays_archived_and_keeps_its_name(crm: Tryton, sink: Sink):
    [made] = send(sink, a("create", "Y-1", ANNA))
    crm.write("party.party", int(str(made.external_key)), active=False)
    fields = {"family_name": "Klein", "email": None, "permission_email": False}
    kept = "without name: the CRM does not take it"
    assert told(*send(sink, a("update", "Y-1", fields, whole=ANNA | fields))) == [("sent", kept)]
    found = held(crm, "Y-1")
    assert (found["active"], found["name"]) == (0, "Dr. Änne Groß")
    assert found["mechanisms"] == {("mobile", "+4915123456789")}
    assert "advertising by e-mail" not in found["categories"]


def test_a_deleted_customer_is_erased_also_what_users_noted_of_it(crm: Tryton, sink: Sink):
    [made] = send(sink, a("create", "D-1", {**FIRM, "company_name": "Erika Ehrlich"}))
    party = int(str(made.external_key))
    crm.create("party.contact_mechanism", party=party, type="phone", value="+49221555444")
    crm.create("ir.note", resource=f"party.party,{party}", message="Erika mag Tee")
    merged = [a("create", "D-0", FIRM), a("merge", "D-0", into_party_id="D-1")]
    assert told(*send(sink, *merged)) == [("sent", "")] * 2
    assert told(*send(sink, a("delete", "D-1"))) == [("sent", "")]
    assert held(crm, "D-0")["name"] is None
    assert crm.rows("select id from ir_note") == []
    rest = crm.rows(f"""
        select name as value, active from party_party where id = {party}
        union all select value, active from party_contact_mechanism where party = {party}
        union all select code, active from party_identifier where party = {party}
        union all select coalesce(street_name, city, postal_code, building_number), active
        from party_address where party = {party}""")
    assert {(row["value"], row["active"]) for row in rest} == {(None, 0), ("****", 0)}
    assert told(*send(sink, a("delete", "D-1"))) == [("sent", "")]
    assert told(*send(sink, a("create", "D-1", FIRM))) == [("sent", "")]
    assert held(crm, "D-1")["name"] == "Müller & Söhne GmbH"
    assert held(crm, "D-1")["identifiers"] == {("eu_vat", "DE136695976")}


def test_a_party_of_the_crms_own_is_taken_over_without_telling_it_anything_twice(
    crm: Tryton, sink: Sink
):
    party = crm.create("party.party", name="Groß, Änne")
    crm.create("party.contact_mechanism", party=party, type="email", value="aenne@example.org")
    crm.create(
        "party.address", party=party, street_name="Hauptstraße", building_number="12a",
        postal_code="50667", city="Köln", country=1,
    )  # fmt: skip
    change = a("create", "A-1", ANNA, external_key=str(party))
    [result] = send(sink, change)
    assert (result.outcome, result.external_key) == ("sent", str(party))
    of = f"where party = {party}"
    assert len(crm.rows(f"select id from party_address {of}")) == 1
    assert len(crm.rows(f"select id from party_contact_mechanism {of}")) == 2  # with the number
    assert crm.rows(f"select name from party_party where id = {party}") == [
        {"name": "Dr. Änne Groß"}
    ]
    gone = a("update", "A-1", dict.fromkeys(("email", "phone")), external_key=str(party))
    send(sink, gone)
    assert crm.rows(f"select value from party_contact_mechanism {of} and active") == [
        {"value": "aenne@example.org"}
    ]


def test_a_key_that_belongs_to_somebody_else_by_now_is_not_followed(crm: Tryton, sink: Sink):
    """As after a restored backup: the ids that we noted are given out again."""
    [other] = send(sink, a("create", "N-1", ANNA))
    theirs = crm.create("party.party", name="Jemand anders")
    for key in (str(other.external_key), str(theirs)):
        update = a("update", "N-2", {"city": "Bonn"}, external_key=key)
        assert [one.outcome for one in send(sink, update)] == ["refused"]
        delete = a("delete", "N-2", external_key=key)
        assert told(*send(sink, delete)) == [("sent", "it is not in this CRM")]
    assert held(crm, "N-1")["active"]


def test_a_customer_with_an_open_sale_is_put_aside_and_erased_when_it_is_closed(
    crm: Tryton, sink: Sink
):
    [made] = send(sink, a("create", "O-1", ANNA))
    party = int(str(made.external_key))
    sale = crm.create("sale.sale", party=party, company=1, currency=1)
    [result] = send(sink, a("delete", "O-1"))
    assert result.outcome == "failed"
    assert result.reason == (
        "You cannot erase party … while they have pending sales with company …."
    )
    assert (held(crm, "O-1")["active"], held(crm, "O-1")["mechanisms"]) == (0, set())
    crm.delete("sale.sale", sale)
    assert told(*send(sink, a("delete", "O-1"))) == [("sent", "")]
    assert held(crm, "O-1")["name"] is None


def test_a_sender_that_is_killed_at_any_point_leaves_each_customer_once(
    crm: Tryton, sink: Sink, tmp_path: Path
):
    rows = {f"K-{n:03}": row for n, row in enumerate(customers(120))}
    changes = [a("create", party_id, row) for party_id, row in rows.items()]
    for party_id in list(rows)[::4]:
        rows[party_id] = {**rows[party_id], "city": "Trier", "email": f"neu{party_id}@example.org"}
        fields = {name: rows[party_id][name] for name in ("city", "email")}
        changes.append(a("update", party_id, fields))
    (tmp_path / "settings").write_bytes(orjson.dumps(settings(crm)))
    (tmp_path / "changes").write_bytes(orjson.dumps([asdict(one) for one in changes]))
    command = [sys.executable, str(SENDER), str(tmp_path / "settings"), str(tmp_path / "changes")]
    chance = random.Random(41)
    cut = []
    for _ in range(8):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(chance.randrange(1, len(changes))):
            process.stdout.readline()
        time.sleep(chance.uniform(0, 0.2))
        process.kill()
        process.communicate()
        cut.append(process.returncode == -signal.SIGKILL)
    assert any(cut)
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.split() == [b"sent"] * len(changes)
    assert all_held(crm, "K-") == {party_id: expected(row) for party_id, row in rows.items()}


def test_two_senders_at_once_make_no_customer_twice(crm: Tryton, sink: Sink, tmp_path: Path):
    rows = {f"T-{n:02}": row for n, row in enumerate(customers(60))}
    changes = [asdict(a("create", party_id, row)) for party_id, row in rows.items()]
    (tmp_path / "settings").write_bytes(orjson.dumps(settings(crm)))
    (tmp_path / "changes").write_bytes(orjson.dumps(changes))
    command = [sys.executable, str(SENDER), str(tmp_path / "settings"), str(tmp_path / "changes")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    assert [one.communicate()[0].split() for one in both] == [[b"sent"] * 60] * 2
    assert all_held(crm, "T-") == {party_id: expected(row) for party_id, row in rows.items()}


def test_what_users_of_the_crm_edit_is_read_back_by_the_source(
    crm: Tryton, sink: Sink, tmp_path: Path
):
    source = Source(tmp_path, "tryton", url=crm.url, key=crm.key, insecure=True)
    [made] = send(sink, a("create", "B-1", ANNA))
    for stream in ("parties", "contact_mechanisms"):
        source.read_one(stream)
    [way] = crm.rows(
        "select id from party_contact_mechanism where type = 'mobile'"
        f" and party = {made.external_key}"
    )
    crm.write("party.contact_mechanism", way["id"], value="+4915166666666")
    crm.write("party.party", int(str(made.external_key)), name="Änne Groß-Klein")
    for stream in ("parties", "contact_mechanisms"):
        source.read_one(stream)
    assert source.records("parties")[str(made.external_key)]["code"] == "B-1"
    assert source.records("parties")[str(made.external_key)]["name"] == "Änne Groß-Klein"
    number = source.records("contact_mechanisms")[str(way["id"])]["value"]
    assert number.replace(" ", "") == "+4915166666666"


def test_a_wrong_password_and_an_account_without_the_group_are_told_apart(crm: Tryton):
    with pytest.raises(CredentialsRefused) as wrong:
        target = SINK.settings.model_validate(settings(crm, password="wrong"))
        list(SINK.open(target, SystemClock()).send([a("create", "X-1", ANNA)]))
    assert wrong.value.facts["status"] == 401
    crm.create("res.user", name="Gast", login="guest", password=PASSWORD)
    send_as = SINK.open(SINK.settings.model_validate(settings(crm, user="guest")), SystemClock())
    with pytest.raises(CredentialsRefused, match=r"right to do this"):
        row = {**ANNA, "lifecycle": "never seen before"}
        list(send_as.send([a("create", "X-2", row)]))
