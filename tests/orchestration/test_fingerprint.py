"""Whatever people decide makes the next run look again."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dedupe.judgement.judgements import record_judgement
from dedupe.judgement.pins import Wish, forget_pins, pin, unpin
from orchestration.fingerprint import decisions, run_fingerprint
from orchestration.project import Project, open_project
from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import suppress_address, suppress_party
from stamm.home import Home
from stamm.settings import LinkageSettings, Settings
from stamm.store import Store

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 6, 30, 6, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def test_each_decision_is_seen(store):
    seen = [decisions(store)]
    record_judgement(store, {"a"}, {"b"}, "different", by="Anna", at=AT, reason="two people")
    seen.append(decisions(store))
    suppress_party(store, "P1", reason="erasure", at=AT)
    seen.append(decisions(store))
    suppress_address(store, "anna@gmx.de", reason="objection", at=AT)
    seen.append(decisions(store))
    record_consent(
        store,
        ConsentEvent(
            record_id=None,
            address="anna@gmx.de",
            channel="email",
            purpose="marketing",
            event="withdrawn",
            occurred_at=AT,
            evidence=None,
        ),
    )
    seen.append(decisions(store))
    assert len(set(seen)) == 5


def test_a_pin_and_its_end_are_decisions_that_a_run_looks_at(store):
    told = [decisions(store)]
    number = pin(store, Wish("person", "phone", {"phone": "+4930"}, frozenset("a")),
                 by="Anna", at=AT, reason="said so")  # fmt: skip
    told.append(decisions(store))
    unpin(store, number, by="Anna", at=AT, reason="wrong")
    told.append(decisions(store))
    pin(store, Wish("person", "phone", {"phone": "+4930"}, frozenset("a")),
        by="Anna", at=AT, reason="said so")  # fmt: skip
    told.append(decisions(store))
    forget_pins(store, ["a"], by="dpo", at=AT)
    told.append(decisions(store))
    assert len(set(told)) == 5


def test_an_edited_specification_of_ones_own_is_a_change(store, tmp_path):
    own = tmp_path / "person.yml"
    shutil.copy(ROOT / "dedupe" / "specifications" / "person.yml", own)
    settings = Settings(linkage=LinkageSettings(person=own))
    project = Project(settings, Home(tmp_path / "home").prepare(), {}, tmp_path)
    before = run_fingerprint(project, store, AT.date())
    assert run_fingerprint(project, store, AT.date()) == before
    own.write_text(own.read_text(encoding="utf-8").replace("candidate: 0.05", "candidate: 0.06"))
    assert run_fingerprint(project, store, AT.date()) != before


TILL = """
sources:
  till:
    system: database
    url: "sqlite:///till.db"
    tables:
      customers: {table: kunden, key: nr, holds: parties, map: {given_name: vorname}}
      sales: {table: auftrag, key: nr, basis: invoice}
"""
OTHERWISE = {
    "its basis": TILL.replace("holds: parties", "holds: parties, basis: marketing"),
    "what it holds": TILL.replace("holds: parties, ", ""),
    "a table less": "\n".join(line for line in TILL.splitlines() if "sales:" not in line),
    "its name": TILL.replace("sales:", "orders:"),
}


@pytest.fixture
def declared(store, tmp_path):
    """The fingerprint of a project with this `stamm.yaml`."""

    def fingerprint(text):
        file = tmp_path / "stamm.yaml"
        file.write_text(text, encoding="utf-8")
        return run_fingerprint(open_project(file), store, AT.date())

    return fingerprint


@pytest.mark.parametrize("changed", OTHERWISE)
def test_what_is_declared_of_a_table_is_part_of_what_a_build_is_made_of(declared, changed):
    assert declared(OTHERWISE[changed]) != declared(TILL)


def test_where_a_source_is_and_the_order_of_its_tables_change_nothing(declared):
    *rest, customers, sales = TILL.splitlines()
    told_later = TILL.replace("    system:", "    late_after: 3\n    system:")
    moved = "\n".join([*rest, sales, customers]).replace("till.db", "elsewhere.db")
    assert declared(TILL) == declared(told_later) == declared(moved)


def test_a_table_that_is_made_empty_is_no_decision(store):
    before = decisions(store)
    from dedupe.judgement.judgements import judgements

    judgements(store)
    assert decisions(store) == before
