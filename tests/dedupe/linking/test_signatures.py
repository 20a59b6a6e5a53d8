"""A signature may only ever say of two texts that a condition certainly does not hold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.linking import text_tests
from dedupe.linking.signatures import Signatures
from dedupe.specification import Condition

CONDITIONS = [
    Condition(test="jaro_winkler", column="x", at_least=0.8),
    Condition(test="jaro_winkler", column="x", at_least=0.92),
    Condition(test="levenshtein", column="x", at_most=1),
    Condition(test="levenshtein", column="x", at_most=2),
    Condition(test="slip", column="x"),
    Condition(test="initial", column="x"),
    Condition(test="starts_with", column="x", at_most=4),
]
word = st.text("abcmüñ ", max_size=8) | st.sampled_from(
    ["huber", "hubre", "h", "annamaria", "anna"]
)


def possible(condition: Condition, left: list[str], right: list[str]) -> list[bool]:
    signatures = Signatures.of(pa.array([*left, *right], pa.string()))
    places = np.arange(len(left))
    return signatures.possible(condition, places, places + len(left)).tolist()


@pytest.mark.parametrize(
    "condition", CONDITIONS, ids=lambda c: f"{c.test} {c.at_least or c.at_most}"
)
@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(word, word), min_size=1, max_size=20))
def test_what_holds_is_possible(condition, pairs):
    left, right = ([pair[side] for pair in pairs] for side in (0, 1))
    for may, pair in zip(possible(condition, left, right), pairs, strict=True):
        assert may or not text_tests.one(condition)(*pair), pair


def test_most_of_what_is_not_alike_is_not_asked():
    similar = Condition(test="jaro_winkler", column="x", at_least=0.88)
    slip = Condition(test="slip", column="x")
    assert possible(similar, ["anna", "huber"], ["berta", "huber"]) == [False, True]
    assert possible(slip, ["anna.berg", "anna"], ["a.schmitt", "anan"]) == [False, True]


def test_only_a_part_of_longer_texts_is_looked_at():
    # What lies behind the last text in memory is not its own.
    texts = pa.array(["xyz", "anna", "anna", "xyz"]).slice(1, 2)
    assert Signatures.of(texts).letters[0] == Signatures.of(texts).letters[1]
