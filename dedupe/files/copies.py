"""Rows that say the very same very many times over: linking sees the first of them.

Test entries and defaults come in thousands. They would teach the model that everybody is called
Max Mustermann, and no comparison can tell them apart; so they are set aside before and join the
cluster of the first one after. Fewer copies are records like any others: a model that holds two
namesakes apart may do so with equal rows too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dedupe.files.loaded import POSITION, RECORD, TABLE
from stamm.duck import quoted

if TYPE_CHECKING:
    import duckdb

    from dedupe.discovery import Discovery

MANY = 50  # blocking rules hold values with more than about as many holders for hot


def telling_columns(discovery: Discovery) -> list[str]:
    """Columns that tell something about a party: numbers and times of rows do not."""
    return [one.column for one in discovery.columns if one.role not in {"ignore", "record_id"}]


def set_copies_aside(con: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> tuple[str, ...]:
    """Leave `files.copies` (`__record`, `first_record`), take them out of `files.pooled`.

    Rows are copies if they are equal in these columns. Returns a sentence if there are any.
    """
    listed = ", ".join(quoted(column) for column in columns) or "null"
    con.execute(f"""
        create or replace table files.copies as
        with counted as (
            select *, count(*) over (partition by content) as times
            from (
                select {RECORD}, __file, {POSITION}, hash({listed}) as content
                from files.records where coalesce({listed}) is not null
            )
        ),
        many as (
            select r.{RECORD}, first_value(r.{RECORD}) over (
                partition by {listed} order by r.__file, r.{POSITION}
            ) as first_record
            from files.records as r
            semi join (from counted where times > {MANY}) as c using ({RECORD})
        )
        from many where {RECORD} <> first_record
    """)
    copies, contents = con.execute(
        "select count(*), count(distinct first_record) from files.copies"
    ).fetchall()[0]
    if not copies:
        return ()
    con.execute(
        f"create or replace view {TABLE} as select * exclude (__file, __id, {POSITION})"
        f" from files.records anti join files.copies using ({RECORD})"
    )
    several = f"each of {contents:,} different ones" if contents > 1 else "one"
    return (f"{copies + contents:,} rows are copies of {several} in all that tells people or"
            " firms apart, and are put together unseen.",)  # fmt: skip
