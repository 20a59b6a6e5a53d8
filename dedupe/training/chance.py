"""u: how often two records of strangers agree.

Equality levels: the exact chance from value frequencies, Σ n(n−1) / (N(N−1)). All others: the
share among pairs drawn in a fixed way. Equal records are one here (view `distinct_records`, which
blocking leaves): copies of one record are not strangers who agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dedupe.linking.blocking import DISTINCT, LISTS
from dedupe.linking.comparing import count_patterns
from dedupe.linking.patterns import level_counts
from dedupe.specification import Comparison, Specification

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

SAMPLE = 300_000  # a level seen 100 times has u > 3e-4; rarer ones have exact chances
UNSEEN = 0.5  # a level seen in none of n pairs gets half a sighting


def chances(
    con: duckdb.DuckDBPyConnection, specification: Specification
) -> list[NDArray[np.float64]]:
    """u per comparison, by level code − 1; and each row adds up to one."""
    counts = _sampled(con, specification)
    return [
        _with_exact(con, comparison, counts[place])
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
    con: duckdb.DuckDBPyConnection, specification: Specification
) -> list[NDArray[np.float64]]:
    """Level counts per comparison among drawn pairs; equal bytes for equal records."""
    con.execute(
        "create or replace temp table numbered_records as"
        f" select rid, row_number() over (order by rid) - 1 as place from {DISTINCT}"
    )
    total = int(con.table("numbered_records").count("*").fetchall()[0][0])
    rounds = max(1, min(total - 1, SAMPLE // max(total, 1)))
    every = max(1, total // SAMPLE)  # of a large table each so many-th record is enough
    con.execute(
        "create or replace temp table drawn_pairs as with drawn as"
        # A large stride per round pairs each record with others from all over the table.
        f" (select rid, (place + i * 7919) % {max(total, 1)} as other from numbered_records"
        f" cross join range(1, {rounds + 1}) as t(i) where place % {every} = 0)"
        " select d.rid as l_rid, r.rid as r_rid from drawn as d"
        " inner join numbered_records as r on r.place = d.other where d.rid <> r.rid"
    )
    return level_counts(specification, count_patterns(con, specification, "drawn_pairs"))


def _with_exact(
    con: duckdb.DuckDBPyConnection,
    comparison: Comparison,
    counts: NDArray[np.float64],
) -> NDArray[np.float64]:
    u = (counts + UNSEEN) / (counts + UNSEEN).sum()
    better = 0.0  # chance of the levels above: an equal town includes an equal door
    for level in comparison.levels:
        code = comparison.code(level.name)
        if level.exact_chance:
            chance = _exact_chance(con, level.exact_chance, comparison)
            u[code - 1] = max(chance - better, 1e-9) if chance > better else u[code - 1]
        better += u[code - 1]
    u[0] = max(1.0 - u[1:].sum(), 1e-6)
    return np.asarray(u / u.sum())


def _exact_chance(con: duckdb.DuckDBPyConnection, column: str, comparison: Comparison) -> float:
    """Σ n(n−1) / (N(N−1)), N the records that have what the comparison needs."""
    values = f"unnest({column})" if column in LISTS else column
    present = " and ".join(f"{name} is not null" for name in comparison.needs)
    pairs, total = con.execute(
        f"select coalesce(sum(n * (n - 1)), 0)::bigint,"
        f" (select count(*) from {DISTINCT} where {present})"
        f" from (select count(*) as n from (select {values} as value from {DISTINCT})"
        " where value is not null group by value)"
    ).fetchall()[0]
    return float(pairs) / max(float(total) * (float(total) - 1.0), 1.0)
