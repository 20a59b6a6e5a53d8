"""Maximum likelihood for models with positive parameters: log-likelihood and gradient → `Fit`.

Deterministic: fixed starts, L-BFGS on the logarithms of the parameters, the best start wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Parameters → log-likelihood and its derivatives by the parameters.
Likelihood = Callable[[Floats], tuple[float, Floats]]

_BOUND = 14.0  # of |log parameter|: beyond e14 the models do not change any more
_FLAT = 1e-5  # slope of the mean log-likelihood by log parameters that counts as a summit
_STEP = 1e-4  # of a log parameter, for second derivatives
_DIGITS = 6  # that parameters keep, so that the last bits of a machine reach no score


@dataclass(frozen=True)
class Fit:
    """Parameters by name with their standard errors (None: not identified), and how they came."""

    parameters: Mapping[str, float]
    standard_errors: Mapping[str, float | None]
    log_likelihood: float
    customers: int
    converged: bool

    def __getitem__(self, name: str) -> float:
        return self.parameters[name]


def maximise(
    likelihood: Likelihood, names: Sequence[str], starts: Sequence[Sequence[float]], customers: int
) -> Fit:
    """Fit by maximum likelihood; standard errors from the observed information (delta method)."""
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    def loss(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        value, slopes = likelihood(parameters)
        return -value / customers, -slopes * parameters / customers

    # Threads of the linear algebra gain nothing on four parameters, and wait for each other.
    with threadpool_limits(1):
        tries = [
            minimize(
                loss,
                np.log(np.asarray(start, dtype=np.float64)),
                jac=True,
                method="L-BFGS-B",
                bounds=[(-_BOUND, _BOUND)] * len(names),
                options={"maxiter": 500, "gtol": 1e-8, "ftol": 1e-14},
            )
            for start in starts
        ]
    best = min(tries, key=lambda one: float(one.fun))
    logs = np.asarray(best.x, dtype=np.float64)
    values = [float(f"{value:.{_DIGITS}g}") for value in np.exp(logs)]
    return Fit(
        parameters=dict(zip(names, values, strict=True)),
        standard_errors=dict(zip(names, _errors(loss, logs, customers), strict=True)),
        log_likelihood=likelihood(np.exp(logs))[0],
        customers=customers,
        converged=_at_a_summit(loss(logs)[1], logs),
    )


def _at_a_summit(slopes: Floats, logs: Floats) -> bool:
    """Flat, or rising only against a bound: the model's limit, such as nobody ever leaving."""
    outward = (np.abs(logs) >= _BOUND) & (slopes * logs < 0)
    return bool(np.all(np.isfinite(slopes)) and np.all(outward | (np.abs(slopes) < _FLAT)))


def _errors(
    loss: Callable[[Floats], tuple[float, Floats]], logs: Floats, customers: int
) -> list[float | None]:
    rows = [
        (loss(logs + step)[1] - loss(logs - step)[1]) / (2 * _STEP)
        for step in _STEP * np.eye(len(logs))
    ]
    information = customers * (np.array(rows) + np.array(rows).T) / 2
    if not np.all(np.isfinite(information)) or np.linalg.eigvalsh(information)[0] <= 0:
        return [None] * len(logs)
    spread = np.sqrt(np.diag(np.linalg.inv(information))) * np.exp(logs)
    return [float(f"{value:.{_DIGITS}g}") for value in spread]
