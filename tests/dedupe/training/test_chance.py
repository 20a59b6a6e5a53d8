"""Pairs of strangers are drawn from all over the table, whatever its size."""

from __future__ import annotations

import numpy as np
import pytest

from dedupe.training.chance import OTHER_STRIDE, SAMPLE, STRIDE, _drawn


@pytest.mark.parametrize(
    "records", [2, 3, 548, STRIDE - 1, STRIDE, 2 * STRIDE, 10 * STRIDE, OTHER_STRIDE, 200_000]
)
def test_no_pair_is_drawn_twice_and_nobody_meets_themselves(records):
    left, right = _drawn(np.arange(records), np.ones(records, dtype=bool))
    assert len(left) == records * min(records - 1, SAMPLE // records)
    assert len(np.unique(left * records + right)) == len(left)
    assert (left != right).all()


def test_copies_are_not_drawn():
    distinct = np.arange(100) % 2 == 0
    left, right = _drawn(np.arange(100), distinct)
    assert set(left) | set(right) == set(range(0, 100, 2))
