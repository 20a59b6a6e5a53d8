"""The one module that opens DuckDB.

One process may write a file, or many may read it. The private warehouse has one writer;
readers only ever open published files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stamm.errors import StammError

if TYPE_CHECKING:
    import duckdb

# What a run depends on must not depend on the machine: no automatic downloads, UTC everywhere.
_SESSION = (
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = true",
    "set timezone = 'UTC'",
    "set preserve_insertion_order = true",
    "set enable_progress_bar = false",
)


def quoted(name: str) -> str:
    """A column's or table's name as an SQL identifier, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """A text or a path as an SQL literal, whatever stands in it."""
    return "'" + str(text).replace("'", "''") + "'"


def has_table(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a table, no view, has this name, its schema included: `marts.customer_360`.

    The catalogue's own tables would cost some milliseconds a question. (A bare name, and any in
    SQL, could be a Python variable's, for DuckDB.)
    """
    import duckdb

    try:
        con.table(name)
    except duckdb.CatalogException:
        return False
    return True


def checksum(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, str]:
    """Rows of a table (SQL), and the sum of their hashes: the same in any order."""
    rows, total = con.execute(
        f"select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar from {table} as t"
    ).fetchall()[0]
    return rows, total


def open_warehouse(
    path: Path, *, read_only: bool = False, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file. `memory_limit` is DuckDB's own notation, such as `4GB`."""
    import duckdb

    if read_only and not path.exists():
        raise StammError(f"{path}: expected a DuckDB file, found none", hint="Run `stamm run`.")
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.IOException as failure:
        raise StammError(
            f"{path}: cannot be opened: {str(failure).splitlines()[0]}",
            hint="Another process holds it; wait for its run to end, or end that process.",
        ) from failure
    return _configured(connection, memory_limit)


def in_memory(memory_limit: str | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB database that lives as long as its connection."""
    import duckdb

    return _configured(duckdb.connect(":memory:"), memory_limit)


def _configured(
    connection: duckdb.DuckDBPyConnection, memory_limit: str | None
) -> duckdb.DuckDBPyConnection:
    for statement in _SESSION:
        connection.execute(statement)
    if memory_limit:
        connection.execute(f"set memory_limit = '{memory_limit}'")
    return connection


@contextmanager
def uncompressed(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Tables written in this block are stored as they are.

    For those that a run writes whole and reads often: it takes half the time, and thrice the room.
    """
    con.execute("set force_compression = 'uncompressed'")
    try:
        yield
    finally:
        con.execute("set force_compression = 'auto'")
