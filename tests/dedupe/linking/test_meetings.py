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


# Many keys differ in their last bits only, where the place of each is written for sorting.
alike = st.builds(
    lambda front, last: front << 29 | last,
    st.sampled_from([0, 1, 2, 2**35 - 1]),
    st.sampled_from([0, 1, 2, 2**29 - 1]),
)
keys = st.lists(st.tuples(st.integers(1, 40), alike | st.integers(0, 2**64 - 1)), max_size=60)


@pytest.mark.parametrize("most", [meetings.MOST_RECORDS, 64])
@settings(max_examples=80)
@given(rules=st.lists(keys, max_size=4), cap=st.integers(2, 6), threads=st.integers(1, 3))
def test_pairs_are_those_of_a_plain_loop(most, rules, cap, threads):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(meetings, "MOST_RECORDS", most)
        assert_as_a_plain_loop(rules, cap, threads)


def assert_as_a_plain_loop(rules, cap, threads):
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


@pytest.mark.parametrize(("size", "cap"), [(255, 255), (256, 255), (256, 256), (257, 256)])
def test_blocks_of_many_records_meet_up_to_the_cap(size, cap):
    crowd = [(rid, 7) for rid in range(size)]
    found = candidate_pairs([holders(0, cap, crowd)], records=size, threads=2)
    assert sum(len(part.left) for part in found) == (size * (size - 1) // 2 if size <= cap else 0)


def test_neither_the_order_of_rows_nor_threads_change_anything():
    chance = np.random.default_rng(5)
    rows = [(int(rid), int(key)) for rid, key in chance.integers(1, 40, (400, 2))]
    first = pairs([holders(0, 30, rows)], threads=1)
    assert first == sorted(first)
    assert first == pairs([holders(0, 30, rows[::-1])], threads=3)


def test_more_records_than_fit_are_told():
    with pytest.raises(UsageError, match="record numbers below"):
        pairs([holders(0, 9, [(meetings.MOST_RECORDS, 1), (2, 1)])])
