"""Scores of a crosswalk against a known truth: pairwise, by cluster and by record (B-cubed)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from math import fsum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Measure = tuple[float, float, float]
Labels = Mapping[str, Hashable]
Shared = Counter[tuple[Hashable, Hashable]]  # (cluster, entity) → records in both
Sizes = Counter[Hashable]
MOST_LINKS = 3_000_000  # beyond that pairs are counted, not listed


@dataclass(frozen=True)
class Scores:
    """(precision, recall, F1) each; `records` were in both truth and crosswalk.

    `pairs` are how many pairs of records the clusters hold, and the truth.
    """

    pairwise: Measure
    cluster: Measure
    b3: Measure
    records: int
    pairs: tuple[int, int]


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
    found = counted(predicted, truth)
    if 0 in found.pairs or not found.pairwise[2] or max(found.pairs) > MOST_LINKS:
        return found
    known = [record for record in predicted if record in truth]
    return replace(found, pairwise=pair_measures(links(known, predicted), links(known, truth)))


def counted(predicted: Labels, truth: Labels) -> Scores:
    """The same by counting alone: how many records share cluster and entity says it all."""
    known = [record for record in predicted if record in truth]
    shared = Counter((predicted[record], truth[record]) for record in known)
    found = Counter(predicted[record] for record in known)
    real = Counter(truth[record] for record in known)
    found_pairs, true_pairs = _pairs(found.values()), _pairs(real.values())
    return Scores(
        pairwise=_measure(_pairs(shared.values()), found_pairs, true_pairs),
        cluster=_measure(_whole(shared, found, real), len(found), len(real)),
        b3=_b3(shared, found, real),
        records=len(known),
        pairs=(found_pairs, true_pairs),
    )


def cluster_measure(predicted: Labels, truth: Labels) -> Measure:
    """Precision, recall and F1 of whole clusters, as `scores` has them."""
    known = [record for record in predicted if record in truth]
    shared = Counter((predicted[record], truth[record]) for record in known)
    found = Counter(predicted[record] for record in known)
    real = Counter(truth[record] for record in known)
    return _measure(_whole(shared, found, real), len(found), len(real))


def _whole(shared: Shared, found: Sizes, real: Sizes) -> int:
    """Clusters that hold all records of one entity and no other."""
    return sum(n == found[cluster] == real[entity] for (cluster, entity), n in shared.items())


def _b3(shared: Shared, found: Sizes, real: Sizes) -> Measure:
    # Each of the n records that share cluster and entity sees n of its own kind.
    records = found.total()
    precise = fsum(n * n / found[cluster] for (cluster, _), n in shared.items())
    complete = fsum(n * n / real[entity] for (_, entity), n in shared.items())
    return _harmonic(precise / records, complete / records) if records else (1.0, 1.0, 1.0)


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
