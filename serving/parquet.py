"""A build's tables as Parquet: one file per table, and facts as a folder per year, Hive style.

In: a table of a build. Out: `parquet/<table>.parquet`, or `parquet/<table>/year=<year>/*.parquet`
for `fct_*` with a day; `year` is then a column to whoever reads the folder as a partitioned set
(pyarrow, pandas, Polars, DuckDB), and not in the files. A row without a day is in `year=0`, as
pandas cannot read a partition whose value is null. Each file's metadata tell what its
table and columns mean (`description`, `columns` as JSON).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from serving.catalogue import Described
from stamm.duck import literal

if TYPE_CHECKING:
    import duckdb

FACT = "fct_"
PARTITION = "year"


def write_parquet(
    con: duckdb.DuckDBPyConnection, folder: Path, name: str, table: str, described: Described
) -> str:
    """Write `table` (SQL) below `folder`; returns SQL that reads back what was written."""
    columns = [(row[0], row[1]) for row in con.sql(f"describe {table}").fetchall()]
    day = day_of(name, columns)
    options = f"format parquet, compression zstd, kv_metadata {_metadata(described)}"
    if day is None:
        path = literal(folder / f"{name}.parquet")
        con.execute(f"copy {table} to {path} ({options})")
        return f"read_parquet({path})"
    (folder / name).mkdir()
    # A table without rows has no years; one file says what its columns are.
    if not con.sql(f"select 1 from {table} limit 1").fetchall():
        path = literal(folder / name / "empty.parquet")
        con.execute(f"copy {table} to {path} ({options})")
        return f"read_parquet({path})"
    con.execute(
        f'copy (select *, coalesce(year("{day}"), 0) as {PARTITION} from {table}) '
        f"to {literal(folder / name)} ({options}, partition_by ({PARTITION}))"
    )
    files = literal(folder / name / "*" / "*.parquet")
    return f"read_parquet({files}, hive_partitioning = false)"


def day_of(name: str, columns: list[tuple[str, str]]) -> str | None:
    """The column with the day of a fact: its first date, else its first moment."""
    if not name.startswith(FACT) or PARTITION in dict(columns):
        return None
    for kind in ("DATE", "TIMESTAMP"):
        found = [column for column, held in columns if held == kind]
        if found:
            return found[0]
    return None


def _metadata(described: Described) -> str:
    columns = json.dumps(dict(described.columns), ensure_ascii=False)
    return f"{{description: {literal(described.description)}, columns: {literal(columns)}}}"
