"""A source that re-keys its records: what was known of the old names holds for the new ones."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from dedupe.judgement.record_aliases import Aliases, aliases, state_aliases
from stamm.errors import UsageError
from stamm.store import Store

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def state(store, *pairs):
    return state_aliases(store, pairs, by="eva", at=AT, reason="migration")


def test_a_record_is_followed_through_all_its_names(store):
    assert state(store, ("a", "b"), ("b", "c")) == 2
    assert aliases(store).names("a") == ("a", "b", "c")
    assert aliases(store).current("b") == "c"
    assert aliases(store).current("x") == "x"


def test_a_part_that_was_cut_from_a_record_follows_it():
    assert Aliases({"a": "b"}).names("a#org") == ("a#org", "b#org")


def test_the_same_statement_again_adds_nothing(store):
    state(store, ("a", "b"))
    assert state(store, ("a", "b"), ("c", "d")) == 1


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        (("a", "c"), "a: expected a record without a newer name, it is b already"),
        (("b", "a"), "b → a: expected a newer name, found that a became b"),
        (("x", "x"), "x → x: expected a newer name"),
        (("x#org", "y#org"), "expected whole records"),
    ],
)
def test_a_statement_that_contradicts_another_is_refused_and_nothing_is_kept(store, pair, says):
    state(store, ("a", "b"))
    with pytest.raises(UsageError, match=says):
        state(store, ("p", "q"), pair)
    assert aliases(store).newer == {"a": "b"}


@pytest.mark.parametrize("sql", ["delete from record_aliases", "update record_aliases set seq = 9"])
def test_nobody_can_change_or_delete_a_statement(store, sql):
    state(store, ("a", "b"))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.transaction() as db:
        db.execute(sql)
