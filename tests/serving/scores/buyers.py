"""Buyers who behave as the models say, and what follows of that by brute force."""

import numpy as np

from serving.scores.bg_nbd import Histories
from serving.scores.fitting import Fit

CDNOW = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
_NODES = 400


def fitted(**parameters: float) -> Fit:
    """Parameters as if they had been fitted."""
    return Fit(parameters, dict.fromkeys(parameters), 0.0, 1, True)


def customer(x: float, tx: float, age: float) -> Histories:
    return Histories(*(np.array([float(value)]) for value in (x, tx, age)))


def simulated(customers: int, seed: int, r: float, alpha: float, a: float, b: float) -> Histories:
    """Each draws a rate and a chance of leaving, buys at random, and may leave after a purchase."""
    dice = np.random.default_rng(seed)
    rate, leaving = dice.gamma(r, 1 / alpha, customers), dice.beta(a, b, customers)
    age = dice.uniform(10, 80, customers)
    x, tx, now = np.zeros((3, customers))
    here = np.arange(customers)
    while len(here):
        now[here] += dice.exponential(1 / rate[here])
        here = here[now[here] < age[here]]
        x[here] += 1
        tx[here] = now[here]
        here = here[dice.random(len(here)) > leaving[here]]
    return Histories(x, tx, age)


class Posterior:
    """A customer's rate and chance of leaving on a grid of prior quantiles: no closed form used."""

    def __init__(self, fit: Fit, x: float, tx: float, age: float) -> None:
        from scipy.special import betaincinv, gammaincinv

        nodes, shares = np.polynomial.legendre.leggauss(_NODES)
        quantiles, weights = (nodes + 1) / 2, shares / 2
        self.rate = (gammaincinv(fit["r"], quantiles) / fit["alpha"])[:, None]
        self.leaving = betaincinv(fit["a"], fit["b"], quantiles)[None, :]
        weight = weights[:, None] * weights[None, :]
        bought = weight * self.rate**x
        self.here = bought * (1 - self.leaving) ** x * np.exp(-self.rate * age)
        left = self.leaving * (1 - self.leaving) ** (x - 1) * np.exp(-self.rate * tx)
        self.gone = bought * left * (x > 0)
        self.likelihood = float(np.sum(self.here + self.gone))

    @property
    def alive(self) -> float:
        return float(np.sum(self.here)) / self.likelihood

    def purchases(self, weeks: float) -> float:
        """Mean over both of (1 - exp(-rate p t)) / p, which is what a customer still here buys."""
        to_come = -np.expm1(-self.rate * self.leaving * weeks) / self.leaving
        return float(np.sum(self.here * to_come)) / self.likelihood

    def none_within(self, weeks: float) -> float:
        """Chance of no purchase."""
        quiet = self.here * np.exp(-self.rate * weeks)
        return float(np.sum(quiet + self.gone)) / self.likelihood
