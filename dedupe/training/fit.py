"""Patterns → m, u, v and the shares of matches and of the alternative. Pure numbers, no database.

Flow: pattern counts → one EM session per blocking rule, over the patterns that it reaches, its
comparisons left out → sessions averaged by the matches each expects → shares by coverage, to a
fixed point → one M-step over all candidate pairs. Below `prior.records_needed` records the stated
prior stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe.specification import BlockingRule, Comparison, Specification
from dedupe.training.chance import SAMPLE
from dedupe.training.coverage import coverage
from dedupe.training.expectation import Codes, Floats, Kinds, Seen, learn

ANCHOR = 30.0  # the stated m counts like this many pairs, so that small sessions stay sane
SMALLEST_SESSION = 50  # pairs; with fewer there is nothing to learn
FIXED_POINT_ROUNDS = 100
MOST_STATED = 0.9  # of all pairs are matches or alternatives, where a specification says how many


@dataclass(frozen=True)
class Patterns:
    """Distinct patterns of the candidate pairs: level codes (one column per comparison), pairs."""

    codes: Codes
    counts: Floats


@dataclass(frozen=True)
class Chance:
    """What is known without matches: u as counted, shares of missing values, records.

    u is counted over records of distinct contents; `copies` are the others, and `copied` the pairs
    of equal records.
    """

    u: list[Floats]
    missing: list[float]
    records: int
    copies: int = 0
    copied: float = 0.0

    def is_too_few(self, specification: Specification) -> bool:
        """Whether the stated prior stands, as nothing can be estimated."""
        return self.records < specification.prior.records_needed


def fit(specification: Specification, patterns: Patterns, chance: Chance) -> Kinds:
    """m, u, v and shares from the patterns of candidate pairs; see the head of the module."""
    start = _start(specification, chance.u)
    anchors = _anchors(specification, start)
    learnt = _averaged(specification, patterns, start, anchors)
    seen = Seen(patterns.codes, range(len(specification.comparisons)), start)
    for _ in range(2):  # the second round uses the m of the first one's M-step
        learnt = _with_shares(specification, patterns.counts, seen, learnt, chance)
        learnt = _one_step(patterns.counts, seen, learnt, anchors)
        learnt = _without_matches(specification, learnt, chance)
    return _with_shares(specification, patterns.counts, seen, learnt, chance)


def _stated(comparison: Comparison) -> Floats:
    stated = np.array([level.m for level in reversed(comparison.levels)])
    return np.asarray(stated / stated.sum())


def _start(specification: Specification, u: list[Floats]) -> Kinds:
    m = tuple(_stated(comparison) for comparison in specification.comparisons)
    u = [m[i] if c.corrects else u[i] for i, c in enumerate(specification.comparisons)]
    if specification.alternative is None:
        return Kinds((tuple(u), m), np.array([0.5, 0.5]))
    share = specification.alternative.share
    v = tuple(_alike(specification, c, u[i]) for i, c in enumerate(specification.comparisons))
    return Kinds((tuple(u), m, v), np.array([0.5 - share / 2, 0.5 - share / 2, share]))


def _alike(specification: Specification, comparison: Comparison, u: Floats) -> Floats:
    """Among pairs of the alternative: by chance, or the stated chance of the best level."""
    alternative = specification.alternative
    if alternative is None or comparison.corrects or alternative.by_chance(comparison):
        return u
    best = alternative.alike[comparison.name]
    mixed = u * (1.0 - best)
    mixed[-1] += best
    return np.asarray(mixed / mixed.sum())


def _anchors(specification: Specification, start: Kinds) -> list[list[Floats | None]]:
    """Pseudo-counts of what is learnt; None for what is given."""
    anchors: list[list[Floats | None]] = [[None] * len(specification.comparisons)]
    anchors.append([
        None if c.corrects else ANCHOR * m
        for c, m in zip(specification.comparisons, start.tables[1], strict=True)
    ])  # fmt: skip
    alternative = specification.alternative
    if alternative is not None:
        anchors.append([
            None if c.corrects or alternative.by_chance(c) else ANCHOR * table
            for c, table in zip(specification.comparisons, start.tables[2], strict=True)
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
    for rule in specification.blocking_rules:
        chosen = _reaching(specification, patterns.codes, rule)
        counts = patterns.counts[chosen]
        use = [i for i, c in enumerate(specification.comparisons) if c.name not in rule.fires_at]
        if not use or counts.sum() < SMALLEST_SESSION:
            continue
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


def _reaching(specification: Specification, codes: Codes, rule: BlockingRule) -> NDArray[np.bool_]:
    """Patterns that reach the levels at which a rule fires."""
    reached = np.ones(len(codes), dtype=bool)
    for name, level in rule.fires_at.items():
        reached &= codes[:, specification.position(name)] >= specification.comparison(name).code(
            level
        )
    return reached


def _pairs_of(records: int) -> float:
    return records * (records - 1) / 2


def _with_shares(
    specification: Specification, counts: Floats, seen: Seen, kinds: Kinds, chance: Chance
) -> Kinds:
    """Shares over all possible pairs: Σ posteriors / coverage / pairs, to a fixed point."""
    possible = max(chance.records * (chance.records - 1) / 2, 1.0)
    believed = min(specification.prior.matches_per_record * chance.records / possible, 0.5)
    covered = np.array([
        coverage(specification, table, chance.missing) for table in kinds.tables[1:]
    ])  # fmt: skip
    stated = chance.is_too_few(specification)
    shares = np.full(len(covered), believed / 10)
    if stated:  # households are to matches as the specification states
        alternative = specification.alternative
        of_matches = [2 * a / (1 - a) for a in ([alternative.share] if alternative else [])]
        shares = believed * np.array([1.0, *of_matches])
        shares *= min(1.0, MOST_STATED / shares.sum())
    for _ in range(0 if stated or not len(counts) else FIXED_POINT_ROUNDS):
        current = Kinds(kinds.tables, np.concatenate([[1.0 - shares.sum()], shares]))
        weights = seen.posteriors(current) @ counts
        found = np.maximum(weights[1:] / covered / possible, 1e-12)
        moved, shares = float(np.abs(found / shares - 1).max()), np.minimum(found, 0.3)
        if moved < 1e-6:
            break
    return Kinds(kinds.tables, np.concatenate([[1.0 - shares.sum()], shares]))


def _one_step(
    counts: Floats, seen: Seen, kinds: Kinds, anchors: list[list[Floats | None]]
) -> Kinds:
    """One M-step over all candidate pairs."""
    if not len(counts):
        return kinds
    weights = seen.posteriors(kinds) * counts
    return Kinds(seen.maximised(weights, kinds, anchors), kinds.shares)


def _without_matches(specification: Specification, kinds: Kinds, chance: Chance) -> Kinds:
    """Take the matches' own agreement out of u: among distinct pairs, some agree as they are one.

    counted = share_m · m + share_v · v + share_u · u, solved for u. The difference of two
    estimates may be anything, so it stays above a fiftieth of what was counted, and above one
    pair of the sample where the level was sampled.
    """
    strangers = []
    possible = max(_pairs_of(chance.records), 1.0)
    distinct = max(_pairs_of(chance.records - chance.copies), 1.0)
    for place, comparison in enumerate(specification.comparisons):
        if comparison.corrects:
            strangers.append(kinds.tables[0][place])
            continue
        u = chance.u[place].copy()
        others = sum(kinds.shares[k] * kinds.tables[k][place] for k in range(1, len(kinds.shares)))
        others = np.asarray(others) * possible
        others[-1] = max(others[-1] - chance.copied, 0.0)  # equal records agree in all they hold
        others /= distinct
        for level in comparison.levels[:-1]:
            code = comparison.code(level.name) - 1
            least = u[code] / 50 if level.exact_chance else max(u[code] / 50, 1 / SAMPLE)
            u[code] = max(u[code] - others[code], min(least, u[code]))
        strangers.append(u / u.sum())
    tables = (tuple(strangers), *kinds.tables[1:])
    return Kinds(tables, kinds.shares)
