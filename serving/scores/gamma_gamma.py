"""Gamma-Gamma: what a purchase of a customer is worth.

Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value. Values of a customer's purchases
are Gamma(p, v), v is drawn from Gamma(q, gamma). It holds only if value does not hang on frequency.
Arrays have one entry per customer: repeat purchases `x` and their mean value `z`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from serving.scores.fitting import Fit, Floats, maximise

NAMES = ("p", "q", "gamma")
_STARTS = ((2.0, 3.0, 1.0), (6.0, 4.0, 0.5), (1.0, 10.0, 5.0))


def fit(x: Floats, z: Floats) -> Fit:
    """Maximum likelihood over customers with a repeat and a positive mean value."""
    order = np.lexsort((z, x))
    x, z = x[order], z[order]
    unit = float(np.mean(z))
    whole, place = np.unique(x, return_inverse=True)

    def likelihood(parameters: Floats) -> tuple[float, Floats]:
        scaled = np.array([*parameters[:2], parameters[2] * unit])
        values, slopes = _terms(scaled, x, z, whole, place)
        sums = np.array([np.sum(slope) for slope in slopes])
        sums[2] *= unit
        return float(np.sum(values)), sums

    found = maximise(likelihood, NAMES, _STARTS, len(x))
    return _in_money(found, unit)


def _in_money(found: Fit, unit: float) -> Fit:
    """Gamma was fitted in units of the mean value, so that the starts suit any currency."""
    error = found.standard_errors["gamma"]
    return Fit(
        {**found.parameters, "gamma": float(f"{found['gamma'] * unit:.6g}")},
        {**found.standard_errors, "gamma": None if error is None else float(f"{error * unit:.6g}")},
        found.log_likelihood,
        found.customers,
        found.converged,
    )


def _terms(
    parameters: Floats, x: Floats, z: Floats, whole: Floats, place: np.ndarray[tuple[int], Any]
) -> tuple[Floats, tuple[Floats, ...]]:
    """Equation 1a in logarithms, and its derivatives by p, q, gamma."""
    from scipy.special import digamma, gammaln

    p, q, gamma = parameters
    shape, spent = p * x + q, gamma + x * z
    log_spent, log_share = np.log(spent), np.log(x * z)
    by_count = (gammaln(p * whole + q) - gammaln(p * whole))[place]
    slope = (digamma(p * whole + q) - digamma(p * whole))[place]
    return by_count - gammaln(q) + q * np.log(gamma) + p * x * log_share - np.log(
        z
    ) - shape * log_spent, (
        x * (slope + log_share - log_spent),
        digamma(p * whole + q)[place] - digamma(q) + np.log(gamma) - log_spent,
        q / gamma - shape / spent,
    )


def expected_value(fit: Fit, x: Floats, z: Floats) -> Floats:
    """Equation 5: mean value of a coming purchase; without a repeat, that of all customers.

    NaN where the mean is not finite (p x + q <= 1).
    """
    p, q, gamma = (fit[name] for name in NAMES)
    room = p * x + q - 1
    return np.where(room > 0, p * (gamma + x * z) / np.where(room > 0, room, 1.0), np.nan)
