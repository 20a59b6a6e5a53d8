"""Holders of equal keys meet: each pair once, in order, with the first rule that made it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.linking import meetings
from dedupe.linking.meetings import Holders, candidate_pairs
from stamm.errors import UsageError


def holders(rule: int, cap: int, keys: list[tuple[int, int]]) -> Holders:
    """(record, key) rows of one rule."""
    rids, values = zip(*keys, strict=True) if keys else ((), ())
    return Holders(rule, cap, np.array(rids, np.int64), np.array(values, np.uint64))


def pairs(rules: list[Holders], threads: int = 2) -> list[tuple[int, int, int]]:
    return [
        row
        for part in candidate_pairs(rules, records=40, threads=threads)
        for row in zip(part.left.tolist(), part.right.tolist(), part.rule.tolist(), strict=True)
    ]


def test_records_of_one_key_meet_by_the_first_rule_that_makes_them():
    email = holders(0, 9, [(1, 77), (2, 77), (3, 88)])
    name = holders(1, 9, [(2, 5), (1, 5), (3, 5)])
    assert pairs([email, name]) == [(1, 2, 0), (1, 3, 1), (2, 3, 1)]


def test_a_key_of_more_holders_than_the_cap_is_hot():
    assert pairs([holders(0, 2, [(1, 7), (2, 7), (3, 7), (4, 8), (5, 8)])]) == [(4, 5, 0)]


def test_a_record_does_not_meet_itself():
    assert pairs([holders(0, 9, [(1, 7), (1, 7)])]) == []


def test_no_keys_make_no_pairs():
    assert pairs([holders(0, 9, [])]) == pairs([]) == []


keys = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 2**64 - 1) | st.integers(0, 6)))


@settings(max_examples=80, deadline=None)
@given(rules=st.lists(keys, max_size=4), cap=st.integers(2, 6), threads=st.integers(1, 3))
def test_pairs_are_those_of_a_plain_loop(rules, cap, threads):
    expected: dict[tuple[int, int], int] = {}
    for place, rows in enumerate(rules):
        for key in {key for _, key in rows}:
            block = [rid for rid, other in rows if other == key]
            for one, other in combinations(block if len(block) <= cap else [], 2):
                if one != other:
                    pair = (min(one, other), max(one, other))
                    expected.setdefault(pair, place)
    found = pairs([holders(place, cap, rows) for place, rows in enumerate(rules)], threads)
    assert found == sorted((*pair, rule) for pair, rule in expected.items())


def test_more_records_than_fit_are_told():
    with pytest.raises(UsageError, match="record numbers below"):
        pairs([holders(0, 9, [(meetings.MOST_RECORDS, 1), (2, 1)])])
