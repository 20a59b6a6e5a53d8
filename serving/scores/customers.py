"""Fitted models and purchases → what is said of each customer, and why something is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serving.scores import bg_nbd, gamma_gamma
from serving.scores.bg_nbd import Histories
from serving.scores.fitting import Fit, Floats
from serving.scores.models import Model, Purchases
from serving.scores.rules import Horizon

Reasons = NDArray[np.object_]
# Nodes of Gauss-Legendre quadrature: the discounted sum is right to eight digits.
_NODES = 6


@dataclass(frozen=True)
class Said:
    """A number per customer (NaN: none), and the reason where there is none."""

    value: Floats
    missing_because: Reasons


@dataclass(frozen=True)
class PurchaseScores:
    """Scores of all customers of one kind, in the order of the purchases."""

    alive: Said
    expected_purchases: Said
    expected_value: Said
    customer_value: Said
    days_to_next: Said


def scores_of(
    purchases: Purchases, counts: Model, values: Model, horizon: Horizon
) -> PurchaseScores:
    """All scores that rest on purchase histories."""
    history = purchases.history
    expected = _from(counts, lambda fit: _expected(fit, history, horizon), len(history))
    worth = _worth(purchases, values)
    return PurchaseScores(
        alive=_alive(counts, history),
        expected_purchases=expected,
        expected_value=worth,
        customer_value=_customer_value(counts, history, worth, horizon),
        days_to_next=_days_to_next(counts, history, horizon),
    )


def _from(model: Model, score: Callable[[Fit], Floats], customers: int) -> Said:
    fit = model.usable
    if fit is None:
        return Said(np.full(customers, np.nan), np.full(customers, model.missing_because, object))
    return Said(score(fit), np.full(customers, None, object))


def _without(said: Said, where: NDArray[np.bool_], reason: str) -> Said:
    """The first reason stands."""
    gone = where & (said.missing_because == None)  # noqa: E711  # entry by entry
    return Said(np.where(where, np.nan, said.value), np.where(gone, reason, said.missing_because))


def _alive(model: Model, history: Histories) -> Said:
    said = _from(model, lambda fit: bg_nbd.probability_alive(fit, history), len(history))
    return _without(said, history.x == 0, "no_repeat_purchase")


def _expected(fit: Fit, history: Histories, horizon: Horizon) -> Floats:
    return bg_nbd.expected_purchases(fit, history, horizon.days / 7)


def _worth(purchases: Purchases, model: Model) -> Said:
    x = purchases.history.x
    z = np.where(x > 0, purchases.value, 0.0)
    said = _from(model, lambda fit: gamma_gamma.expected_value(fit, x, z), len(x))
    said = _without(said, (x > 0) & ~(np.nan_to_num(z) > 0), "value_not_positive")
    return _without(said, np.isnan(said.value), "no_finite_mean")


def _customer_value(model: Model, history: Histories, worth: Said, horizon: Horizon) -> Said:
    """Discounted purchases of the horizon, each of the expected value."""
    said = _from(model, lambda fit: discounted_purchases(fit, history, horizon), len(history))
    reasons = np.where(np.isnan(said.value), said.missing_because, worth.missing_because)
    return Said(said.value * worth.value, reasons)


def discounted_purchases(fit: Fit, history: Histories, horizon: Horizon) -> Floats:
    """Integral of exp(-d t) over the expected purchases of the horizon, d the force of interest.

    By parts: exp(-d H) E(H) + d * integral of exp(-d t) E(t) from 0 to H, E the expected
    purchases up to t; the integral is over weeks.
    """
    force = np.log1p(horizon.discount_rate) * 7 / 365.25
    weeks = horizon.days / 7
    total: Floats = np.exp(-force * weeks) * bg_nbd.expected_purchases(fit, history, weeks)
    nodes, shares = np.polynomial.legendre.leggauss(_NODES)
    for node, share in zip(weeks / 2 * (nodes + 1), weeks / 2 * shares, strict=True):
        part = bg_nbd.expected_purchases(fit, history, float(node))
        total = total + force * share * np.exp(-force * node) * part
    return total


def _days_to_next(model: Model, history: Histories, horizon: Horizon) -> Said:
    """Whole days, rounded up, to the moment by which a purchase has a chance of one half."""
    said = _from(model, lambda fit: bg_nbd.weeks_to_next(fit, history), len(history))
    days = np.maximum(np.ceil(said.value * 7), 1)
    said = _without(Said(days, said.missing_because), np.isinf(days), "none_more_likely_than_one")
    return _without(said, said.value > horizon.days, "beyond_horizon")
