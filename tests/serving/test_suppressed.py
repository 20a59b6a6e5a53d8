"""Whom a suppression means, as time goes on: the person whose records the party held that day.

A letter is a record, and tells its age; `ab c` are two parties that a run found. A suppression
is by the id of a party, but what it protects is a person: through merges, splits and new keys.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from dedupe.identity import ledger
from dedupe.identity.constitution import Member
from dedupe.identity.stays import Stay
from dedupe.judgement.judging import Signature, alias
from privacy.suppressions import DDL, suppress_party
from serving.suppressed import Suppressed, suppressed
from stamm.store import Store

BEGIN = datetime(2026, 6, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as opened:
        yield opened


def at(day: float) -> datetime:
    return BEGIN + timedelta(days=day)


def run(store: Store, text: str, day: float) -> dict[str, str]:
    """Record → golden id. The run began on this day; the ledger is written when it is called."""
    born = datetime.fromisoformat("2020-01-01")
    clusters = [[Member(r, born + timedelta(ord(r))) for r in word] for word in text.split()]
    found = ledger.record_run(store, clusters, run_id=f"run-{day}", at=at(day))
    return dict(found.assignment)


def erase(store: Store, party: str, day: float) -> None:
    suppress_party(store, party, reason="erasure", at=at(day))


def rekey(store: Store, day: float, *pairs: str) -> None:
    """`xy`: the source calls record x by the key y from now on."""
    alias(store, [(old, new) for old, new in pairs], Signature("eva", at(day), "new keys"))


# ---- a record that was given a new key ----


def test_the_new_key_of_a_record_hides_whom_it_is_merged_into(store):
    ids = run(store, "a x", 1)
    erase(store, ids["x"], 2)
    rekey(store, 3, "xn")
    run(store, "a n", 4)
    assert suppressed(store).parties == {ids["x"]}
    run(store, "an", 5)
    assert suppressed(store).parties == {ids["a"], ids["x"]}


def test_the_new_key_of_a_record_stays_hidden_when_it_is_split_off(store):
    ids = run(store, "ax", 1)
    erase(store, ids["x"], 2)
    rekey(store, 3, "xn")
    run(store, "an", 4)
    parted = run(store, "a n", 5)
    assert suppressed(store).parties == set(parted.values())


def test_a_chain_of_new_keys_is_followed_to_its_end_in_whatever_order_it_was_told(store):
    ids = run(store, "a x", 1)
    erase(store, ids["x"], 2)
    rekey(store, 3, "mn", "xm")
    run(store, "an", 4)
    assert ids["a"] in suppressed(store).parties


def test_where_two_old_keys_become_one_the_one_party_is_hidden(store):
    ids = run(store, "a b", 1)
    erase(store, ids["b"], 2)
    rekey(store, 3, "an", "bn")
    assert run(store, "n", 4)["n"] == ids["a"]
    assert suppressed(store).parties == {ids["a"], ids["b"]}


def test_a_new_key_that_was_a_record_of_its_own_before_hides_its_party(store):
    ids = run(store, "n x", 1)
    erase(store, ids["x"], 2)
    rekey(store, 3, "xn")
    assert suppressed(store).parties == {ids["n"], ids["x"]}


def test_whoever_is_given_the_old_key_later_is_not_hidden_with_its_former_owner(store):
    ids = run(store, "a x", 1)
    erase(store, ids["x"], 2)
    rekey(store, 3, "xn")
    later = run(store, "a n x", 4)
    assert suppressed(store).parties == {ids["x"]} == {later["n"]}
    assert later["x"] not in suppressed(store).parties


def test_whoever_had_the_key_before_is_not_hidden_with_its_later_owner(store):
    run(store, "a x", 1)
    rekey(store, 2, "xn")
    later = run(store, "a n x", 3)
    erase(store, later["x"], 4)
    assert suppressed(store).parties == {later["x"]}


def test_a_record_that_had_left_under_its_new_key_before_the_suppression_is_free(store):
    ids = run(store, "ax b", 1)
    rekey(store, 2, "xn")
    run(store, "an b", 3)
    run(store, "a bn", 4)
    erase(store, ids["a"], 5)
    assert suppressed(store).parties == {ids["a"]}


# ---- a party whose records of that day are gone ----


def test_a_party_without_any_of_its_records_of_that_day_hands_the_suppression_on(store):
    """x is deleted at its source; y, which came later, is all that is left and is merged on."""
    ids = run(store, "a x", 1)
    erase(store, ids["x"], 2)
    run(store, "a xy", 3)
    run(store, "a y", 4)
    assert suppressed(store).parties == {ids["x"]}
    run(store, "ay", 5)
    assert ledger.resolve(store, ids["x"]) == ids["a"]
    assert suppressed(store).parties == {ids["a"], ids["x"]}
    run(store, "a y", 6)
    assert suppressed(store).parties == {ids["x"]}


def test_a_party_is_hidden_to_its_end_also_when_its_records_of_that_day_are_elsewhere(store):
    """What is left under the id that was named, and goes on from there, stays out of sight."""
    ids = run(store, "a fx", 1)
    erase(store, ids["x"], 2)
    run(store, "a fxyz", 3)
    parted = run(store, "a x yz", 4)  # f, the oldest record, is gone: most of the party keep its id
    assert parted["y"] == ids["x"] != parted["x"]
    run(store, "ayz x", 5)
    assert suppressed(store).parties == {ids["a"], ids["x"], parted["x"]}


# ---- a suppression that is stated while a run is at work ----


def test_what_a_run_at_work_splits_off_after_the_suppression_is_hidden_as_well(store):
    """The run began before the suppression and wrote the ledger after it."""
    ids = run(store, "ab", 1)
    erase(store, ids["a"], 2.5)
    parted = run(store, "a b", 2)
    assert suppressed(store).parties == set(parted.values())


def test_whom_a_run_at_work_merges_with_them_is_free_when_they_are_parted(store):
    ids = run(store, "a x", 1)
    erase(store, ids["x"], 2.5)
    run(store, "ax", 2)
    assert suppressed(store).parties == {ids["a"], ids["x"]}
    run(store, "a x", 3)
    assert suppressed(store).parties == {ids["x"]}


def test_a_suppression_of_an_older_store_is_still_read_by_its_moment(store):
    store.migrate("suppressions", DDL[:3])
    ids = run(store, "ab", 1)
    parted = run(store, "a b", 2)
    for party, since in ((parted["b"], at(3)), (ids["a"], at(1.5))):
        store.query(
            "insert into suppressions (party_id, reason, since) values (?, 'erasure', ?)",
            [party, since.isoformat()],
        )
    assert suppressed(store).parties == {ids["a"], parted["b"]}
    erase(store, ids["a"], 4)
    assert suppressed(store).parties == {ids["a"], parted["b"]}


# ---- what was told of somebody else while they held a record of theirs ----


def test_the_time_is_known_when_somebody_else_held_a_record_under_any_of_its_names(store):
    run(store, "a x", 1)
    run(store, "ax", 2)
    rekey(store, 3, "xn")
    run(store, "an", 4)
    parted = run(store, "a n", 5)
    assert suppressed(store).mixed == frozenset()
    before = suppressed(store).digest()
    erase(store, parted["n"], 6)
    found = suppressed(store)
    assert found.mixed == {
        Stay(parted["a"], at(2), at(3)),
        Stay(parted["a"], at(3), at(5)),
    }
    assert found.digest() not in (before, Suppressed(found.parties).digest())
