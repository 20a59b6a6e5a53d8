"""BG/NBD against published numbers, brute force and buyers whose parameters are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from serving.scores import bg_nbd
from serving.scores.bg_nbd import Histories
from tests.serving.scores import cdnow
from tests.serving.scores.buyers import CDNOW, Posterior, customer, fitted, simulated


@pytest.fixture(scope="module")
def fit():
    return bg_nbd.fit(cdnow.histories())


def test_cdnow_gives_the_parameters_of_fader_hardie_and_lee(fit):
    assert fit.customers == 2357
    assert fit.converged
    assert fit["r"] == pytest.approx(0.243, abs=0.0005)
    assert fit["alpha"] == pytest.approx(4.414, abs=0.0005)
    assert fit["a"] == pytest.approx(0.793, abs=0.0005)
    assert fit["b"] == pytest.approx(2.426, abs=0.0005)
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)


def test_a_customer_of_two_repeats_is_expected_to_make_the_published_1_226_purchases(fit):
    one = customer(2, 30.43, 38.86)
    assert bg_nbd.expected_purchases(fit, one, 39)[0] == pytest.approx(1.226, abs=0.0005)


CUSTOMERS = [(0, 0, 38.86), (1, 1.71, 38.86), (2, 30.43, 38.86), (6, 20, 25), (26, 30.86, 31)]


@pytest.mark.parametrize(("x", "tx", "age"), CUSTOMERS)
def test_closed_forms_equal_brute_force_over_rate_and_leaving(x, tx, age):
    fit, one, posterior = (
        fitted(**CDNOW),
        customer(x, tx, age),
        Posterior(fitted(**CDNOW), x, tx, age),
    )
    told = np.exp(bg_nbd.log_likelihood(fit, one))[0]
    assert told == pytest.approx(posterior.likelihood, rel=1e-3)
    assert bg_nbd.probability_alive(fit, one)[0] == pytest.approx(posterior.alive, rel=1e-3)
    for weeks in (1, 39, 156):
        told = bg_nbd.expected_purchases(fit, one, weeks)[0]
        assert told == pytest.approx(posterior.purchases(weeks), rel=1e-3)


def test_the_next_purchase_has_a_chance_of_one_half_by_its_date():
    fit = fitted(**CDNOW)
    weeks = bg_nbd.weeks_to_next(fit, customer(6, 24, 25))[0]
    assert Posterior(fit, 6, 24, 25).none_within(weeks) == pytest.approx(0.5, abs=1e-3)


def test_who_has_probably_left_has_no_next_date():
    fit, one = fitted(**CDNOW), customer(6, 5, 70)
    assert bg_nbd.probability_alive(fit, one)[0] < 0.5
    assert np.isinf(bg_nbd.weeks_to_next(fit, one)[0])


def test_parameters_of_simulated_buyers_come_back_within_three_standard_errors():
    truth = {"r": 0.8, "alpha": 6.0, "a": 0.6, "b": 2.5}
    fit = bg_nbd.fit(simulated(20_000, seed=7, **truth))
    for name, value in truth.items():
        assert abs(fit[name] - value) < 3 * fit.standard_errors[name], name


def test_a_hundred_repeat_buyers_tell_the_rate_to_about_a_third():
    buyers = simulated(240, seed=3, **CDNOW)
    assert 90 <= np.sum(buyers.x > 0) <= 110
    fit = bg_nbd.fit(buyers)
    assert fit.standard_errors["r"] / fit["r"] < 0.35
    assert fit.standard_errors["alpha"] / fit["alpha"] < 0.5


def test_where_nobody_leaves_the_fit_ends_at_its_limit_and_everybody_is_alive():
    dice = np.random.default_rng(5)
    age = np.full(2_000, 100.0)
    x = dice.poisson(dice.gamma(1.5, 1 / 20, 2_000) * age).astype(float)
    tx = np.where(x > 0, age * dice.random(2_000) ** (1 / np.maximum(x, 1)), 0)  # latest of x
    fit = bg_nbd.fit(Histories(x, tx, age))
    assert fit.converged
    assert np.median(bg_nbd.probability_alive(fit, Histories(x, tx, age))) > 0.99


def test_slopes_of_the_likelihood_are_those_of_small_steps():
    histories = cdnow.histories()
    whole, place = np.unique(histories.x, return_inverse=True)

    def likelihood(parameters):
        values, slopes = bg_nbd._terms(parameters, histories, whole, place)
        return np.sum(values), np.array([np.sum(slope) for slope in slopes])

    at = np.array([0.4, 6.0, 1.3, 2.0])
    for number, step in enumerate(1e-6 * np.eye(4)):
        rise = (likelihood(at + step)[0] - likelihood(at - step)[0]) / 2e-6
        assert likelihood(at)[1][number] == pytest.approx(rise, rel=1e-4, abs=1e-2)


def test_the_order_of_the_customers_changes_not_one_bit_of_the_fit(fit):
    histories = cdnow.histories()
    order = np.random.default_rng(1).permutation(len(histories))
    shuffled = Histories(histories.x[order], histories.tx[order], histories.T[order])
    assert bg_nbd.fit(shuffled) == fit


positive = some.floats(0.01, 50)
fits = some.builds(fitted, r=positive, alpha=positive, a=positive, b=positive)
repeats = some.integers(1, 300)
shares = some.floats(0, 1)
ages = some.floats(0.2, 500)


@given(fits, repeats, shares, ages, some.floats(0.1, 100))
def test_alive_is_a_probability_and_falls_while_a_customer_is_silent(fit, x, share, age, silence):
    now = bg_nbd.probability_alive(fit, customer(x, share * age, age))[0]
    later = bg_nbd.probability_alive(fit, customer(x, share * age, age + silence))[0]
    assert 0 <= later <= now <= 1


@given(fits, some.integers(0, 300), shares, ages, some.floats(0.1, 100), some.floats(0.1, 100))
def test_expected_purchases_are_finite_and_grow_with_time(fit, x, share, age, weeks, more):
    one = customer(x, share * age if x else 0, age)
    near, far = (bg_nbd.expected_purchases(fit, one, t)[0] for t in (weeks, weeks + more))
    assert np.isfinite(far)
    assert 0 <= near <= far * (1 + 1e-6)


@pytest.mark.parametrize("a", [1e-6, 0.5, 1.0, 1.0 + 1e-7, 40.0])
@pytest.mark.parametrize("b", [0.01, 0.5, 2.4, 1_000.0])
def test_the_series_and_the_quadrature_that_stands_in_for_it_agree(a, b):
    fit, one = fitted(r=0.243, alpha=4.4, a=a, b=b), customer(5, 20, 30)
    stand_in = bg_nbd._by_quadrature(fit, one, 52) * bg_nbd.probability_alive(fit, one)
    assert bg_nbd.expected_purchases(fit, one, 52) == pytest.approx(stand_in, rel=1e-4)


def test_where_the_series_fails_the_quadrature_answers():
    fit = fitted(r=1.5, alpha=45.0, a=8_000.0, b=16_000.0)
    one = customer(200, 10, 10)
    # So fast a buyer is soon gone: 1 / p purchases, of mean (a + b + x - 1) / (a - 1).
    until_gone = 24_199 / 7_999 * bg_nbd.probability_alive(fit, one)[0]
    assert bg_nbd.expected_purchases(fit, one, 100)[0] == pytest.approx(until_gone, rel=1e-4)
