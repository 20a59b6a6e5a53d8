"""Pins: bound to records, appended, ended, emptied by erasure; whose they are after a split."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from dedupe.judgement.pins import Wish, forget_pins, pin, pins, unpin
from dedupe.judgement.record_aliases import state_aliases
from dedupe.survivorship.pinned import held
from stamm.errors import UsageError
from tests.dedupe.stores import store_in_memory

AT = datetime(2026, 1, 1, tzinfo=UTC)
RECORDS = frozenset({"a", "b", "c"})


@pytest.fixture
def store():
    with closing(store_in_memory()) as opened:
        yield opened


def keep(store, city="Bonn", anchor=None, records=RECORDS, **more):
    wish = Wish("person", "address", {"city": city}, records, anchor)
    return pin(store, wish, by="anna", at=AT, reason="a letter", **more)


def owner(store, **party_of):
    """The party that holds each pin, newest first, the record that said it, whether it holds."""
    told = {record: (party, "person") for record, party in party_of.items()}
    return [(one.party_id, one.record_id, one.holds) for one in held(pins(store), told)]


@pytest.mark.parametrize(
    ("anchor", "party_of", "expected"),
    [("c", {"a": "P1", "b": "P1", "c": "P2"}, ("P2", "c")),  # with the record that said it
     (None, {"a": "P1", "b": "P2", "c": "P2"}, ("P2", None)),  # typed: with most of them
     (None, {"a": "P2", "b": "P1"}, ("P2", None)),  # as many: with the smallest record
     ("c", {"a": "P1", "b": "P1"}, ("P1", None))],  # the record is gone
)  # fmt: skip
def test_after_a_split_it_stays_with_whom_it_was_about(store, anchor, party_of, expected):
    keep(store, anchor=anchor)
    assert owner(store, **party_of) == [(*expected, True)]


def test_of_two_after_a_merge_the_newer_holds_and_the_other_is_listed(store):
    keep(store, "Bonn", records=frozenset("a"))
    keep(store, "Köln", records=frozenset("b"))
    assert owner(store, a="P1", b="P1") == [("P1", None, True), ("P1", None, False)]
    unpin(store, 2, by="anna", at=AT, reason="wrong")
    assert owner(store, a="P1", b="P1") == [("P1", None, True)]


def test_without_any_of_its_records_it_sleeps(store):
    keep(store)
    assert owner(store, z="P1") == []
    assert owner(store, a="P9") == [("P9", None, True)]


def test_it_follows_a_record_that_was_given_a_new_key(store):
    keep(store, anchor="c")
    state_aliases(store, [("c", "c2")], by="erp", at=AT, reason="new keys")
    assert owner(store, a="P1", b="P1", c2="P2") == [("P2", "c2", True)]


def test_one_instead_of_another_leaves_nothing_to_come_back(store):
    keep(store, "Bonn")
    keep(store, "Köln", instead_of=[1])
    unpin(store, 2, by="anna", at=AT, reason="wrong")
    assert pins(store) == []
    with pytest.raises(UsageError, match="a pin that holds"):
        unpin(store, 1, by="anna", at=AT, reason="x")


@pytest.mark.parametrize(
    "sql",
    ["delete from pins", "update pins set reason = 'x'", "update pins set content = '{}'",
     "update pins set pinned_by = 'x', content = null, reason = ''"],
)  # fmt: skip
def test_the_store_refuses_to_change_it(store, sql):
    keep(store)
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as db:
        db.execute(sql)
    assert len(pins(store)) == 1


def test_erasure_empties_it_and_keeps_its_number(store):
    keep(store)
    keep(store, "Köln", records=frozenset("z"))
    assert forget_pins(store, ["b"], by="dpo", at=AT) == 1
    assert [one.seq for one in pins(store)] == [2]
    assert "Bonn" not in str([tuple(row) for row in store.query("select * from pins")])
    assert keep(store) == 4  # that it was emptied is a row
    assert forget_pins(store, ["never pinned"], by="dpo", at=AT) == 0
    assert keep(store) == 5


def test_erasure_empties_the_words_of_whoever_ended_a_pin_and_nobody_elses(store):
    keep(store)
    unpin(store, 1, by="anna", at=AT, reason="Ms Huber moved to Köln")
    keep(store, "Ulm", records=frozenset("z"))
    unpin(store, 3, by="anna", at=AT, reason="a slip")
    assert forget_pins(store, ["a"], by="dpo", at=AT) == 1
    told = [(row["seq"], row["reason"], row["ends"]) for row in store.query("select * from pins")]
    assert told == [(1, "", "[]"), (2, "", "[1]"), (3, "a letter", "[]"), (4, "a slip", "[3]"),
                    (5, "", "[1]")]  # fmt: skip


def test_a_pin_of_somebody_else_instead_of_an_erased_one_keeps_its_values(store):
    keep(store)
    keep(store, "Köln", records=frozenset("z"), instead_of=[1])
    assert forget_pins(store, RECORDS, by="dpo", at=AT) == 1
    assert [(one.seq, one.values) for one in pins(store)] == [(2, {"city": "Köln"})]


def test_a_pin_needs_reason_records_and_value(store):
    with pytest.raises(UsageError):
        pin(store, Wish("person", "address", {"city": "Bonn"}, RECORDS), by="a", at=AT, reason=" ")
    for wish in (Wish("person", "address", {}, RECORDS),
                 Wish("person", "address", {"city": "Bonn"}, frozenset())):  # fmt: skip
        with pytest.raises(UsageError):
            pin(store, wish, by="a", at=AT, reason="x")
