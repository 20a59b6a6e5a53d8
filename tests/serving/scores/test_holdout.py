"""The model is tested on a past that it did not see."""

import numpy as np
import pytest

from serving.scores.bg_nbd import Histories
from serving.scores.holdout import Holdout, Past, held_out
from tests.serving.scores import cdnow
from tests.serving.scores.buyers import customer


def test_the_next_39_weeks_of_cdnow_are_told_12_percent_low_and_better_than_by_past_rates():
    found = held_out(
        Past(cdnow.histories(), cdnow.purchases_in_the_next_39_weeks(), 273), least=100
    )
    assert found is not None
    assert (found.customers, found.purchases) == (2357, 1882)
    assert found.expected / found.purchases == pytest.approx(0.88, abs=0.005)
    assert found.mean_absolute_error < found.naive_error
    assert found.quality == "good"


@pytest.mark.parametrize(
    ("expected", "error", "quality"),
    [(114.0, 1.0, "good"), (114.0, 1.2, "fair"), (75.0, 1.0, "fair"), (135.0, 0.5, "poor")],
)
def test_quality_is_the_sum_and_the_plainest_rival(expected, error, quality):
    # 100 purchases came; past rates are 1.1 off per customer.
    assert Holdout(182, 50, 100, expected, error, 1.1).quality == quality


def test_a_past_too_thin_for_a_fit_or_without_purchases_tests_nothing():
    assert held_out(Past(customer(3, 10, 20), np.array([2.0]), 182), least=100) is None
    nobody = Histories(*np.zeros((3, 0)))
    assert held_out(Past(nobody, np.zeros(0), 182), least=10) is None
    cdnow_then = cdnow.histories()
    assert held_out(Past(cdnow_then, np.zeros(len(cdnow_then)), 182), least=100) is None


def test_the_order_of_the_customers_changes_no_figure():
    histories, later = cdnow.histories(), cdnow.purchases_in_the_next_39_weeks()
    order = np.random.default_rng(1).permutation(len(later))
    shuffled = Histories(histories.x[order], histories.tx[order], histories.T[order])
    assert held_out(Past(shuffled, later[order], 273), 100) == held_out(
        Past(histories, later, 273), 100
    )
