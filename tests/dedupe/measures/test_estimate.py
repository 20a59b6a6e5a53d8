"""Expected precision and recall, with numbers counted by hand and held against drawn truths."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.measures.estimate import Candidates, curve, probabilities

# Four sure pairs (p = 0.8: two bits), ten unlikely ones (p = 0.2: minus two bits).
FEW = Candidates(np.array([2.0, -2.0]), np.array([4.0, 10.0]), coverage=1.0)


def test_a_pair_counts_as_right_by_its_probability():
    taken = FEW.above(0.0)
    assert taken.true_positives == pytest.approx(4 * 0.8)
    assert taken.false_positives == pytest.approx(4 * 0.2)
    assert taken.false_negatives == pytest.approx(10 * 0.2)
    assert taken.precision == pytest.approx(0.8)
    assert taken.recall == pytest.approx(3.2 / 5.2)
    assert taken.f1 == pytest.approx(2 * 0.8 * (3.2 / 5.2) / (0.8 + 3.2 / 5.2))


def test_matches_that_blocking_never_made_are_missed_at_every_threshold():
    half = Candidates(FEW.weights, FEW.counts, coverage=0.5)
    assert half.matches == pytest.approx(2 * 5.2)
    assert half.above(-100.0).recall == pytest.approx(0.5)


def test_nothing_taken_is_precise_and_finds_nothing():
    none = FEW.above(99.0)
    assert (none.precision, none.recall, none.f1) == (1.0, 0.0, 0.0)


def test_without_candidates_there_is_nothing_to_miss():
    empty = Candidates(np.array([]), np.array([]), coverage=0.9)
    assert empty.above(0.0).recall == 1.0
    assert curve(empty) == ()


def test_pairs_that_a_cluster_brings_in_are_found_beyond_what_blocking_reaches():
    half = Candidates(FEW.weights, FEW.counts, coverage=0.5)  # 5.2 reached, 5.2 not
    others = (np.array([2.0]), np.array([3.0]))
    found = half.if_taken(np.array([2.0, -2.0]), np.array([4.0, 1.0]), others)
    assert found.true_positives == pytest.approx(4 * 0.8 + 0.2 + 3 * 0.8)
    assert found.false_positives == pytest.approx(8 - found.true_positives)
    assert found.false_negatives == pytest.approx(9 * 0.2 + 5.2 - 3 * 0.8)


def test_candidates_that_are_not_taken_stay_missed_however_many_others_come_in():
    others = (np.array([9.0]), np.array([100.0]))
    assert FEW.if_taken(np.array([2.0]), np.array([4.0]), others).false_negatives == pytest.approx(
        2
    )


def test_the_curve_is_that_of_a_truth_drawn_from_the_probabilities():
    dice = np.random.default_rng(7)
    weights = dice.normal(0.0, 4.0, 400_000).round(1)
    is_match = dice.random(len(weights)) < probabilities(weights)
    found = Candidates(weights, np.ones(len(weights)), coverage=1.0)
    for threshold in (-4.0, 0.0, 4.0):
        taken = weights >= threshold
        right = (taken & is_match).sum()
        assert found.above(threshold).precision == pytest.approx(right / taken.sum(), abs=0.005)
        assert found.above(threshold).recall == pytest.approx(right / is_match.sum(), abs=0.005)


@given(st.lists(st.tuples(st.floats(-40, 40), st.integers(1, 1000)), min_size=1, max_size=20))
def test_a_higher_threshold_never_finds_more_and_never_is_less_precise(pairs):
    weights, counts = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    points = [expected for _, expected in curve(Candidates(weights, counts, coverage=0.9))]
    for lower, higher in pairwise(points):
        assert higher.recall <= lower.recall + 1e-12
        assert higher.precision >= lower.precision - 1e-12
