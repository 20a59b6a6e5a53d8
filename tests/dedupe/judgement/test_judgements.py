"""Judgements: kept for ever, both sides as sets, the latest word on a pair counts."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from dedupe.clustering.clusters import Decisions
from dedupe.judgement.judgements import decisions, judgements, record_judgement
from stamm.errors import UsageError
from stamm.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT = {"a": 0, "b": 1, "c": 2, "d": 3}


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def judge(store, left, verdict, right):
    return record_judgement(store, left, right, verdict, by="eva", at=NOW, reason="called them")


def test_a_judgement_is_kept_with_who_when_and_why(store):
    judge(store, "ab", "different", "c")
    (kept,) = judgements(store)
    assert (kept.left, kept.right) == (frozenset("ab"), frozenset("c"))
    assert (kept.judged_by, kept.judged_at, kept.reason) == ("eva", NOW, "called them")


def test_sides_count_pair_by_pair_and_records_that_are_gone_are_left_out(store):
    judge(store, "ab", "different", "cx")
    told = decisions(judgements(store), AT)
    assert told == Decisions((), frozenset({(0, 2), (1, 2)}), frozenset({0, 1, 2}))


def test_who_is_named_is_so_even_if_the_other_one_is_gone(store):
    judge(store, "a", "different", "x")
    judge(store, "b", "unsure", "x")
    assert decisions(judgements(store), AT) == Decisions(named=frozenset({0}))


def test_the_latest_word_on_a_pair_counts(store):
    judge(store, "a", "same", "b")
    judge(store, "c", "different", "d")
    judge(store, "b", "different", "a")
    judge(store, "c", "unsure", "d")
    told = decisions(judgements(store), AT)
    assert told == Decisions((), frozenset({(0, 1)}), frozenset({0, 1}))


def test_same_is_obeyed_in_the_order_in_which_it_was_said(store):
    judge(store, "c", "same", "d")
    judge(store, "a", "same", "b")
    assert decisions(judgements(store), AT).together == ((2, 3), (0, 1))


@pytest.mark.parametrize(
    ("left", "verdict", "right"), [("", "same", "b"), ("ab", "same", "b"), ("a", "maybe", "b")]
)
def test_a_judgement_that_says_nothing_is_refused(store, left, verdict, right):
    with pytest.raises(UsageError):
        judge(store, left, verdict, right)


@pytest.mark.parametrize("sql", ["delete from judgements", "update judgements set reason = ''"])
def test_nobody_can_change_or_delete_a_judgement(store, sql):
    judge(store, "a", "same", "b")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.transaction() as db:
        db.execute(sql)
