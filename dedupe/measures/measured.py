"""Precision and recall as judgements measure them, with the range that so few of them leave open.

In: judged pairs with the model's weights, a threshold in bits. Out: shares with their 95 %
interval (Wilson, "Probable inference", 1927). People judge the doubtful pairs, not a fair sample,
so the figures by band of weight say more than those over all.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

from dedupe.judgement.judged_pairs import JudgedPair

_Z = 1.959964  # two-sided 95 %
BANDS = (-inf, -4.0, -1.0, 2.0, 5.0, 10.0, inf)  # bits


@dataclass(frozen=True)
class Share:
    """`right` of `of`; without any, everything is possible."""

    right: int
    of: int

    @property
    def value(self) -> float | None:
        return self.right / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies with 95 % confidence."""
        if not self.of:
            return 0.0, 1.0
        n, p, z = self.of, self.right / self.of, _Z
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(centre - half, 0.0), min(centre + half, 1.0)


@dataclass(frozen=True)
class Band:
    """Judged pairs of a range of weights: how many of them are one party."""

    low: float
    high: float
    same: Share


@dataclass(frozen=True)
class Measured:
    """Of the judged pairs: those above the threshold that are the same, and the same above it."""

    precision: Share
    recall: Share
    bands: tuple[Band, ...]


def measured(judged: Sequence[JudgedPair], threshold: float) -> Measured:
    """`unsure` says nothing."""
    decided = [pair for pair in judged if pair.verdict != "unsure"]
    same = [pair for pair in decided if pair.verdict == "same"]
    linked = [pair for pair in decided if pair.weight > threshold]
    both = sum(pair.verdict == "same" for pair in linked)
    bands = [
        Band(low, high, Share(_same(inside), len(inside)))
        for low, high in itertools.pairwise(BANDS)
        if (inside := [pair for pair in decided if low < pair.weight <= high])
    ]
    return Measured(Share(both, len(linked)), Share(both, len(same)), tuple(bands))


def contradicted(judged: Sequence[JudgedPair], threshold: float) -> list[JudgedPair]:
    """The pairs on which the model at this threshold would decide against the person."""
    return [
        pair
        for pair in judged
        if (pair.verdict == "same" and pair.weight <= threshold)
        or (pair.verdict == "different" and pair.weight > threshold)
    ]


def _same(pairs: Sequence[JudgedPair]) -> int:
    return sum(pair.verdict == "same" for pair in pairs)
