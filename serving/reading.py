"""Readers of a published build: the file as it is, less what has been suppressed since.

A build never changes, so a suppression is applied while reading: the reader gets tables of the
same names in memory, and not the build itself. That holds for every build alike, also for an
older one after a rollback. A reader asks the build and nothing else: no file, no network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from serving.builds import current_build
from serving.hiding import prepare, shown_sql
from serving.suppressed import Suppressed, suppressed
from stamm.duck import in_memory, literal, open_warehouse
from stamm.errors import PublishError, StammError
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb


@contextmanager
def open_published(published_root: Path, store: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The current build, read-only, without what `store` suppresses.

    A publish meanwhile does not disturb the reader.
    """
    with closing(_opened(published_root, _suppressed(store))) as con:
        con.execute("set enable_external_access = false")
        yield con


def _opened(published_root: Path, hidden: Suppressed) -> duckdb.DuckDBPyConnection:
    """The current build, asked for again where it was pruned before it could be opened."""
    import duckdb

    while True:
        build = current_build(published_root)
        if build is None:
            raise PublishError(
                f"{published_root}: expected a published build, found none",
                hint="`stamm run` makes the first one.",
            )
        try:
            return _filtered(build.database, hidden) if hidden else _as_it_is(build.database)
        except (StammError, duckdb.IOException):
            if build.folder.exists():
                raise


def _as_it_is(database: Path) -> duckdb.DuckDBPyConnection:
    return open_warehouse(database, read_only=True)


def _filtered(database: Path, hidden: Suppressed) -> duckdb.DuckDBPyConnection:
    """A database in memory with what of the build may be seen, and no way back to the build.

    Views would need the build and the list of the hidden attached, where a query finds both.
    """
    con = in_memory()
    con.execute(f"attach {literal(database)} as build (read_only)")
    tables = columns_of_build(con)
    origins = {table: f'build.main."{table}"' for table in tables}
    prepare(con, hidden, origins)
    for table, columns in tables.items():
        con.execute(f'create table "{table}" as {shown_sql(origins[table], columns)}')
    con.execute("detach build")
    con.execute("detach hidden")
    return con


def _suppressed(store: Path) -> Suppressed:
    if not store.exists():
        return Suppressed()
    with closing(Store.open(store)) as opened:
        return suppressed(opened)


def columns_of_build(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Table → its columns, of the build that is attached as `build`."""
    rows = con.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns() "
        "where schema_name = 'main' and database_name = 'build' and not internal "
        "group by table_name order by table_name"
    ).fetchall()
    return dict(rows)
