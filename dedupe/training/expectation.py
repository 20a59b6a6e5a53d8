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
Tables = tuple[tuple[Floats, ...], ...]  # kind → comparison → levels; strangers come first
# Pseudo-counts, by kind and comparison; None keeps a table as it is.
Anchors = Sequence[Sequence[Floats | None]]
ROUNDS = 200
CONVERGED = 1e-6


@dataclass(frozen=True)
class Kinds:
    """Level probabilities of the kinds of pairs, per comparison, and the kinds' shares."""

    tables: Tables
    shares: Floats


class Seen:
    """Patterns as ones and zeros: a column each, a row per level of the comparisons in `use`.

    A missing level says nothing and has no row.
    """

    def __init__(self, codes: Codes, use: Sequence[int], kinds: Kinds) -> None:
        self.use = tuple(use)
        sizes = [len(kinds.tables[0][place]) for place in self.use]
        self._ends = np.cumsum(sizes)
        self._levels = np.zeros((sum(sizes), len(codes)))
        for place, size, end in zip(self.use, sizes, self._ends, strict=True):
            known = np.flatnonzero(codes[:, place])
            self._levels[end - size + codes[known, place] - 1, known] = 1.0

    def posteriors(self, kinds: Kinds) -> Floats:
        """P(kind | pattern), one row per kind and one column per pattern."""
        tables = [np.concatenate([t[place] for place in self.use]) for t in kinds.tables]
        logs = np.log(np.stack(tables)) @ self._levels
        logs += np.log(np.maximum(kinds.shares, 1e-300))[:, None]
        logs -= logs.max(axis=0)
        weights = np.exp(logs)
        return np.asarray(weights / weights.sum(axis=0))

    def maximised(self, weights: Floats, kinds: Kinds, anchors: Anchors) -> Tables:
        """The M-step: learnt tables from expected counts, fixed ones as they were."""
        counts = weights @ self._levels.T
        tables = []
        for kind, table in enumerate(kinds.tables):
            rows = list(table)
            for place, end in zip(self.use, self._ends, strict=True):
                anchor = anchors[kind][place]
                if anchor is not None:
                    total = counts[kind, end - len(anchor) : end] + anchor
                    rows[place] = total / total.sum()
            tables.append(tuple(rows))
        return tuple(tables)


def learn(
    codes: Codes, counts: Floats, start: Kinds, use: Sequence[int], anchors: Anchors
) -> Kinds:
    """EM to convergence, over the comparisons in `use`."""
    seen, kinds = Seen(codes, use, start), start
    for _ in range(ROUNDS):
        weights = seen.posteriors(kinds) * counts
        shares = weights.sum(axis=1) / weights.sum()
        tables = seen.maximised(weights, kinds, anchors)
        moved = float(np.abs(shares - kinds.shares).max())
        kinds = Kinds(tables, shares)
        if moved < CONVERGED:
            break
    return kinds
