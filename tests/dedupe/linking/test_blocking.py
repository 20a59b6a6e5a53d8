"""Candidate pairs: who meets whom, and which values are too hot to block on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.linking.blocking import block
from stamm.duck import in_memory
from tests.dedupe.records_by_hand import write_records
from tests.dedupe.small_model import rule, specification


@pytest.fixture
def con():
    with in_memory() as opened:
        opened.execute("create schema link")
        yield opened


def pairs(con, rows, *rules):
    write_records(con, "person", rows)
    slices = block(con, specification(blocking_rules=rules) if rules else specification())
    return [tuple(pair.values()) for part in slices for pair in part.to_pylist()]


def test_each_pair_is_made_once_and_knows_its_first_rule(con):
    rows = [{"family": "huber", "birth": "1", "city": "a"}, {"family": "huber", "birth": "1"},
            {"family": "maier", "birth": "1"}]  # fmt: skip
    assert pairs(con, rows) == [(1, 2, 0), (1, 3, 1), (2, 3, 1)]


def test_nobody_meets_on_a_missing_value(con):
    assert pairs(con, [{"family": None, "city": "a"}, {"family": None, "city": "b"}]) == []


def test_one_shared_entry_of_a_list_is_enough(con):
    rows = [{"emails": ["a@x", "b@x"]}, {"emails": ["b@x", "c@x"]}, {"emails": ["d@x"]}]
    assert pairs(con, rows, rule("same_email", ["emails"], {})) == [(1, 2, 0)]


def test_of_a_rule_with_two_lists_any_two_entries_are_enough(con):
    rows = [
        {"emails": ["a@x", "b@x"], "phones": ["1", "2"]},
        {"emails": ["a@x"], "phones": ["2"]},
        {"emails": ["b@x"], "phones": ["1"]},
    ]
    both = rule("same_email_and_phone", ["emails", "phones"], {})
    assert pairs(con, rows, both) == [(1, 2, 0), (1, 3, 0)]


def test_a_value_held_by_more_than_the_cap_is_hot_and_makes_no_pair(con):
    rows = [{"family": "huber", "city": str(i)} for i in range(4)]
    three, four = (rule("same_family", ["family"], {}, cap=cap) for cap in (3, 4))
    assert pairs(con, rows, four) == [(i, j, 0) for i in (1, 2, 3) for j in range(i + 1, 5)]
    assert pairs(con, rows, three) == []
    assert len(pairs(con, rows[:3], three)) == 3  # the block's present content decides


def test_a_hot_value_leaves_the_pairs_of_other_rules(con):
    rows = [
        {"family": "huber", "birth": b, "city": c} for b, c in (("1", "a"), ("1", "b"), ("2", "c"))
    ]
    hot = rule("same_family", ["family"], {}, cap=2)
    assert pairs(con, rows, hot, rule("same_birth", ["birth"], {})) == [(1, 2, 1)]


def test_equal_records_are_blocked_once_and_tied_to_their_first(con):
    rows = [{"family": "huber"}, {"family": "huber"}, {"family": "huber", "birth": "1"}]
    assert pairs(con, rows) == [(1, 3, 0)]
    assert con.sql("from copies").fetchall() == [(2, 1)]


@settings(max_examples=15, deadline=None)
@given(st.permutations([("huber", "1"), ("huber", "2"), ("maier", "1"), ("maier", None)]))
def test_the_order_of_the_records_does_not_change_who_meets(rows):
    with in_memory() as con:
        con.execute("create schema link")
        made = pairs(con, [{"family": f, "birth": b} for f, b in rows])
        who = {frozenset((rows[left - 1], rows[right - 1])) for left, right, _ in made}
    assert who == {
        frozenset({("huber", "1"), ("huber", "2")}),
        frozenset({("maier", "1"), ("maier", None)}),
        frozenset({("huber", "1"), ("maier", "1")}),
    }
