"""Training: candidate pairs → the model that scores them.

Flow: temp table `compared` and the records → pattern counts and chances → `fit` → `Trained`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dedupe.linking.blocking import NO_RULE
from dedupe.linking.encoding import Encoded
from dedupe.linking.patterns import unpack
from dedupe.specification import Specification
from dedupe.trained import Table, Trained
from dedupe.training.chance import chances, missing_shares
from dedupe.training.expectation import Floats, Kinds
from dedupe.training.fit import Chance, Patterns, fit

if TYPE_CHECKING:
    import duckdb


def train(
    con: duckdb.DuckDBPyConnection, specification: Specification, encoded: Encoded | None = None
) -> Trained:
    """From temp table `compared` (l_rid, r_rid, …, pattern) and the records."""
    chance = counted(con, specification, encoded)
    learnt = fit(specification, patterns_of(con, specification, "compared"), chance)
    return _trained(specification, learnt, chance)


def counted(
    con: duckdb.DuckDBPyConnection, specification: Specification, encoded: Encoded | None = None
) -> Chance:
    """What the records say without any pair: chances, missing values, and how many there are."""
    records = int(con.table(f"link.{specification.party_type}_records").count("*").fetchall()[0][0])
    copies, copied = con.execute(
        "select coalesce(sum(n), 0)::bigint, coalesce(sum(n * (n + 1) // 2), 0)::double from"
        " (select count(*) as n from copies group by first_rid)"
    ).fetchall()[0]
    missing = missing_shares(con, specification)
    u = chances(con, specification, encoded)
    return Chance(u, missing, records, int(copies), float(copied))


def patterns_of(
    con: duckdb.DuckDBPyConnection, specification: Specification, compared: str
) -> Patterns:
    """Count the patterns of a table of compared pairs.

    Equal records are each tied to their first, by no rule, yet are all pairs of each other.
    """
    rows = con.execute(
        f"with tied as (select pattern, count(*) as n from {compared} where rule = {NO_RULE}"
        " group by l_rid, pattern),"
        f" counted as (select pattern, count(*) as n from {compared} where rule <> {NO_RULE}"
        " group by pattern union all select pattern, n * (n + 1) // 2 from tied)"
        " select pattern, sum(n)::double from counted group by pattern order by pattern"
    ).fetchall()
    width = len(specification.comparisons)
    codes = np.array([unpack(row[0], width) for row in rows], dtype=np.int64).reshape(-1, width)
    return Patterns(codes, np.array([float(row[1]) for row in rows]))


def _trained(specification: Specification, kinds: Kinds, chance: Chance) -> Trained:
    strangers, matches = kinds.tables[0], kinds.tables[1]
    alternative = kinds.tables[2] if len(kinds.tables) > 2 else strangers
    stated = chance.is_too_few(specification)
    origin = "stated prior, too few records" if stated else "estimated from the records"
    return Trained(
        specification=specification,
        m=_table(matches),
        u=_table(strangers),
        v=_table(alternative),
        match_share=_rounded(kinds.shares[1]),
        alternative_share=_rounded(kinds.shares[2]) if len(kinds.tables) > 2 else 0.0,
        records=chance.records,
        origin=f"{origin}; {chance.records} records",
    )


def _table(rows: tuple[Floats, ...]) -> Table:
    return tuple(tuple(_rounded(value) for value in row) for row in rows)


def _rounded(value: float) -> float:
    """Nine digits: what is kept does not hang on the last bits of a sum."""
    return float(f"{value:.9g}")
