"""Merging many components at once gives what merging each by itself gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.clustering.clusters import FLOOR, _Evidence, merge
from dedupe.clustering.merging import merged, stacks

BIT = 1_000


@st.composite
def components(draw):
    """Some components of one size with few different weights, so that averages tie."""
    size, count = draw(st.integers(2, 7)), draw(st.integers(1, 4))
    pairs = [(i, j) for i in range(size) for j in range(i + 1, size)]
    weight = st.sampled_from([-9 * BIT, -4 * BIT, -2 * BIT, -BIT, 0, BIT, 2 * BIT, 5 * BIT])
    some = st.dictionaries(st.sampled_from(pairs), weight)
    return size, [(draw(some), draw(st.sets(st.sampled_from(pairs), max_size=2))) for _ in
                  range(count)]  # fmt: skip


@pytest.mark.parametrize("enough", [-BIT, 0, 2 * BIT])
@settings(max_examples=100, deadline=None)
@given(case=components())
def test_a_stack_of_components_is_merged_as_each_of_them_alone(enough, case):
    size, rows = case
    weights = np.full((len(rows), size, size), FLOOR)
    vetoes = np.zeros_like(weights, dtype=bool)
    for place, (known, forbidden) in enumerate(rows):
        for (i, j), weight in known.items():
            weights[place, i, j] = weights[place, j, i] = weight
        for i, j in forbidden:
            vetoes[place, i, j] = vetoes[place, j, i] = True
    found = merged(weights, vetoes, FLOOR, enough)
    for place, (known, forbidden) in enumerate(rows):
        evidence = _Evidence(weights=dict(known), vetoes=set(forbidden))
        parts, _ = merge(range(size), evidence, enough)
        assert found[place].tolist() == [
            next(part[0] for part in parts if i in part) for i in range(size)
        ]


def test_components_of_one_size_are_stacked():
    labels = np.array([0, 1, 1, 3, 3, 3, 6, 6, 8])
    chosen = ~np.isin(labels, [0, 8])
    assert [stack.tolist() for stack in stacks(labels, chosen)] == [[[1, 2], [6, 7]], [[3, 4, 5]]]
