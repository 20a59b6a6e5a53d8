"""u: how often two records of strangers agree.

Equality levels: the exact chance from value frequencies, Σ n(n−1) / (N(N−1)). All others: the
share among pairs drawn in a fixed way. Equal records are one here (temp table `copies`, which
blocking leaves): copies of one record are not strangers who agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dedupe.linking.comparing import patterns_of_rows
from dedupe.linking.encoding import Encoded, Rows, encode, without_copies
from dedupe.linking.patterns import level_counts
from dedupe.specification import Comparison, Specification

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

SAMPLE = 300_000  # a level seen 100 times has u > 3e-4; rarer ones have exact chances
UNSEEN = 0.5  # a level seen in none of n pairs gets half a sighting
# Per round: pairs each record with others from all over the table. Primes, as a stride that divides
# the number of records would lead from each one back to itself.
STRIDE, OTHER_STRIDE = 7919, 7907


def chances(
    con: duckdb.DuckDBPyConnection, specification: Specification, encoded: Encoded | None = None
) -> list[NDArray[np.float64]]:
    """u per comparison, by level code − 1; and each row adds up to one."""
    records = encoded or encode(con, specification, f"link.{specification.party_type}_records")
    distinct = without_copies(con, records)
    counts = _sampled(con, specification, records, distinct)
    return [
        _with_exact(records, distinct, comparison, counts[place])
        for place, comparison in enumerate(specification.comparisons)
    ]


def missing_shares(con: duckdb.DuckDBPyConnection, specification: Specification) -> list[float]:
    """Per comparison the share of pairs in which a value is missing."""
    records = f"link.{specification.party_type}_records"
    present = ", ".join(
        f"avg(({' and '.join(f'{c} is not null' for c in comparison.needs)})::int)"
        for comparison in specification.comparisons
    )
    shares = con.execute(f"select {present} from {records}").fetchall()[0]
    return [1.0 - float(share or 0.0) ** 2 for share in shares]


def _sampled(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    records: Encoded,
    distinct: NDArray[np.bool_],
) -> list[NDArray[np.float64]]:
    """Level counts per comparison among drawn pairs; equal bytes for equal records."""
    left, right = _drawn(records.row_of[records.row_of >= 0], distinct)
    patterns = patterns_of_rows(con, specification, records, left, right)
    found, counts = np.unique(patterns, return_counts=True)
    return level_counts(specification, zip(found.tolist(), counts.tolist(), strict=True))


def _drawn(rows: Rows, distinct: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Pairs of distinct rows, which are given by record number."""
    numbered = rows[distinct[rows]]
    total = len(numbered)
    rounds = max(1, min(total - 1, SAMPLE // max(total, 1)))
    every = max(1, total // SAMPLE)  # of a large table each so many-th record is enough
    places = np.arange(0, total, every)
    lefts = np.tile(places, rounds)
    stride = STRIDE if total % STRIDE else OTHER_STRIDE
    others = lefts + np.repeat(np.arange(1, rounds + 1), len(places)) * stride
    other = others % max(total, 1)
    met = lefts != other
    return numbered[lefts[met]], numbered[other[met]]


def _with_exact(
    records: Encoded,
    distinct: NDArray[np.bool_],
    comparison: Comparison,
    counts: NDArray[np.float64],
) -> NDArray[np.float64]:
    u = (counts + UNSEEN) / (counts + UNSEEN).sum()
    better = 0.0  # chance of the levels above: an equal town includes an equal door
    for level in comparison.levels:
        code = comparison.code(level.name)
        if level.exact_chance:
            chance = _exact_chance(records, distinct, level.exact_chance, comparison)
            u[code - 1] = max(chance - better, 1e-9) if chance > better else u[code - 1]
        better += u[code - 1]
    u[0] = max(1.0 - u[1:].sum(), 1e-6)
    return np.asarray(u / u.sum())


def _exact_chance(
    records: Encoded, distinct: NDArray[np.bool_], column: str, comparison: Comparison
) -> float:
    """Σ n(n−1) / (N(N−1)), N the records that have what the comparison needs."""
    holders = np.bincount(records.values(column, distinct)).astype(np.int64)
    pairs = float((holders * (holders - 1)).sum())
    total = float((records.has(comparison.needs) & distinct).sum())
    return pairs / max(total * (total - 1.0), 1.0)
