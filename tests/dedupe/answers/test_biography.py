"""Who answers for an id at a moment, and all that happened to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dedupe.answers.biography import answer, history
from dedupe.identity import ledger
from dedupe.identity.constitution import Member
from dedupe.judgement.judging import Signature, alias, judge, unmerge
from stamm.errors import InputError
from stamm.store import Store

DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


@pytest.fixture
def ids(store):
    """Day 1: a and b apart; day 2: merged; day 3: a deleted; day 4: nothing left."""
    born = datetime.fromisoformat("2020-01-01")
    first = {}
    for day, text in enumerate(["a b", "ab", "b", ""], start=1):
        clusters = [[Member(r, born + timedelta(ord(r))) for r in word] for word in text.split()]
        at = DAY + timedelta(days=day)
        decision = ledger.record_run(store, clusters, run_id=f"run-{day}", at=at)
        first = first or dict(decision.assignment)
    return first


@pytest.mark.parametrize(
    ("asked", "day", "expected"),
    [
        ("b", 0, ("b", "not yet minted", "")),
        ("b", 1, ("b", "alive", "b")),
        ("b", 2, ("a", "merged", "ab")),
        ("a", 2, ("a", "alive", "ab")),
        ("a", 4, ("a", "retired", "ab")),
    ],
)
def test_an_id_answers_at_every_moment_with_its_life_and_records(store, ids, asked, day, expected):
    found = answer(store, ids[asked], DAY + timedelta(days=day, hours=1))
    party, life, records = expected
    assert (found.party_id, found.life, "".join(found.records)) == (ids[party], life, records)


def test_a_record_leads_to_its_party_of_that_moment(store, ids):
    assert answer(store, "b", DAY + timedelta(days=1, hours=1)).party_id == ids["b"]
    assert answer(store, "b").party_id == ids["a"]
    assert answer(store, "b", DAY).party_id is None


def test_the_history_of_an_id_tells_events_moves_and_judgements_in_order(store, ids):
    unmerge(store, ["b"], Signature("eva", DAY + timedelta(days=9), "two sisters"))
    told = [(h.what, h.other) for h in history(store, ids["a"])]
    assert told == [
        ("was created", None),
        ("record came", "a"),
        ("took in", ids["b"]),
        ("record came", "b"),
        ("was retired", None),
        ("was judged different", None),
    ]
    assert history(store, ids["a"])[-1].why == "1 records against 1, by eva: two sisters"
    merged = history(store, ids["b"])[2]
    assert (merged.what, merged.other, merged.run_id) == ("was merged into", ids["a"], "run-2")


def test_the_history_of_a_record_goes_through_its_names(store, ids):
    alias(store, [("b", "n")], Signature("eva", DAY + timedelta(days=9), "migration"))
    assert [(h.what, h.other) for h in history(store, "b")] == [
        ("belongs to", ids["b"]),
        ("belongs to", ids["a"]),
        ("was given a new key", "n"),
    ]


def test_nobody_answers_for_what_no_run_has_seen(store, ids):
    for ask in (answer, history):
        with pytest.raises(InputError, match="x: expected a golden id or a record id"):
            ask(store, "x")


@pytest.fixture
def merged(store):
    """Day 1: a, and b with c, apart; b vanishes; a person says that a and c are one; day 3: so."""
    born = datetime.fromisoformat("2020-01-01")
    for day, text in enumerate(["a bc", "a c", "ac"], start=1):
        clusters = [[Member(r, born + timedelta(ord(r))) for r in word] for word in text.split()]
        at = DAY + timedelta(days=day)
        assignment = ledger.record_run(store, clusters, run_id=f"run-{day}", at=at).assignment
        if day == 2:
            judge(store, "a", "c", "same", Signature("eva", at, "one household, one person"))
            ids = dict(assignment)
    return ids


def test_a_record_that_vanished_leads_to_what_its_party_was_merged_into(store, merged):
    found = answer(store, "b")
    assert (found.party_id, found.life) == (merged["a"], "alive")


def test_the_history_of_an_id_that_was_merged_tells_the_judgement_that_merged_it(store, merged):
    assert "was judged same" in [h.what for h in history(store, merged["c"])]
