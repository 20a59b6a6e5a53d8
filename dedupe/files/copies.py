"""Rows that stand in the files very many times over, letter by letter: linking sees the first.

Test entries and defaults come in thousands. They would teach the model that everybody is called
Max Mustermann, and no comparison can tell them apart; so they are set aside before and join the
cluster of the first one after. Fewer copies are records like any others: a model that holds two
namesakes apart may do so with equal rows too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dedupe.files.loaded import POSITION, RECORD, TABLE, quoted

if TYPE_CHECKING:
    import duckdb

MANY = 50  # blocking rules hold values with more than about as many holders for hot


def set_copies_aside(con: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> tuple[str, ...]:
    """Leave `files.copies` (`__record`, `first_record`), take them out of `files.pooled`; remarks.

    Returns a sentence if there are any.
    """
    listed = ", ".join(quoted(column) for column in columns) or "0"
    con.execute(f"""
        create or replace table files.copies as
        with counted as (
            select *, count(*) over (partition by content) as times
            from (select {RECORD}, __file, {POSITION}, hash({listed}) as content from files.records)
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
    return (f"{copies + contents:,} rows are copies of {several}, letter by letter, and are put"
            " together without a look at what else is known.",)  # fmt: skip
