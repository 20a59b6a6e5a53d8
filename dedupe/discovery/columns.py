"""The standardised records of a party type, measured: what each column can tell.

Flow: `link.<party_type>_records` → `Measured` per column, lists counted by their entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING

from dedupe.linking.blocking import LISTS

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Measured:
    """`chance` is that of two records that hold the column to agree in it."""

    column: str
    filled: float
    distinct: int
    chance: float

    @property
    def bits(self) -> float:
        """What an agreement says against chance."""
        return -log2(max(self.chance, 1e-12))


def measure(con: duckdb.DuckDBPyConnection, party_type: str) -> dict[str, Measured]:
    """All columns of the records that hold anything."""
    records = f"link.{party_type}_records"
    total = int(con.table(records).count("*").fetchall()[0][0])
    found = {}
    for column in con.table(records).columns:
        if column in {"rid", "record_id"}:
            continue
        one = _measure(con, records, column, total)
        if one.filled > 0:
            found[column] = one
    return found


def _measure(con: duckdb.DuckDBPyConnection, records: str, column: str, total: int) -> Measured:
    value = f"unnest({column})" if column in LISTS else column
    filled, distinct, pairs = con.execute(
        f"with given as (select {value} as v from {records}), counted as"
        " (select v, count(*)::double as n from given where v is not null group by v)"
        f" select (select count({column}) from {records}), count(*), coalesce(sum(n * (n - 1)), 0)"
        " from counted"
    ).fetchall()[0]
    share = filled / total if total else 0.0
    return Measured(column, share, distinct, pairs / max(filled * (filled - 1.0), 1.0))
