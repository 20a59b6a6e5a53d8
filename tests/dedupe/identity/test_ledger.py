"""The ledger on disk: append-only, answers as of any moment, and repeats a crashed run."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from dedupe.identity import ledger
from dedupe.identity.constitution import Member
from stamm.errors import InputError
from stamm.store import Store

DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def run(store: Store, text: str, day: int) -> dict[str, str]:
    """`ab c` are two clusters; letters tell the age of the record."""
    born = datetime.fromisoformat("2020-01-01")
    clusters = [[Member(r, born + timedelta(ord(r))) for r in word] for word in text.split()]
    at = DAY + timedelta(days=day)
    return dict(ledger.record_run(store, clusters, run_id=f"run-{day}", at=at).assignment)


def test_an_id_answers_as_of_every_moment(store):
    first = run(store, "a b", 1)
    run(store, "ab", 2)
    run(store, "a b", 3)
    older, younger = first["a"], first["b"]
    days = [DAY + timedelta(days=d, hours=1) for d in (0, 1, 2, 3)]
    assert [ledger.resolve(store, younger, day) for day in days] == [
        younger, younger, older, younger,
    ]  # fmt: skip
    assert ledger.resolve(store, younger) == younger


def test_each_event_says_when_in_which_run_and_why(store):
    ids = run(store, "a b", 1)
    run(store, "ab", 2)
    merged = ledger.events(store, ids["b"])[-1]
    assert (merged.event, merged.other_party_id, merged.run_id) == ("merged", ids["a"], "run-2")
    assert merged.occurred_at == DAY + timedelta(days=2)
    assert merged.cause == "its records were merged"


def test_the_same_clusters_again_append_nothing(store):
    run(store, "ab c", 1)
    before = rows(store)
    assert run(store, "c ba", 2) == run(store, "ab c", 3)
    assert rows(store) == before


def test_a_run_that_crashed_before_its_commit_mints_the_same_ids_when_repeated(store):
    ledger.prepare(store)
    store.secret("party")  # committed before a run's own transaction begins
    with pytest.raises(ZeroDivisionError), store.transaction():
        lost = run(store, "ab c", 1)
        _ = 1 / 0
    assert rows(store) == [0, 0, 0]
    assert run(store, "ab c", 1) == lost


def test_the_ledger_read_back_is_the_state_that_was_decided(store):
    for day, text in enumerate(["a b c", "ab c", "b ac d", "d"], start=1):
        clusters = [[Member(r) for r in word] for word in text.split()]
        decision = ledger.record_run(store, clusters, run_id=str(day), at=DAY)
        assert ledger.load_state(store) == decision.state


def test_merged_and_vanished_ids_are_listed_with_what_they_resolve_to(store):
    ids = run(store, "a b c", 1)
    run(store, "ab", 2)
    assert {(r.party_id, r.resolves_to) for r in ledger.retired_parties(store)} == {
        (ids["b"], ids["a"]),
        (ids["c"], None),
    }
    run(store, "", 3)
    assert {r.resolves_to for r in ledger.retired_parties(store)} == {None}


def test_an_id_nobody_minted_is_refused(store):
    with pytest.raises(InputError, match="PNOBODY"):
        ledger.resolve(store, "PNOBODY")


@pytest.mark.parametrize("table", ["party_mints", "party_events", "party_memberships"])
@pytest.mark.parametrize("sql", ["delete from {}", "update {} set run_id = 'x'"])
def test_nothing_in_the_ledger_can_be_changed_or_deleted(store, table, sql):
    run(store, "a", 1)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.transaction() as db:
        db.execute(sql.format(table))


def rows(store: Store) -> list[int]:
    return [
        store.query(f"select count(*) as n from {table}")[0]["n"] if store.has_table(table) else 0
        for table in ("party_mints", "party_events", "party_memberships")
    ]


def test_holders_are_told_of_the_records_asked_for_and_nobody_else(store):
    first = run(store, "ab c d", 1)
    last = run(store, "a bc d", 2)
    assert ledger.holders(store, ["b"]) == {last["b"]}
    assert ledger.holders(store, ["a", "d", "x"]) == {first["a"], first["d"]}
    assert ledger.holders(store, []) == set()
