"""Columns in memory → rows of a table, in batches that DuckDB reads side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ARRIVING = "arriving_rows"  # what a statement reads them from
BATCH = 122_880  # rows: what DuckDB keeps together itself


@contextmanager
def arriving(
    con: duckdb.DuckDBPyConnection, rows: pa.Table | pa.RecordBatchReader
) -> Iterator[str]:
    """The name of a view of these rows, for as long as the block runs; of a reader, for one use."""
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        rows = pa.Table.from_batches(rows.to_batches(max_chunksize=BATCH), rows.schema)
    con.register(ARRIVING, rows)
    try:
        yield ARRIVING
    finally:
        con.unregister(ARRIVING)
