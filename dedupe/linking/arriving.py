"""Columns in memory → rows of a table, in batches that DuckDB reads side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ARRIVING = "arriving_rows"  # what a statement reads them from
_BATCH = 122_880  # rows: what DuckDB keeps together itself


@contextmanager
def arriving(con: duckdb.DuckDBPyConnection, rows: pa.Table) -> Iterator[str]:
    """The name of a view of these rows, for as long as the block runs."""
    import pyarrow as pa

    batches = rows.to_batches(max_chunksize=_BATCH)
    con.register(ARRIVING, pa.Table.from_batches(batches, rows.schema))
    try:
        yield ARRIVING
    finally:
        con.unregister(ARRIVING)
