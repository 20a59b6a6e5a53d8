"""How the oracle looks for its threshold; what it counts is in tests/dedupe/linking."""

import pytest

from dedupe.measures.oracle import THRESHOLDS, searched


@pytest.mark.parametrize("top", [-8.0, -7.5, -3.5, 0.0, 0.5, 7.5, 8.0])
def test_one_top_is_found_wherever_it_is_with_a_third_of_the_work(top):
    asked = []

    def found_at(bits):
        asked.append(bits)
        return bits

    assert searched(THRESHOLDS, found_at, key=lambda bits: -abs(bits - top)) == top
    assert len(asked) == len(set(asked)) <= 15 < len(THRESHOLDS) / 2


def test_few_thresholds_are_all_looked_at():
    assert searched((-2.0, 0.0, 8.0), float, key=float) == 8.0
