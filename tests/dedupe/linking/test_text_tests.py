"""Texts side by side: many pairs at once say what two texts say."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.linking import text_tests
from dedupe.specification import Condition

CONDITIONS = [
    Condition(test="levenshtein", column="x", at_most=1),
    Condition(test="levenshtein", column="x", at_most=2),
    Condition(test="slip", column="x"),
    Condition(test="initial", column="x"),
    Condition(test="starts_with", column="x", at_most=4),
]
SIMILAR = Condition(test="jaro_winkler", column="x", at_least=0.88)
near = st.text("abnü", min_size=1, max_size=7)


def places(pairs):
    """Each text once, and where those of each pair stand."""
    texts = sorted({text for pair in pairs for text in pair})
    left, right = (np.array([texts.index(p[side]) for p in pairs], np.int64) for side in (0, 1))
    return pa.array(texts, pa.string()), left, right


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda c: f"{c.test} {c.at_most}")
@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(near, near), max_size=12))
def test_many_pairs_say_what_each_of_them_says(condition, pairs):
    found = text_tests.many(condition, *places(pairs))
    assert found.tolist() == [text_tests.one(condition)(*pair) for pair in pairs]


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(near, near), max_size=12))
def test_similarities_are_those_of_each_pair(pairs):
    found = text_tests.similarities(*places(pairs)) >= SIMILAR.at_least
    assert found.tolist() == [text_tests.one(SIMILAR)(*pair) for pair in pairs]


def test_a_letter_is_a_character_whatever_its_bytes():
    assert text_tests.one(CONDITIONS[0])("müller", "muller")
    assert text_tests.one(CONDITIONS[2])("jürgen", "jrügen")  # neighbours swapped
