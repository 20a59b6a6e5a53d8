"""Rows that say the very same: linking sees two of them, whether there are three or a million.

Whether equal rows are one party is for the model to say: a birth date and a mailbox are enough, a
name that many bear is not. So two of them are weighed like any others, and the rest does after as
those did. All their pairs would say no more, and test entries, which come in thousands, would teach
the model that everybody is called Max Mustermann.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dedupe.files.loaded import POSITION, RECORD, TABLE
from stamm.duck import quoted

if TYPE_CHECKING:
    import duckdb

    from dedupe.discovery import Discovery

SEEN = 2  # of equal rows: enough to be weighed against each other


def telling_columns(discovery: Discovery) -> list[str]:
    """Columns that tell something about a party: numbers and times of rows do not."""
    return [one.column for one in discovery.columns if one.role not in {"ignore", "record_id"}]


def set_copies_aside(con: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> tuple[str, ...]:
    """Leave `files.copies` (`__record`, `first_record`, `second_record`), out of `files.pooled`.

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
            select r.{RECORD}, first(r.{RECORD}) over same as first_record,
                   nth_value(r.{RECORD}, 2) over same as second_record
            from files.records as r
            semi join (from counted where times > {SEEN}) as c using ({RECORD})
            window same as (
                partition by {listed} order by r.__file, r.{POSITION}
                rows between unbounded preceding and unbounded following
            )
        )
        from many where {RECORD} not in (first_record, second_record)
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
    return (f"{copies + 2 * contents:,} rows are copies of {several} in all that tells people or"
            " firms apart; two of them are looked at, the others do as those.",)  # fmt: skip
