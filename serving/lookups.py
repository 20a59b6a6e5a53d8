"""The tables of a build that are asked for one customer at a time, once more and indexed.

In: a build that is written. Out: `lookups.duckdb` beside its file, which the API attaches; of a
million customers it reads one without a look at the others. The build's own file has no index:
DuckDB 1.1 does not open one that was made while the file was attached under another name.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from stamm.duck import literal

if TYPE_CHECKING:
    import duckdb

FILE = "lookups.duckdb"
_INDEXED = {"golden_parties": "party_id", "customer_360": "party_id"}


def write_lookups(con: duckdb.DuckDBPyConnection, folder: Path, tables: Collection[str]) -> None:
    """From the database that is attached as `build`; the file is closed and whole afterwards."""
    con.execute(f"attach {literal(folder / FILE)} as lookups")
    try:
        for table in sorted(_INDEXED.keys() & set(tables)):
            column = _INDEXED[table]
            con.execute(
                f"create table lookups.main.{table} as from build.main.{table} order by {column}"
            )
            con.execute(f"create index {table}_by_{column} on lookups.main.{table} ({column})")
        con.execute("checkpoint lookups")
    finally:
        con.execute("detach lookups")


def attach_lookups(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, str]:
    """Table → where it is read from now; nothing of a build that has no such file."""
    file = folder / FILE
    if not file.exists():
        return {}
    con.execute(f"attach {literal(file)} as lookups (read_only)")
    held = con.execute(
        "select table_name from duckdb_tables() where database_name = 'lookups'"
    ).fetchall()
    return {table: f"lookups.main.{table}" for (table,) in held}
