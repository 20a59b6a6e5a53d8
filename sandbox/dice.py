"""Random draws, vectorised by numpy in blocks and handed out one by one.

A scalar call into numpy costs microseconds; a block of draws turned into a list costs a
tenth of one per draw. Same seed, same calls, same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")
BLOCK = 8192
PICKS = 256


class Weighted(Generic[T]):
    """Values and their weights, ready for picking; compared by identity."""

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        values, weights = zip(*pairs, strict=True)
        self.values: tuple[T, ...] = values
        cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
        self.cumulative = cumulative / cumulative[-1]


class Dice:
    """One stream of draws."""

    def __init__(self, *seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._uniform: list[float] = []
        self._picks: dict[object, list[int]] = {}

    def uniform(self) -> float:
        """In [0, 1)."""
        if not self._uniform:
            self._uniform = self._rng.random(BLOCK).tolist()
        return self._uniform.pop()

    def chance(self, probability: float) -> bool:
        return self.uniform() < probability

    def integer(self, low: int, high: int) -> int:
        """Both ends included."""
        return low + int(self.uniform() * (high - low + 1))

    def choose(self, values: Sequence[T]) -> T:
        return values[int(self.uniform() * len(values))]

    def pick(self, table: Weighted[T]) -> T:
        """One value by its weight; indices are drawn in blocks per table."""
        waiting = self._picks.get(table)
        if not waiting:
            draws = self._rng.random(PICKS)
            waiting = np.searchsorted(table.cumulative, draws, side="right").tolist()
            self._picks[table] = waiting
        return table.values[min(waiting.pop(), len(table.values) - 1)]

    def poisson(self, mean: float) -> int:
        """Knuth's method; means here are below 60."""
        limit, product, count = float(np.exp(-mean)), self.uniform(), 0
        while product > limit:
            product *= self.uniform()
            count += 1
        return count

    def gamma(self, shape: float, mean: float) -> float:
        return float(self._rng.gamma(shape, mean / shape))

    def digits(self, count: int) -> str:
        return str(self.integer(0, 10**count - 1)).zfill(count)
