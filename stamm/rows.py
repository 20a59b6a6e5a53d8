"""Rows of a table brought up to date: what says the same as before stays where it is.

Of the rows that a change can touch most say the same, and where many go DuckDB writes all those
beside them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def renew_rows(con: duckdb.DuckDBPyConnection, table: str, *, where: str, rows: str) -> str:
    """Make the rows of `table` where the condition holds those of the query `rows`.

    No row may stand in either twice. Gives the name of a temp table of all rows that went or came,
    those that went with their `place`; the next call replaces it.
    """
    columns = con.table(table).columns
    compared = ", ".join(columns)
    con.execute(
        "create or replace temp table changed_rows as"
        f" select {compared}, any_value(place) as place from ("
        f"  select {compared}, rowid as place from {table} where {where}"
        f"  union all select {compared}, null from ({rows}))"
        f" group by {compared} having count(*) = 1"
    )
    con.execute(
        f"delete from {table} where rowid in"
        " (select place from changed_rows where place is not null)"
    )
    con.execute(f"insert into {table} select {compared} from changed_rows where place is null")
    return "changed_rows"
