"""Records of equal content: one node of clustering, or nodes of their own.

Blocking meets only the first record of a content; the others are tied to it (`identical_records`).
Where that tie is enough to merge, the others follow their first: a million copies cost as much as
one, and count once as evidence. Where it is not, or somebody judged a copy, the copy stands for
itself and has the pairs of its first. Both depend on the content alone, not on how it came in.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe.clustering.clusters import (
    Clustering,
    Decisions,
    Positions,
    ScoredPairs,
    ScoreMissing,
    cluster,
    joined,
)

# Copies of a content that says too little to tell whether they are one. More of them are alone, as
# a value with more holders than its rule's cap makes no pairs.
MOST_UNSURE = 30


def cluster_distinct(
    size: int,
    pairs: ScoredPairs,
    copies: ScoredPairs,
    score_missing: ScoreMissing,
    decisions: Decisions,
    enough: int,
) -> Clustering:
    """Like `cluster`; `copies` are the ties of records (right) to the first of their content."""
    judged = np.zeros(size, dtype=bool)
    judged[list(decisions.named)] = True
    follows = (copies.weight > enough) & ~judged[copies.right]
    alone = copies.where(~follows & (judged[copies.right] | _few(size, copies)))
    known = joined(pairs, alone, _as_their_first(pairs, alone))
    found = cluster(size, known, score_missing, decisions, enough)
    labels = found.labels.copy()
    labels[copies.right[follows]] = labels[copies.left[follows]]
    return Clustering(labels, found.contradictions)


def _few(size: int, copies: ScoredPairs) -> NDArray[np.bool_]:
    holders = np.bincount(copies.left, minlength=size) + 1
    return np.asarray(holders[copies.left] <= MOST_UNSURE)


def _as_their_first(pairs: ScoredPairs, copies: ScoredPairs) -> ScoredPairs:
    """The pairs of each copy's first, with the copy in its place."""
    found = [pairs.where(np.zeros(len(pairs), dtype=bool))]
    for end, other in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        row, copy = _matches(end, copies)
        left, right = copies.right[copy], other[row]
        found.append(
            ScoredPairs(
                np.minimum(left, right),
                np.maximum(left, right),
                pairs.weight[row],
                pairs.veto[row],
            )
        )
    return joined(*found)


def _matches(ends: Positions, copies: ScoredPairs) -> tuple[Positions, Positions]:
    """(row of `ends`, row of `copies`) wherever an end is the first of a copy."""
    order = np.argsort(copies.left, kind="stable")
    firsts = copies.left[order]
    low = np.searchsorted(firsts, ends, side="left")
    high = np.searchsorted(firsts, ends, side="right")
    rows = np.repeat(np.arange(len(ends)), high - low)
    starts = np.repeat(np.cumsum(high - low) - (high - low), high - low)
    return rows, order[np.arange(len(rows)) - starts + np.repeat(low, high - low)]
