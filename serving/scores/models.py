"""Purchases of one kind of customer → both models fitted, or the reason why one is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serving.scores import bg_nbd, gamma_gamma
from serving.scores.bg_nbd import Histories
from serving.scores.fitting import Fit, Floats
from serving.scores.rules import Missing


@dataclass(frozen=True)
class Purchases:
    """Customers of one kind. `value` is the mean of a repeat purchase in EUR, NaN without one."""

    party_id: list[str]
    history: Histories
    value: Floats

    @property
    def repeat_buyers(self) -> int:
        return int(np.sum(self.history.x > 0))


@dataclass(frozen=True)
class Model:
    """A fit, or why there is none; `usable` is the fit that scores may rest on."""

    fit: Fit | None
    missing_because: Missing | None

    @property
    def usable(self) -> Fit | None:
        return None if self.missing_because else self.fit


def purchase_model(history: Histories, least: int) -> Model:
    """BG/NBD over all customers who bought."""
    if np.sum(history.x > 0) < least:
        return Model(None, "too_few_repeat_buyers")
    return _held(bg_nbd.fit(history))


def value_model(purchases: Purchases, least: int) -> Model:
    """Gamma-Gamma over the customers whose repeat purchases came to more than nothing."""
    worth = valued(purchases)
    values = purchases.value[worth]
    if len(values) < least:
        return Model(None, "too_few_repeat_buyers")
    if np.all(values == values[0]):
        return Model(None, "values_all_equal")
    return _held(gamma_gamma.fit(purchases.history.x[worth], values))


def _held(fit: Fit) -> Model:
    return Model(fit, None if fit.converged else "fit_did_not_converge")


def valued(purchases: Purchases) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Who has repeat purchases of a positive mean value."""
    return (purchases.history.x > 0) & (np.nan_to_num(purchases.value) > 0)


def value_frequency_correlation(purchases: Purchases) -> float | None:
    """Pearson's correlation of repeats and mean value; Gamma-Gamma takes it to be none."""
    worth = valued(purchases)
    x, z = purchases.history.x[worth], purchases.value[worth]
    if len(x) < 2 or np.all(x == x[0]) or np.all(z == z[0]):
        return None
    order = np.lexsort((z, x))
    x, z = x[order] - np.mean(x[order]), z[order] - np.mean(z[order])
    return float(np.sum(x * z) / np.sqrt(np.sum(x * x) * np.sum(z * z)))
