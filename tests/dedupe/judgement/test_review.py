"""The review list: what is doubtful, weighed by what hangs on it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from dedupe.clustering.party_clusters import cluster_parties
from dedupe.judgement.judgements import judgements, record_judgement
from dedupe.judgement.review import Case, Stakes, entropy, review
from dedupe.resolve import _resolve
from stamm.duck import in_memory
from stamm.store import Store
from tests.dedupe.match_input import link_by, record, score_as_strangers, write_match_input

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def con():
    with in_memory() as opened:
        yield opened


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as opened:
        yield opened


def run(con, store, pairs, names, day=0):
    """A run whose pairs have these weights; the others weigh -2 bits."""
    write_match_input(con, [record(f"{name}@erp") for name in names])
    pairs = {(f"{a}@erp", f"{b}@erp"): bits for (a, b), bits in pairs.items()}
    link_by(con, pairs)

    def clusters(party_type):
        return cluster_parties(
            con, party_type, score_as_strangers(con), contradiction="p.pattern = 1",
            judged=judgements(store),
        )  # fmt: skip

    _resolve(con, store, clusters, run_id=f"run-{day}", at=AT + timedelta(days=day))


def listed(con, store, limit=10, **worth):
    """(kind, letters of the pair, reason); `worth` gives a letter's party some orders."""
    party_of = dict(con.execute("select record_id, party_id from golden.xref_parties").fetchall())
    records = con.execute("select party_id, records from golden.golden_parties").fetchall()
    stakes = {party: Stakes(n) for party, n in records}
    for name, orders in worth.items():
        party = party_of[f"{name}@erp"]
        stakes[party] = Stakes(stakes[party].records, orders)
    case = Case(con, store, judgements(store), {"person": -1.0, "organisation": -1.0}, stakes)
    return [(i.kind, i.left_record[0] + i.right_record[0], i.reason) for i in review(case, limit)]


def judge(store, left, verdict, right, day=0):
    sides = ([f"{one}@erp" for one in side] for side in (left, right))
    at = AT + timedelta(days=day)
    return record_judgement(store, *sides, verdict, by="eva", at=at, reason="called")


def test_a_pair_that_may_be_one_but_was_kept_apart_is_listed(con, store):
    run(con, store, {("a", "b"): -1.5, ("c", "d"): 9.0}, "abcd")
    assert listed(con, store) == [("doubtful", "ab", "kept apart; these two are one with 26%")]


def test_the_single_pair_that_holds_a_party_together_is_listed(con, store):
    sure = {("a", "b"): 12.0, ("a", "c"): 12.0, ("b", "c"): 12.0, ("d", "e"): 12.0}
    # The six pairs between abc and de weigh (2 - 5 * 1.5) / 6 = -0.92 on average: enough.
    between = {(one, other): -1.5 for one in "abc" for other in "de"} | {("c", "d"): 2.0}
    run(con, store, sure | between, "abcde")
    [(kind, pair, reason)] = listed(con, store)
    assert (kind, pair) == ("bridge", "cd")
    assert reason == "the only pair that holds 2 and 3 records together; one with 80%"


def test_more_hangs_on_it_means_it_comes_first(con, store):
    run(con, store, {("a", "b"): -1.5, ("c", "d"): -1.6}, "abcd")
    assert [pair for _, pair, _ in listed(con, store)] == ["ab", "cd"]
    assert [pair for _, pair, _ in listed(con, store, d=5)] == ["cd", "ab"]
    assert [pair for _, pair, _ in listed(con, store, limit=1)] == ["ab"]


def test_what_was_judged_is_not_asked_again(con, store):
    judge(store, "a", "different", "b")
    run(con, store, {("a", "b"): -0.5}, "ab")
    assert listed(con, store) == []


def test_judgements_that_contradict_each_other_are_listed_with_their_numbers(con, store):
    for left, verdict, right in (("a", "same", "b"), ("b", "same", "c"), ("a", "different", "c")):
        judge(store, left, verdict, right)
    run(con, store, {}, "abc")
    [(kind, pair, reason)] = listed(con, store)
    assert (kind, pair) == ("contradiction", "ac")
    assert reason == "judged different (3), but the same through judgements 1, 2"


def test_a_new_record_that_resembles_a_judged_one_is_listed(con, store):
    run(con, store, {("a", "b"): 0.5}, "ab")
    judge(store, "a", "different", "b", day=1)
    run(con, store, {("a", "b"): 0.5}, "ab", day=2)
    assert listed(con, store) == []
    run(con, store, {("a", "b"): 0.5, ("a", "n"): 9.0, ("b", "n"): 8.0}, "abn", day=3)
    assert sorted((kind, pair) for kind, pair, _ in listed(con, store)) == [
        ("resembles judged", "na"),
        ("resembles judged", "nb"),
    ]


@pytest.mark.parametrize("new", ["a", "z"])
def test_a_pair_is_listed_once_whichever_way_round_it_is_found(con, store, new):
    run(con, store, {}, "mn")
    judge(store, "m", "different", "n", day=1)
    run(con, store, {(min("m", new), max("m", new)): -1.5}, ["m", "n", new], day=2)
    assert [(kind, set(pair)) for kind, pair, _ in listed(con, store)] == [
        ("resembles judged", {new, "m"})
    ]


def test_a_party_without_stakes_is_not_shown(con, store):
    run(con, store, {("a", "b"): -1.5}, "ab")
    case = Case(con, store, [], {"person": -1.0, "organisation": -1.0}, {})
    assert review(case, 10) == []


def test_nobody_knows_at_one_half_and_somebody_knows_at_the_ends():
    assert [round(entropy(p), 3) for p in (0, 0.5, 0.9, 1)] == [0, 1, 0.469, 0]
