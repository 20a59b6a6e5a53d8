"""A person's question to a published build, and its answer.

In: a connection of `serving.reading.open_published` and SQL. Out: columns and rows. An error about
the question is told in DuckDB's words; one about a row's value is told without the value, because
the words of such an error are a customer's name or number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stamm.errors import UsageError

if TYPE_CHECKING:
    import duckdb

# What DuckDB says of these comes from the question itself, or from the machine.
_ABOUT_THE_QUESTION = (
    "Parser Error",
    "Binder Error",
    "Catalog Error",
    "Permission Error",
    "Not implemented Error",
    "Out of Memory Error",
    "Invalid Input Error: Cannot execute statement of type",
)
_CAST = re.compile(r"when casting from source column (\w+)$")


@dataclass(frozen=True)
class Answer:
    """`cut` says that there are more rows than were asked for."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    cut: bool = False


def ask(con: duckdb.DuckDBPyConnection, sql: str, limit: int | None = None) -> Answer:
    """The answer, all of it without a `limit`. Raises UsageError if there is none."""
    import duckdb

    try:
        relation = con.sql(sql)
        if relation is None:  # a statement that answers nothing
            return Answer([], [])
        rows = relation.fetchall() if limit is None else relation.fetchmany(limit + 1)
    except duckdb.Error as failure:
        # Without its cause: that one holds the value.
        raise _told(str(failure).strip()) from None
    return Answer(relation.columns, rows[:limit], limit is not None and len(rows) > limit)


def _told(text: str) -> UsageError:
    if text.startswith(_ABOUT_THE_QUESTION):
        return UsageError(text)
    kind = text.partition(":")[0]
    cast = _CAST.search(text.rpartition("\n\nLINE ")[0])
    where = f" of column {cast[1]}" if cast else ""
    return UsageError(
        f"{kind}: the query failed at a value{where}; the value is not shown",
        hint="try_cast(… as …) gives null where a value does not fit.",
    )
