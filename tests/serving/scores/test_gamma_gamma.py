"""Gamma-Gamma against published numbers, brute force and simulated values."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from serving.scores import gamma_gamma
from tests.serving.scores import cdnow
from tests.serving.scores.buyers import fitted

PUBLISHED = {"p": 6.25, "q": 3.74, "gamma": 15.44}


@pytest.fixture(scope="module")
def fit():
    return gamma_gamma.fit(*cdnow.values())


def test_the_repeaters_of_cdnow_give_the_parameters_of_fader_and_hardie(fit):
    assert fit.customers == 946
    assert fit.converged
    assert fit["p"] == pytest.approx(6.25, abs=0.005)
    assert fit["q"] == pytest.approx(3.74, abs=0.005)
    assert fit["gamma"] == pytest.approx(15.44, abs=0.01)


def test_the_likelihood_equals_the_integral_over_customers():
    x, z = np.array([3.0]), np.array([28.0])
    p, q, gamma = PUBLISHED.values()

    def share(nu):
        mean = stats.gamma.pdf(z[0], p * x[0], scale=1 / (nu * x[0]))
        return mean * stats.gamma.pdf(nu, q, scale=1 / gamma)

    told, _ = gamma_gamma._terms(np.array([p, q, gamma]), x, z, x, np.array([0]))
    assert np.exp(told[0]) == pytest.approx(quad(share, 0, 5)[0], rel=1e-6)


def test_the_expected_value_is_the_mean_over_what_the_customer_may_be():
    p, q, gamma = PUBLISHED.values()
    x, z = 3.0, 28.0
    posterior = stats.gamma(p * x + q, scale=1 / (gamma + x * z))
    mean = quad(lambda nu: p / nu * posterior.pdf(nu), 0, 5)[0]
    told = gamma_gamma.expected_value(fitted(**PUBLISHED), np.array([x]), np.array([z]))
    assert told[0] == pytest.approx(mean, rel=1e-6)


def test_without_a_repeat_it_is_the_mean_of_all_and_with_many_it_is_the_customers_own():
    fit = fitted(**PUBLISHED)
    told = gamma_gamma.expected_value(fit, np.array([0.0, 10_000.0]), np.array([0.0, 90.0]))
    assert told[0] == pytest.approx(6.25 * 15.44 / 2.74)  # p gamma / (q - 1)
    assert told[1] == pytest.approx(90, rel=1e-3)


def test_a_mean_that_is_not_finite_is_not_told():
    fit = fitted(p=2.0, q=0.9, gamma=10.0)
    told = gamma_gamma.expected_value(fit, np.array([0.0, 1.0]), np.array([0.0, 30.0]))
    assert np.isnan(told[0])
    assert told[1] == pytest.approx(2 * (10 + 30) / 1.9)


def test_parameters_of_simulated_values_come_back_within_three_standard_errors():
    dice = np.random.default_rng(11)
    x = dice.integers(1, 12, 20_000).astype(float)
    rates = dice.gamma(4.0, 1 / 60.0, 20_000)
    fit = gamma_gamma.fit(x, dice.gamma(3.0 * x) / x / rates)
    for name, value in {"p": 3.0, "q": 4.0, "gamma": 60.0}.items():
        assert abs(fit[name] - value) < 3 * fit.standard_errors[name], name


def test_cents_for_euros_change_gamma_alone_and_the_order_nothing(fit):
    x, z = cdnow.values()
    cents = gamma_gamma.fit(x, 100 * z)
    assert (cents["p"], cents["q"]) == pytest.approx((fit["p"], fit["q"]), rel=1e-4)
    assert cents["gamma"] == pytest.approx(100 * fit["gamma"], rel=1e-4)
    order = np.random.default_rng(1).permutation(len(x))
    assert gamma_gamma.fit(x[order], z[order]) == fit
