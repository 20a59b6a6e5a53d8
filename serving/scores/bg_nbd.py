"""BG/NBD: how often a customer buys, and whether it still does.

Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the
Pareto/NBD Model, Marketing Science 24 (2). Purchases come as a Poisson process with a rate drawn
from Gamma(r, alpha); after each repeat purchase a customer leaves with a probability drawn from
Beta(a, b). Times are in weeks, arrays have one entry per customer (or per pattern of customers).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.scores.fitting import Fit, Floats, maximise

NAMES = ("r", "alpha", "a", "b")
_STARTS = ((1.0, 10.0, 1.0, 1.0), (0.3, 5.0, 0.5, 3.0), (2.0, 30.0, 0.1, 2.0))
_NEAR = 1e-5  # of a = 1, where the expectation is a limit
_NODES = 200  # of the quadrature that stands in for the series
_TINY = 1e-300


@dataclass(frozen=True)
class Histories:
    """Sufficient statistics: repeat purchases `x`, week of the last one `tx`, age `T`."""

    x: Floats
    tx: Floats
    T: Floats

    def __len__(self) -> int:
        return len(self.x)


def fit(histories: Histories) -> Fit:
    """Maximum likelihood over distinct patterns; the order of the customers does not matter."""
    patterns, counts = distinct(histories)
    whole, place = np.unique(patterns.x, return_inverse=True)

    def likelihood(parameters: Floats) -> tuple[float, Floats]:
        values, slopes = _terms(parameters, patterns, whole, place)
        return float(np.sum(values * counts)), np.array([np.sum(s * counts) for s in slopes])

    return maximise(likelihood, NAMES, _STARTS, len(histories))


def distinct(histories: Histories) -> tuple[Histories, Floats]:
    """Each pattern once, in order, with the number of customers that share it."""
    table = np.column_stack([histories.x, histories.tx, histories.T])
    order = np.lexsort(table.T[::-1])
    table = table[order]
    first = np.ones(len(table), dtype=bool)
    first[1:] = np.any(table[1:] != table[:-1], axis=1)
    counts = np.diff(np.append(np.flatnonzero(first), len(table))).astype(np.float64)
    return Histories(*np.ascontiguousarray(table[first].T)), counts


def log_likelihood(fit: Fit, histories: Histories) -> Floats:
    """Equation 6, per customer, in logarithms."""
    whole, place = np.unique(histories.x, return_inverse=True)
    return _terms(_vector(fit), histories, whole, place)[0]


def _terms(
    parameters: Floats, histories: Histories, whole: Floats, place: np.ndarray[tuple[int], Any]
) -> tuple[Floats, tuple[Floats, ...]]:
    """Log-likelihood and its derivatives by r, alpha, a, b; gamma functions once per count."""
    from scipy.special import digamma, gammaln

    r, alpha, a, b = parameters
    repeats = histories.x > 0
    past = np.where(repeats, b + histories.x - 1, 1.0)
    end, last = np.log(alpha + histories.T), np.log(alpha + histories.tx)
    stayed = -(r + histories.x) * end
    left = np.where(repeats, np.log(a / past) - (r + histories.x) * last, -np.inf)
    total = np.logaddexp(stayed, left)
    gone = np.exp(left - total)
    by_count = (
        gammaln(r + whole) - gammaln(r) + gammaln(a + b) - gammaln(a + b + whole)
        + gammaln(b + whole) - gammaln(b)
    )[place]  # fmt: skip
    both = (digamma(a + b) - digamma(a + b + whole))[place]
    return by_count + r * np.log(alpha) + total, (
        (digamma(r + whole) - digamma(r))[place]
        + np.log(alpha) - (1 - gone) * end - gone * last,
        r / alpha - (r + histories.x)
        * ((1 - gone) / (alpha + histories.T) + gone / (alpha + histories.tx)),
        both + gone / a,
        both + (digamma(b + whole) - digamma(b))[place] - gone * repeats / past,
    )  # fmt: skip


def _vector(fit: Fit) -> Floats:
    return np.array([fit[name] for name in NAMES])


def probability_alive(fit: Fit, histories: Histories) -> Floats:
    """Whether the customer still buys, 0 to 1; 1 without a repeat, where the model cannot tell.

    Fader, Hardie and Lee (2008), Computing P(alive) Using the BG/NBD Model.
    """
    from scipy.special import expit

    r, alpha, a, b = _vector(fit)
    past = np.where(histories.x > 0, b + histories.x - 1, 1.0)
    odds_gone = np.log(a / past) + (r + histories.x) * np.log(
        (alpha + histories.T) / (alpha + histories.tx)
    )
    return np.asarray(np.where(histories.x > 0, expit(-odds_gone), 1.0))


def expected_purchases(fit: Fit, histories: Histories, weeks: float) -> Floats:
    """Equation 10: purchases in the coming weeks, given the history.

    Euler's transformation takes the powers out of the hypergeometric function: with
    s = (alpha + T) / (alpha + T + t), s^(r+x) 2F1(r+x, b+x; a+b+x-1; 1-s) equals
    s^(a-1) 2F1(a+b-1-r, a-1; a+b+x-1; 1-s), which overflows for no count of purchases.
    """
    a = fit["a"]
    if abs(a - 1) < _NEAR:
        below, above = (_expected(fit, histories, weeks, 1 + side * _NEAR) for side in (-1, 1))
        return (below + above) / 2
    return _expected(fit, histories, weeks, a)


def _expected(fit: Fit, histories: Histories, weeks: float, a: float) -> Floats:
    from scipy.special import hyp2f1

    r, alpha, b = fit["r"], fit["alpha"], fit["b"]
    kept = (alpha + histories.T) / (alpha + histories.T + weeks)
    third = a + b + histories.x - 1
    with np.errstate(all="ignore"):
        series = hyp2f1(a + b - 1 - r, a - 1, third, 1 - kept)
        if_alive = np.asarray(third / (a - 1) * (1 - kept ** (a - 1) * series))
    lost = ~np.isfinite(if_alive)
    if np.any(lost):
        if_alive[lost] = _by_quadrature(fit, _some(histories, lost), weeks)
    return np.asarray(np.maximum(if_alive, 0.0) * probability_alive(fit, histories))


def _by_quadrature(fit: Fit, histories: Histories, weeks: float) -> Floats:
    """The same where the series fails, as with parameters in the thousands.

    Given alive, p is Beta(a, b + x) and the mean of (1 - exp(-rate p t)) / p over the rate is
    (1 - ((alpha + T) / (alpha + T + p t))^(r+x)) / p; its mean is taken over the quantiles of p.
    """
    from scipy.special import betaincinv

    whole, place = np.unique(histories.x, return_inverse=True)
    age, power = fit["alpha"] + histories.T, fit["r"] + histories.x
    total = np.zeros(len(histories))
    for node, share in zip(*np.polynomial.legendre.leggauss(_NODES), strict=True):
        leaving = np.maximum(betaincinv(fit["a"], fit["b"] + whole, (node + 1) / 2), _TINY)[place]
        bought = -np.expm1(-power * np.log1p(leaving * weeks / age)) / leaving
        total += share / 2 * bought
    return total


def _some(histories: Histories, chosen: NDArray[np.bool_]) -> Histories:
    return Histories(histories.x[chosen], histories.tx[chosen], histories.T[chosen])


def weeks_to_next(fit: Fit, histories: Histories) -> Floats:
    """Median of the time to the next purchase; infinite where none is likelier than one.

    Given that the customer is alive its rate is Gamma(r + x, alpha + T), so the time is Lomax;
    it is mixed with never for who left: P(time <= t) = P(alive) (1 - s^(r+x)), s as above.
    """
    alive = probability_alive(fit, histories)
    likely = alive > 0.5
    waiting = np.where(likely, -np.log1p(-0.5 / np.where(likely, alive, 1.0)), np.inf)
    return (fit["alpha"] + histories.T) * np.expm1(
        np.minimum(waiting / (fit["r"] + histories.x), 700.0)
    ) + np.where(likely, 0.0, np.inf)
