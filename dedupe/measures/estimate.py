"""Precision and recall as the model itself expects them, without any truth.

In: the weights of the candidate pairs (bits, prior included), how many pairs have each, and the
coverage: the chance that blocking makes a pair of a match at all. Out: what is expected when the
pairs from a threshold on, or any other choice of them, are taken as matches. A pair of
probability p counts p as right and 1 − p as wrong; matches that no blocking rule made are missed
by every choice. Good as far as the model is: where it trusts too much, so does the estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEP = 0.5  # bits between the points of a curve


@dataclass(frozen=True)
class Expected:
    """What a choice of pairs comes to: expected numbers of pairs, whole or not."""

    true_positives: float
    false_positives: float
    false_negatives: float

    @property
    def pairs(self) -> float:
        """How many are taken as matches."""
        return self.true_positives + self.false_positives

    @property
    def precision(self) -> float:
        """Expected share of right pairs; one if none is taken."""
        return self.true_positives / self.pairs if self.pairs else 1.0

    @property
    def recall(self) -> float:
        """Expected share of all matches that is found; one if there is none."""
        matches = self.true_positives + self.false_negatives
        return self.true_positives / matches if matches else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class Candidates:
    """Candidate pairs by weight: two arrays of one length, in any order."""

    weights: Floats
    counts: Floats
    coverage: float

    @property
    def matches(self) -> float:
        """Expected matches among all pairs of records, blocked or not."""
        return _sum(self.weights, self.counts) / self.coverage

    def above(self, threshold: float) -> Expected:
        """If the pairs of at least this weight are taken."""
        taken = self.weights >= threshold
        return self.if_taken(self.weights[taken], self.counts[taken])

    def if_taken(
        self, weights: Floats, counts: Floats, others: tuple[Floats, Floats] | None = None
    ) -> Expected:
        """If these candidates are taken, and `others` (weights, counts) that a cluster brings in.

        Others are matches that blocking did not reach, so fewer of those are left to miss.
        """
        found, brought = _sum(weights, counts), _sum(*others) if others else 0.0
        pairs = float(counts.sum()) + (float(others[1].sum()) if others else 0.0)
        reached = _sum(self.weights, self.counts)
        missed = max(reached - found, 0.0) + max(self.matches - reached - brought, 0.0)
        return Expected(found + brought, pairs - found - brought, missed)


def _sum(weights: Floats, counts: Floats) -> float:
    """Expected matches among these pairs."""
    return float((counts * probabilities(weights)).sum())


def probabilities(weights: Floats) -> Floats:
    """Of a match, from weights that include the prior; see `dedupe.linking.scoring.probability`."""
    return np.asarray(1.0 / (1.0 + np.exp2(np.minimum(-weights, 1000.0))))


def curve(candidates: Candidates) -> tuple[tuple[float, Expected], ...]:
    """(threshold, what is expected) every half bit, from the lowest to above the highest weight."""
    if not len(candidates.weights):
        return ()
    low = np.floor(candidates.weights.min() / STEP) * STEP
    high = np.ceil(candidates.weights.max() / STEP) * STEP
    thresholds = np.arange(low, high + STEP / 2, STEP).tolist()
    return tuple((threshold, candidates.above(threshold)) for threshold in thresholds)
