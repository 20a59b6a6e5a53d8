"""What a column holds: shares, distinct values, and a sample of them.

Flow: a DuckDB table → one `Profile` per column. The sample is drawn by hash of the value, so that
neither the order of the rows nor the number of threads changes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stamm.duck import quoted

if TYPE_CHECKING:
    import duckdb

_NOTHING = (
    "", "-", "--", ".", "n/a", "#n/a", "na", "nan", "null", "none", "k.a.", "?", "unbekannt",
    "unknown",
)  # fmt: skip
SAMPLE = 1000  # distinct values; a share of .5 is then known within .03


@dataclass(frozen=True)
class Profile:
    """One column. `values` are distinct texts, trimmed; `holders` the rows of each."""

    column: str
    rows: int
    filled: int
    distinct: int
    values: tuple[str, ...]
    holders: tuple[int, ...]

    @property
    def filled_share(self) -> float:
        """Rows that hold anything."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def distinct_share(self) -> float:
        """Distinct values among the filled rows."""
        return self.distinct / self.filled if self.filled else 0.0

    @property
    def counts(self) -> bool:
        """Whether each row holds another whole number, and together they count without a gap."""
        if self.rows < 2 or self.distinct != self.rows:
            return False
        numbers = [int(value) for value in self.values if value.isdecimal()]
        if len(numbers) < len(self.values):
            return False
        return self.rows > SAMPLE or max(numbers) - min(numbers) == self.rows - 1

    def share(self, test: Callable[[str], object]) -> float:
        """Of the rows that hold the sampled values, those that pass a test."""
        passed = sum(n for value, n in zip(self.values, self.holders, strict=True) if test(value))
        return passed / max(sum(self.holders), 1)


def text_sql(column: str) -> str:
    """A column of any type as trimmed text; null where it holds nothing.

    Words that stand for "nothing" are nothing: a million times `n/a` is no evidence.
    """
    return trimmed_sql(f"{quoted(column)}::varchar")


def trimmed_sql(text: str) -> str:
    """The same of any text in SQL."""
    trimmed = f"trim(regexp_replace({text}, '\\s+', ' ', 'g'))"
    nothing = ", ".join(f"'{word}'" for word in _NOTHING)
    # A list: of each `in` DuckDB makes a join, and a hundred joins in one statement take a minute.
    return f"case when not list_contains([{nothing}], lower({trimmed})) then {trimmed} end"


def profile(con: duckdb.DuckDBPyConnection, table: str, column: str) -> Profile:
    """Count and sample one column."""
    value = text_sql(column)
    rows, filled, distinct = con.execute(
        "select count(*), count(value), count(distinct value)"
        f" from (select {value} as value from {table})"
    ).fetchall()[0]
    sampled = con.execute(
        f"select value, count(*) from (select {value} as value from {table})"
        f" where value is not null group by value order by hash(value), value limit {SAMPLE}"
    ).fetchall()
    values, holders = zip(*sampled, strict=True) if sampled else ((), ())
    return Profile(column, rows, filled, distinct, values, holders)
