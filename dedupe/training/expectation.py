"""Expectation and maximisation over pattern counts, with u fixed.

Pairs are of three kinds: matches (m is learnt), strangers (u is given) and, where the
specification names one, the alternative, such as two people of one household (v is learnt where
they agree beyond chance, and equals u elsewhere). Source of the method: Winkler, "Using the EM
algorithm for weight computation in the Fellegi–Sunter model", 1988; u fixed as in Splink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
ROUNDS = 200
CONVERGED = 1e-6


@dataclass(frozen=True)
class Kinds:
    """Level probabilities of the kinds of pairs, per comparison, and the kinds' shares."""

    tables: tuple[tuple[Floats, ...], ...]  # kind → comparison → levels; strangers come first
    shares: Floats


def log_likelihoods(codes: Codes, table: Sequence[Floats], use: Sequence[int]) -> Floats:
    """log P(pattern | kind) over the comparisons in `use`; a missing level says nothing."""
    total = np.zeros(len(codes))
    for place in use:
        logs = np.concatenate([[0.0], np.log(table[place])])
        total += logs[codes[:, place]]
    return total


def posteriors(codes: Codes, kinds: Kinds, use: Sequence[int]) -> Floats:
    """P(kind | pattern), one row per pattern and one column per kind."""
    logs = np.stack([log_likelihoods(codes, table, use) for table in kinds.tables], axis=1)
    logs += np.log(np.maximum(kinds.shares, 1e-300))
    logs -= logs.max(axis=1, keepdims=True)
    weights = np.exp(logs)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def level_counts(codes: Codes, weights: Floats, place: int, levels: int) -> Floats:
    """Weighted counts of the levels 1 … `levels` of one comparison."""
    counts = np.bincount(codes[:, place], weights=weights, minlength=levels + 1)
    return np.asarray(counts[1 : levels + 1])


def learn(
    codes: Codes,
    counts: Floats,
    start: Kinds,
    use: Sequence[int],
    anchors: Sequence[Sequence[Floats | None]],
) -> Kinds:
    """EM to convergence. `anchors[kind][comparison]` are pseudo-counts; None keeps it fixed."""
    kinds = start
    for _ in range(ROUNDS):
        weights = posteriors(codes, kinds, use) * counts[:, None]
        shares = weights.sum(axis=0) / weights.sum()
        tables = maximised(codes, weights, kinds, use, anchors)
        moved = float(np.abs(shares - kinds.shares).max())
        kinds = Kinds(tables, shares)
        if moved < CONVERGED:
            break
    return kinds


def maximised(
    codes: Codes,
    weights: Floats,
    kinds: Kinds,
    use: Sequence[int],
    anchors: Sequence[Sequence[Floats | None]],
) -> tuple[tuple[Floats, ...], ...]:
    """The M-step: learnt tables from expected counts, fixed ones as they were."""
    tables = []
    for kind, table in enumerate(kinds.tables):
        rows = list(table)
        for place in use:
            anchor = anchors[kind][place]
            if anchor is not None:
                expected = level_counts(codes, weights[:, kind], place, len(anchor)) + anchor
                rows[place] = expected / expected.sum()
        tables.append(tuple(rows))
    return tuple(tables)
