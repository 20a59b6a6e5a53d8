"""Scores of a crosswalk against a known truth, pairwise and by cluster."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Measure = tuple[float, float, float]


@dataclass(frozen=True)
class Scores:
    """(precision, recall, F1) each; `records` were in both truth and crosswalk."""

    pairwise: Measure
    cluster: Measure
    records: int


def scores(predicted: Mapping[str, Hashable], truth: Mapping[str, Hashable]) -> Scores:
    """Compare record → cluster with record → entity, over the records that both know.

    Pairwise: over pairs of records held to be one party. Cluster: a predicted cluster counts as
    right only if it equals a true one record by record; precision is the share of predicted
    clusters that are right, recall the share of true ones that were found, and F1 their harmonic
    mean (cluster F1 of Menestrina, Whang and Garcia-Molina, "Evaluating entity resolution
    results", 2010). Records alone count as clusters.
    """
    known = [record for record in predicted if record in truth]
    return Scores(
        pairwise=_pairwise(known, predicted, truth),
        cluster=_cluster(known, predicted, truth),
        records=len(known),
    )


def _pairwise(
    known: list[str], predicted: Mapping[str, Hashable], truth: Mapping[str, Hashable]
) -> Measure:
    found = _pairs(Counter(predicted[record] for record in known).values())
    real = _pairs(Counter(truth[record] for record in known).values())
    both = _pairs(Counter((predicted[record], truth[record]) for record in known).values())
    return _measure(both, found, real)


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _cluster(
    known: list[str], predicted: Mapping[str, Hashable], truth: Mapping[str, Hashable]
) -> Measure:
    found, real = _groups(known, predicted), _groups(known, truth)
    return _measure(len(found & real), len(found), len(real))


def _groups(known: list[str], label: Mapping[str, Hashable]) -> set[frozenset[str]]:
    groups: defaultdict[Hashable, set[str]] = defaultdict(set)
    for record in known:
        groups[label[record]].add(record)
    return {frozenset(group) for group in groups.values()}


def _measure(both: int, found: int, real: int) -> Measure:
    """Nothing found and nothing to find is perfect."""
    precision = both / found if found else 1.0
    recall = both / real if real else 1.0
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def pair_measures(predicted_pairs: pd.MultiIndex, true_pairs: pd.MultiIndex) -> Measure:
    """Precision, recall and F1 of links by recordlinkage's own measures."""
    from recordlinkage import fscore, precision, recall

    return (
        float(precision(true_pairs, predicted_pairs)),
        float(recall(true_pairs, predicted_pairs)),
        float(fscore(true_pairs, predicted_pairs)),
    )
