"""Training: candidate pairs → m, u, v and the shares of matches and of the alternative.

Flow: pattern counts per set of rules → one EM session per blocking rule, its comparisons left
out → sessions averaged by the matches each expects → shares by coverage, to a fixed point → one
M-step over all candidate pairs. Below `prior.records_needed` records the stated prior stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedupe.patterns import unpack
from dedupe.specification import Comparison, Specification
from dedupe.trained import Table, Trained
from dedupe.training.chance import SAMPLE, chances, missing_shares
from dedupe.training.coverage import coverage
from dedupe.training.expectation import Kinds, learn, maximised, posteriors

if TYPE_CHECKING:
    import duckdb

Floats = NDArray[np.float64]
ANCHOR = 30.0  # the stated m counts like this many pairs, so that small sessions stay sane
SMALLEST_SESSION = 50  # pairs; with fewer there is nothing to learn
FIXED_POINT_ROUNDS = 100


@dataclass(frozen=True)
class Patterns:
    """Distinct patterns of the candidate pairs, by the set of rules that made them."""

    codes: NDArray[np.int64]
    counts: Floats
    rules: NDArray[np.int64]


def train(con: duckdb.DuckDBPyConnection, specification: Specification) -> Trained:
    """From temp table `compared` (l_rid, r_rid, rules, pattern) and the records."""
    records = int(con.table(f"link.{specification.party_type}_records").count("*").fetchall()[0][0])
    u = chances(con, specification)
    missing = missing_shares(con, specification)
    patterns = _patterns(con, specification)
    start = _start(specification, u)
    anchors = _anchors(specification, start)
    learnt = _averaged(specification, patterns, start, anchors)
    stated = records < specification.prior.records_needed
    for _ in range(2):  # the second round uses the m of the first one's M-step
        learnt = _with_shares(specification, patterns, learnt, missing, records, stated=stated)
        learnt = _one_step(specification, patterns, learnt, anchors)
        learnt = _without_matches(specification, learnt, u)
    learnt = _with_shares(specification, patterns, learnt, missing, records, stated=stated)
    return _trained(specification, learnt, records, stated=stated)


def _patterns(con: duckdb.DuckDBPyConnection, specification: Specification) -> Patterns:
    rows = con.execute(
        "select pattern, rules, count(*) from compared group by all order by all"
    ).fetchall()
    width = len(specification.comparisons)
    codes = np.array([unpack(row[0], width) for row in rows], dtype=np.int64).reshape(-1, width)
    counts = np.array([float(row[2]) for row in rows])
    return Patterns(codes, counts, np.array([row[1] for row in rows], dtype=np.int64))


def _stated(comparison: Comparison) -> Floats:
    stated = np.array([level.m for level in reversed(comparison.levels)])
    return np.asarray(stated / stated.sum())


def _start(specification: Specification, u: list[Floats]) -> Kinds:
    m = tuple(_stated(comparison) for comparison in specification.comparisons)
    if specification.alternative is None:
        return Kinds((tuple(u), m), np.array([0.5, 0.5]))
    share = specification.alternative.share
    v = tuple(_alike(specification, c, u[i]) for i, c in enumerate(specification.comparisons))
    return Kinds((tuple(u), m, v), np.array([0.5 - share / 2, 0.5 - share / 2, share]))


def _alike(specification: Specification, comparison: Comparison, u: Floats) -> Floats:
    """Among pairs of the alternative: by chance, or the stated chance of the best level."""
    alternative = specification.alternative
    if alternative is None or comparison.name in alternative.as_strangers:
        return u
    best = alternative.alike[comparison.name]
    mixed = u * (1.0 - best)
    mixed[-1] += best
    return np.asarray(mixed / mixed.sum())


def _anchors(specification: Specification, start: Kinds) -> list[list[Floats | None]]:
    """Pseudo-counts of what is learnt; None for what is given."""
    anchors: list[list[Floats | None]] = [[None] * len(specification.comparisons)]
    anchors.append([ANCHOR * m for m in start.tables[1]])
    alternative = specification.alternative
    if alternative is not None:
        anchors.append([
            None if c.name in alternative.as_strangers else ANCHOR * start.tables[2][i]
            for i, c in enumerate(specification.comparisons)
        ])  # fmt: skip
    return anchors


def _averaged(
    specification: Specification,
    patterns: Patterns,
    start: Kinds,
    anchors: list[list[Floats | None]],
) -> Kinds:
    """The sessions' tables, weighted by the pairs of each kind that they expect."""
    sums = [[np.zeros(len(row)) for row in table] for table in start.tables]
    seen = [[0.0] * len(table) for table in start.tables]
    for place, rule in enumerate(specification.blocking_rules):
        chosen = (patterns.rules & (1 << place)) > 0
        counts = patterns.counts[chosen]
        if counts.sum() < SMALLEST_SESSION:
            continue
        use = [i for i, c in enumerate(specification.comparisons) if c.name not in rule.fires_at]
        session = learn(patterns.codes[chosen], counts, start, use, anchors)
        expected = session.shares * counts.sum()
        for kind in range(1, len(start.tables)):
            for i in use:
                sums[kind][i] += expected[kind] * session.tables[kind][i]
                seen[kind][i] += float(expected[kind])
    tables = [
        tuple(
            sums[kind][i] / seen[kind][i] if anchors[kind][i] is not None and seen[kind][i] else row
            for i, row in enumerate(table)
        )
        for kind, table in enumerate(start.tables)
    ]
    return Kinds(tuple(tables), start.shares)


