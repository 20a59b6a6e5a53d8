"""Declared figures → measured ones: one pass over a table, one more per mix."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from quality.figures.figure import Figure, Measured, Watched

if TYPE_CHECKING:
    import duckdb

# The longest gap between two days with anything, among the 90 days before the newest one.
_GAPS = """
with days as (
    select distinct {by} as subject, ({moment})::date as day
    from {table} where ({moment})::date <= $as_of::date
),
newest as (select subject, max(day) as day from days group by subject),
gaps as (
    select subject, day - lag(day) over (partition by subject order by day) as gap, day from days
)
select newest.subject, count(gaps.gap) as rows,
    ($as_of::date - newest.day) / greatest($floor, 3 * coalesce(max(gaps.gap), 0)) as value
from newest left join gaps
    on newest.subject = gaps.subject and gaps.day > newest.day - 90
group by newest.subject, newest.day order by newest.subject
"""


def measure(con: duckdb.DuckDBPyConnection, watched: Watched, as_of: date) -> list[Measured]:
    """Every figure of a table for every subject that has rows in it."""
    found = list(_numbers(con, watched))
    for figure in watched.figures:
        if figure.kind == "mix":
            found += _mixes(con, watched, figure)
        if figure.kind == "age":
            found += _ages(con, watched, figure, as_of)
    return found


def _numbers(con: duckdb.DuckDBPyConnection, watched: Watched) -> Iterator[Measured]:
    """Counts, shares and levels, all in one pass."""
    figures = [one for one in watched.figures if one.kind in ("count", "share", "level")]
    # Conditions may look at other rows (window functions), so they come before the grouping.
    columns = ", ".join(
        f"({one.of}) as of_{i}, ({one.sql}) as is_{i}" for i, one in enumerate(figures)
    )
    values = ", ".join(f"count_if(of_{i}), {_value(one, i)}" for i, one in enumerate(figures))
    rows = con.execute(
        f"with looked as (select {watched.by} as subject, {columns} from {watched.table}) "
        f"select subject, {values} from looked group by subject order by subject"
    ).fetchall()
    for subject, *numbers in rows:
        for i, figure in enumerate(figures):
            count, value = numbers[2 * i], numbers[2 * i + 1]
            if count and value is not None:
                yield Measured(_subject(watched, subject), figure.name, count, float(value))


def _value(figure: Figure, i: int) -> str:
    if figure.kind == "count":
        return f"count_if(of_{i})"
    if figure.kind == "share":
        return f"count_if(of_{i} and is_{i}) / nullif(count_if(of_{i}), 0)"
    # A tenth of the amounts in cents moves this mean by half; the median would not see it.
    return f"exp(avg(ln(is_{i})) filter (where of_{i}))"


def _mixes(con: duckdb.DuckDBPyConnection, watched: Watched, figure: Figure) -> Iterator[Measured]:
    rows = con.execute(
        f"select {watched.by} as subject, ({figure.sql})::varchar as part, count(*) "
        f"from {watched.table} where {figure.of} group by all order by all"
    ).fetchall()
    counted: dict[str, dict[str, int]] = {}
    for subject, part, count in rows:
        counted.setdefault(subject, {})[part or ""] = count
    for subject, parts in counted.items():
        total = sum(parts.values())
        mix = tuple((part, count / total) for part, count in parts.items())
        yield Measured(_subject(watched, subject), figure.name, total, mix=mix)


def _ages(
    con: duckdb.DuckDBPyConnection, watched: Watched, figure: Figure, as_of: date
) -> Iterator[Measured]:
    """Days since the newest, in parts of what is usual: above one it is late."""
    sql = _GAPS.format(by=watched.by, moment=figure.sql, table=watched.table)
    for subject, rows, value in con.execute(
        sql, {"as_of": as_of, "floor": figure.floor}
    ).fetchall():
        yield Measured(_subject(watched, subject), figure.name, rows, float(value))


def _subject(watched: Watched, by: str) -> str:
    return f"{by} {watched.name}"
