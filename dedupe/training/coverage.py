"""Coverage: the chance that at least one blocking rule makes a pair of a given kind.

Levels are drawn from the kind's probabilities and the shares of missing values; a rule fires if
each of its comparisons reaches the level that the specification names (`fires_at`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe.specification import Specification

DRAWS = 200_000
SEED = 20  # any number; fixed so that equal input gives equal bytes


def coverage(
    specification: Specification,
    table: list[NDArray[np.float64]] | tuple[NDArray[np.float64], ...],
    missing: list[float],
) -> float:
    """Between 1e-3 and 1."""
    dice = np.random.default_rng(SEED)
    drawn = {
        c.name: _draw(dice, table[place], missing[place])
        for place, c in enumerate(specification.comparisons)
    }
    fired = np.zeros(DRAWS, dtype=bool)
    for rule in specification.blocking_rules:
        hits = np.ones(DRAWS, dtype=bool)
        for name, level in rule.fires_at.items():
            hits &= drawn[name] >= specification.comparison(name).code(level)
        fired |= hits
    return max(float(fired.mean()), 1e-3)


def _draw(
    dice: np.random.Generator, levels: NDArray[np.float64], missing: float
) -> NDArray[np.int64]:
    chances = np.concatenate([[missing], levels * (1.0 - missing)])
    bounds = np.cumsum(chances / chances.sum())
    return np.minimum(np.searchsorted(bounds, dice.random(DRAWS), side="right"), len(levels))
