"""Scores of a crosswalk against a known truth: pairwise, by cluster and by record (B-cubed)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import fsum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Measure = tuple[float, float, float]
Labels = Mapping[str, Hashable]
MOST_LINKS = 3_000_000  # beyond that pairs are counted, not listed


@dataclass(frozen=True)
class Scores:
    """(precision, recall, F1) each; `records` were in both truth and crosswalk."""

    pairwise: Measure
    cluster: Measure
    b3: Measure
    records: int


def scores(predicted: Labels, truth: Labels) -> Scores:
    """Compare record → cluster with record → entity, over the records that both know.

    Pairwise: over pairs of records held to be one party, by recordlinkage's measures. Cluster: a
    predicted cluster counts as right only if it equals a true one record by record; precision is
    the share of predicted clusters that are right, recall the share of true ones that were found,
    and F1 their harmonic mean (cluster F1 of Menestrina, Whang and Garcia-Molina, "Evaluating
    entity resolution results", 2010). B3: a record's precision is the share of its cluster that
    is of its entity, its recall the share of its entity that is in its cluster, averaged over the
    records (B-cubed of Bagga and Baldwin, "Entity-based cross-document coreferencing", 1998).
    Records alone count as clusters.
    """
    known = [record for record in predicted if record in truth]
    return Scores(
        pairwise=_pairwise(known, predicted, truth),
        cluster=cluster_measure(predicted, truth),
        b3=_b3(known, predicted, truth),
        records=len(known),
    )


def cluster_measure(predicted: Labels, truth: Labels) -> Measure:
    """Precision, recall and F1 of whole clusters, as `scores` has them."""
    known = [record for record in predicted if record in truth]
    found, real = _groups(known, predicted), _groups(known, truth)
    return _measure(len(found & real), len(found), len(real))


def _pairwise(known: list[str], predicted: Labels, truth: Labels) -> Measure:
    found = _pairs(Counter(predicted[record] for record in known).values())
    real = _pairs(Counter(truth[record] for record in known).values())
    both = _pairs(Counter((predicted[record], truth[record]) for record in known).values())
    if not both or max(found, real) > MOST_LINKS:
        return _measure(both, found, real)
    return pair_measures(links(known, predicted), links(known, truth))


def _b3(known: list[str], predicted: Labels, truth: Labels) -> Measure:
    shared = Counter((predicted[record], truth[record]) for record in known)
    found = Counter(predicted[record] for record in known)
    real = Counter(truth[record] for record in known)
    # Each of the n records that share cluster and entity sees n of its own kind.
    precise = fsum(n * n / found[cluster] for (cluster, _), n in shared.items())
    complete = fsum(n * n / real[entity] for (_, entity), n in shared.items())
    return _harmonic(precise / len(known), complete / len(known)) if known else (1.0, 1.0, 1.0)


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def links(known: list[str], label: Labels) -> pd.MultiIndex:
    """All pairs of records with one label, by their place in `known`, smaller first."""
    import pandas as pd

    places: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place, record in enumerate(known):
        places[label[record]].append(place)
    pairs = [pair for group in places.values() for pair in combinations(group, 2)]
    return pd.MultiIndex.from_tuples(pairs, names=["left", "right"])


def _groups(known: list[str], label: Labels) -> set[frozenset[str]]:
    groups: defaultdict[Hashable, set[str]] = defaultdict(set)
    for record in known:
        groups[label[record]].add(record)
    return {frozenset(group) for group in groups.values()}


def _measure(both: int, found: int, real: int) -> Measure:
    """Nothing found and nothing to find is perfect."""
    return _harmonic(both / found if found else 1.0, both / real if real else 1.0)


def _harmonic(precision: float, recall: float) -> Measure:
    """With F1, the harmonic mean of both."""
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
