"""Scored pairs → the best that any threshold makes of them, for engines that leave it to a person.

Each measure is taken at the threshold that suits it best. Clusters are connected components.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dedupe.clustering.clusters import components
from dedupe.measures.evaluate import Labels, Measure, counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]
    Floats = NDArray[np.float64]

THRESHOLDS = np.arange(-10.0, 40.0, 0.5)  # bits


@dataclass(frozen=True)
class Best:
    """(P, R, F1): of linked pairs alone, of pairs in clusters, of whole clusters, of records.

    `threshold` is the one that is best for pairs in clusters.
    """

    linked: Measure
    pairwise: Measure
    cluster: Measure
    b3: Measure
    threshold: float


def best_scores(
    truth: Labels, left: Places, right: Places, weights: Floats, thresholds: Floats = THRESHOLDS
) -> Best:
    """Pairs are positions in the truth's order; a pair counts from its weight on."""
    entities = list(truth.values())
    found = [
        (float(bits), counted(_labels(truth, left[taken], right[taken]), truth))
        for bits in thresholds
        for taken in [weights >= bits]
    ]
    bits, best = max(found, key=lambda one: one[1].pairwise[2])
    return Best(
        linked=linked_pairs(entities, left, right, weights, thresholds),
        pairwise=best.pairwise,
        cluster=max((one.cluster for _, one in found), key=lambda m: m[2]),
        b3=max((one.b3 for _, one in found), key=lambda m: m[2]),
        threshold=bits,
    )


def linked_pairs(
    entities: list[Hashable], left: Places, right: Places, weights: Floats, thresholds: Floats
) -> Measure:
    """Of the pairs themselves, clusters or not: the measure of the best threshold."""
    _, codes, sizes = np.unique(
        np.array(entities, dtype=str), return_inverse=True, return_counts=True
    )
    matches = int((sizes * (sizes - 1) // 2).sum())
    right_ones = codes[left] == codes[right]
    measures = []
    for bits in thresholds:
        taken = weights >= bits
        both, found = int((taken & right_ones).sum()), int(taken.sum())
        precision = both / found if found else 1.0
        recall = both / matches if matches else 1.0
        total = precision + recall
        measures.append((precision, recall, 2 * precision * recall / total if total else 0.0))
    return max(measures, key=lambda measure: measure[2])


def _labels(truth: Labels, left: Places, right: Places) -> dict[str, int]:
    return dict(zip(truth, components(len(truth), left, right).tolist(), strict=True))
