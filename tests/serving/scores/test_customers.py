"""What is said of one customer: numbers where the models hold, reasons where they do not."""

import numpy as np
import pytest

from serving.scores import bg_nbd, gamma_gamma
from serving.scores.bg_nbd import Histories
from serving.scores.customers import discounted_purchases, scores_of
from serving.scores.models import Model, Purchases, purchase_model, value_model
from serving.scores.rules import Horizon
from tests.serving.scores.buyers import CDNOW, customer, fitted

COUNTS = Model(fitted(**CDNOW), None)
VALUES = Model(fitted(p=6.25, q=3.74, gamma=15.44), None)
YEAR = Horizon()
NAN = float("nan")


def purchases(*rows: tuple[float, float, float, float]) -> Purchases:
    """Rows of repeats, week of the last one, age, mean value."""
    x, tx, age, value = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return Purchases([f"P{n}" for n in range(len(rows))], Histories(x, tx, age), value)


def said(name: str, row: tuple[float, float, float, float], **models: Model):
    """Value and reason of one score of one customer."""
    counts, values = models.get("counts", COUNTS), models.get("values", VALUES)
    score = getattr(scores_of(purchases(row), counts, values, YEAR), name)
    return score.value[0], score.missing_because[0]


def test_customer_value_is_discounted_purchases_of_the_expected_value():
    row = (2, 30.43, 38.86, 25.0)
    count = discounted_purchases(COUNTS.fit, customer(*row[:3]), YEAR)[0]
    worth = gamma_gamma.expected_value(VALUES.fit, np.array([2.0]), np.array([25.0]))[0]
    assert said("customer_value", row) == (pytest.approx(count * worth), None)
    assert said("expected_value", row) == (pytest.approx(worth), None)


def test_a_purchase_is_worth_less_the_later_it_comes_day_by_day():
    one, horizon = customer(2, 30.43, 38.86), Horizon(12, 0.10)
    days = np.arange(horizon.days + 1)
    by_then = np.array([bg_nbd.expected_purchases(COUNTS.fit, one, d / 7)[0] for d in days])
    summed = np.sum(np.diff(by_then) / 1.10 ** ((days[1:] - 0.5) / 365.25))
    assert discounted_purchases(COUNTS.fit, one, horizon)[0] == pytest.approx(summed, rel=1e-6)


def test_without_a_discount_it_is_the_expected_purchases():
    one, horizon = customer(2, 30.43, 38.86), Horizon(12, 0.0)
    undiscounted = bg_nbd.expected_purchases(COUNTS.fit, one, 365 / 7)[0]
    assert discounted_purchases(COUNTS.fit, one, horizon)[0] == pytest.approx(undiscounted)


def test_who_bought_once_has_purchases_to_come_and_no_chance_of_leaving():
    row = (0, 0, 20.0, NAN)
    value, why = said("alive", row)
    assert np.isnan(value) and why == "no_repeat_purchase"
    assert said("expected_purchases", row)[1] is None
    # p gamma / (q - 1): the mean of all customers.
    assert said("expected_value", row) == (pytest.approx(6.25 * 15.44 / 2.74), None)


@pytest.mark.parametrize("value", [0.0, -12.5])
def test_repeat_purchases_that_came_to_nothing_have_no_value_to_expect(value):
    row = (2, 30.0, 38.0, value)
    assert said("expected_value", row)[1] == "value_not_positive"
    assert said("customer_value", row)[1] == "value_not_positive"
    assert said("expected_purchases", row)[1] is None


def test_values_that_vary_too_much_for_a_mean_are_not_told():
    wild = Model(fitted(p=0.5, q=0.4, gamma=10.0), None)
    assert said("expected_value", (1, 5.0, 38.0, 20.0), values=wild)[1] == "no_finite_mean"


def test_the_next_date_is_within_the_horizon_or_says_why_not():
    # P(alive) .970, so 35.414 * ((1 - .5 / .970)^(-1 / 26.243) - 1) = .99 weeks, 7 days rounded up.
    assert said("days_to_next", (26, 30.9, 31.0, 20.0)) == (7, None)
    assert said("days_to_next", (6, 5.0, 70.0, 20.0))[1] == "none_more_likely_than_one"
    assert said("days_to_next", (0, 0.0, 60.0, NAN))[1] == "beyond_horizon"


def test_without_a_model_every_score_of_it_says_why():
    none = Model(None, "too_few_repeat_buyers")
    for name in ("alive", "expected_purchases", "customer_value", "days_to_next"):
        assert said(name, (2, 30.0, 38.0, 20.0), counts=none)[1] == "too_few_repeat_buyers"
    failed = Model(fitted(**CDNOW), "fit_did_not_converge")
    value, why = said("alive", (2, 30.0, 38.0, 20.0), counts=failed)
    assert np.isnan(value) and why == "fit_did_not_converge"


def test_too_few_repeat_buyers_and_equal_values_give_no_model():
    few = purchases(*[(1, 5.0, 30.0, 20.0)] * 99, (0, 0.0, 30.0, NAN))
    assert purchase_model(few.history, 100).missing_because == "too_few_repeat_buyers"
    assert value_model(few, 100).missing_because == "too_few_repeat_buyers"
    assert value_model(few, 99).missing_because == "values_all_equal"
    # Those with nothing to their name are no evidence of value.
    assert value_model(purchases(*[(1, 5.0, 30.0, 0.0)] * 100), 100).missing_because == (
        "too_few_repeat_buyers"
    )