def _with_shares(
    specification: Specification,
    patterns: Patterns,
    kinds: Kinds,
    missing: list[float],
    records: int,
    *,
    stated: bool,
) -> Kinds:
    """Shares over all possible pairs: Σ posteriors / coverage / pairs, to a fixed point."""
    possible = max(records * (records - 1) / 2, 1.0)
    believed = min(specification.prior.matches_per_record * records / possible, 0.5)
    covered = np.array([coverage(specification, table, missing) for table in kinds.tables[1:]])
    shares = np.full(len(covered), believed if stated else believed / 10)
    everything = range(len(specification.comparisons))
    for _ in range(0 if stated or not len(patterns.counts) else FIXED_POINT_ROUNDS):
        current = Kinds(kinds.tables, np.concatenate([[1.0 - shares.sum()], shares]))
        weights = posteriors(patterns.codes, current, everything) * patterns.counts[:, None]
        found = np.maximum(weights.sum(axis=0)[1:] / covered / possible, 1e-12)
        moved, shares = float(np.abs(found / shares - 1).max()), np.minimum(found, 0.3)
        if moved < 1e-6:
            break
    return Kinds(kinds.tables, np.concatenate([[1.0 - shares.sum()], shares]))


def _one_step(
    specification: Specification,
    patterns: Patterns,
    kinds: Kinds,
    anchors: list[list[Floats | None]],
) -> Kinds:
    """One M-step over all candidate pairs."""
    if not len(patterns.counts):
        return kinds
    everything = range(len(specification.comparisons))
    weights = posteriors(patterns.codes, kinds, everything) * patterns.counts[:, None]
    return Kinds(maximised(patterns.codes, weights, kinds, everything, anchors), kinds.shares)


def _without_matches(specification: Specification, kinds: Kinds, counted: list[Floats]) -> Kinds:
    """Take the matches' own agreement out of u: among all pairs, some agree as they are one.

    counted = share_m · m + share_v · v + share_u · u, solved for u. The difference of two
    estimates may be anything, so it stays above a fiftieth of what was counted, and above one
    pair of the sample where the level was sampled.
    """
    strangers = []
    for place, comparison in enumerate(specification.comparisons):
        u = counted[place].copy()
        others = sum(kinds.shares[k] * kinds.tables[k][place] for k in range(1, len(kinds.shares)))
        for level in comparison.levels[:-1]:
            code = comparison.code(level.name) - 1
            least = u[code] / 50 if level.exact_chance else max(u[code] / 50, 1 / SAMPLE)
            u[code] = max(u[code] - others[code], min(least, u[code]))
        strangers.append(u / u.sum())
    tables = (tuple(strangers), *kinds.tables[1:])
    return Kinds(tables, kinds.shares)


def _trained(specification: Specification, kinds: Kinds, records: int, *, stated: bool) -> Trained:
    strangers, matches = kinds.tables[0], kinds.tables[1]
    alternative = kinds.tables[2] if len(kinds.tables) > 2 else strangers
    origin = "stated prior, too few records" if stated else "estimated from the records"
    return Trained(
        specification=specification,
        m=_table(matches),
        u=_table(strangers),
        v=_table(alternative),
        match_share=_rounded(kinds.shares[1]),
        alternative_share=_rounded(kinds.shares[2]) if len(kinds.tables) > 2 else 0.0,
        records=records,
        origin=f"{origin}; {records} records",
    )


def _table(rows: tuple[Floats, ...]) -> Table:
    return tuple(tuple(_rounded(value) for value in row) for row in rows)


def _rounded(value: float) -> float:
    """Nine digits: what is kept does not hang on the last bits of a sum."""
    return float(f"{value:.9g}")
