"""Greedy average linkage of many components at once, as arrays.

Flow: components of one size, stacked as matrices of pair weights and vetoes → in each the two parts
with the best average are merged, in all of them at the same time, until no average is above what
is enough → the part of each record. Gives what `clusters.merge` gives one component at a time; all
sums are of integers, and an average is the correctly rounded quotient of two, so that neither order
nor machine shows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
# Numbers in a stack of matrices; few enough for the processor's cache, many enough per call.
STACK = 500_000
_NEVER = -1.0  # averages above the floor are never negative


def stacks(labels: Ints, chosen: Bools) -> Iterator[Ints]:
    """Members of the chosen components, as tables of those of one size, one row each, ascending."""
    positions = np.flatnonzero(chosen)
    order = positions[np.argsort(labels[positions], kind="stable")]
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    for size in np.unique(sizes):
        same = starts[sizes == size]
        most = max(1, STACK // (size * size))
        for first in range(0, len(same), most):
            yield order[same[first : first + most, None] + np.arange(size)]


def merged(weights: Ints, vetoes: Bools, floor: int, enough: int) -> Ints:
    """(groups, n, n) of symmetric weights and vetoes → (groups, n): the first record of each part.

    A pair counts no less than `floor`; ties go to the parts with the earliest records.
    """
    groups, n, _ = weights.shape
    parts = np.tile(np.arange(n), (groups, 1))
    work = _Stack(np.maximum(weights, floor) - floor, vetoes.copy(), floor, enough)
    left = np.arange(groups)
    while len(left):
        place = work.averages.reshape(len(left), -1).argmax(axis=1)
        one, other = np.divmod(place, n)
        going = work.averages[np.arange(len(left)), one, other] > _NEVER
        if not going.all():
            left, one, other = left[going], one[going], other[going]
            work.keep(going)
        work.join(one, other)
        joined = parts[left]
        parts[left] = np.where(joined == other[:, None], one[:, None], joined)
    return parts


class _Stack:
    """The parts of each group, named by their first record; what was merged into one is void."""

    def __init__(self, above: Ints, vetoes: Bools, floor: int, enough: int) -> None:
        self._above = above  # sums of (weight − floor) between two parts
        self._vetoes = vetoes
        self._sizes = np.ones(above.shape[:2], dtype=np.int64)
        self._least = enough - floor
        self._order = np.arange(above.shape[1])
        allowed = (above > self._least) & ~vetoes & (self._order[:, None] < self._order)
        self.averages = np.where(allowed, above.astype(np.float64), _NEVER)

    def keep(self, chosen: Bools) -> None:
        """Drop the groups that are done."""
        self._above, self._vetoes = self._above[chosen], self._vetoes[chosen]
        self._sizes, self.averages = self._sizes[chosen], self.averages[chosen]

    def join(self, one: Ints, other: Ints) -> None:
        """Merge part `other` into `one` in each group; `one` comes first."""
        every = np.arange(len(one))
        above = self._above[every, one] + self._above[every, other]
        vetoes = self._vetoes[every, one] | self._vetoes[every, other]
        self._above[every, one] = self._above[every, :, one] = above
        self._vetoes[every, one] = self._vetoes[every, :, one] = vetoes
        self._sizes[every, one] += self._sizes[every, other]
        self._sizes[every, other] = 0
        possible = self._sizes[every, one][:, None] * self._sizes
        allowed = ~vetoes & (possible > 0) & (above > self._least * possible)
        averages = np.where(allowed, above / np.maximum(possible, 1), _NEVER)
        later = self._order > one[:, None]
        self.averages[every, one] = np.where(later, averages, _NEVER)
        self.averages[every, :, one] = np.where(self._order < one[:, None], averages, _NEVER)
        self.averages[every, other] = _NEVER
        self.averages[every, :, other] = _NEVER
