"""Write, audit, publish: the private warehouse becomes a build that readers may open.

The build is written aside under `<build>.tmp`, compared with its origin table by table, made
read-only, renamed, and only then pointed to. A crash leaves the old build current, and at the
most a `.tmp` folder that the next publish removes.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.builds import (
    DATABASE,
    DESCRIPTION,
    UNFINISHED,
    Build,
    current_build,
    list_builds,
    prune,
    rollback,
    switch,
    sync_folder,
)
from serving.hiding import prepare, shown_sql
from serving.reading import open_published
from serving.suppressed import NOTHING, Suppressed
from stamm.duck import open_warehouse
from stamm.errors import PublishError

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "Build",
    "current_build",
    "list_builds",
    "open_published",
    "prune",
    "publish",
    "rollback",
]

GOLDEN = (
    "golden_parties",
    "xref_parties",
    "golden_lineage",
    "golden_party_roles",
    "golden_households",
    "golden_branches",
    "retired_parties",
)
# The oldest format that 1.x drivers of BI tools open.
_STORAGE_VERSION = "v1.0.0"
_COPY = "create table {copy} as select * from {origin} order by all"
# Order-independent: the sum of the rows' hashes, exact in 128 bits.
_CHECKSUM = "select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar from {table} as t"
_READ_ONLY = 0o444


def publish(
    warehouse: Path,
    published_root: Path,
    *,
    build_id: str,
    info: dict[str, Any],
    hidden: Suppressed = NOTHING,
) -> Build:
    """Copy marts and golden tables into a new build and make it the current one.

    What is `hidden` is not copied. Raises PublishError if the copy differs from its origin;
    nothing is published then.
    """
    folder = published_root / build_id
    if folder.exists():
        raise PublishError(f"expected a new build, {build_id!r} is published already")
    for leftover in published_root.glob(f"*{UNFINISHED}"):
        leftover.unlink() if leftover.is_symlink() else shutil.rmtree(leftover)
    aside = published_root / f"{build_id}{UNFINISHED}"
    (aside / "parquet").mkdir(parents=True)
    with open_warehouse(warehouse) as con:
        tables = _write(con, aside, build_id, info, hidden)
    sequence = 1 + max((build.sequence for build in list_builds(published_root)), default=0)
    description = json.dumps(
        {"sequence": sequence, "info": info, "tables": tables}, indent=2, default=str
    )
    (aside / DESCRIPTION).write_text(description, encoding="utf-8")
    _seal(aside)
    aside.replace(folder)
    sync_folder(published_root)
    switch(published_root, folder)
    return Build(build_id, sequence, folder, info, tables)


def _write(
    con: duckdb.DuckDBPyConnection,
    aside: Path,
    build_id: str,
    info: dict[str, Any],
    hidden: Suppressed,
) -> dict[str, dict[str, Any]]:
    """All tables and `build_info`; the build's file is closed and whole afterwards.

    The build is attached to the warehouse and not both to a third database: dbt may still hold
    the warehouse open in this process, and DuckDB lets one instance only have a file.
    """
    con.execute(
        f"attach '{_quoted(aside / DATABASE)}' as build (storage_version '{_STORAGE_VERSION}')"
    )
    try:
        origins = _shown(con, hidden)
        tables = {name: _copy(con, aside, name, origin) for name, origin in origins.items()}
        _describe(con, build_id, info)
        con.execute("checkpoint build")
    finally:
        con.execute("detach build")
        con.execute("detach database if exists hidden")
    return tables


def _shown(con: duckdb.DuckDBPyConnection, hidden: Suppressed) -> dict[str, str]:
    """Table → SQL of what is to be published of it."""
    columns = _tables(con)
    if not columns:
        raise PublishError("expected marts in the warehouse, found none", hint="Run `stamm run`.")
    origins = {name: f'{schema}."{name}"' for schema, name in columns}
    if not hidden:
        return origins
    prepare(con, hidden, origins)
    return {name: f"({shown_sql(origins[name], names)})" for (_, name), names in columns.items()}


def _tables(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[str]]:
    """Schema and name of each table to publish, with its columns."""
    rows = con.execute(
        "select schema_name, table_name, list(column_name order by column_index) "
        "from duckdb_columns() "
        "where database_name = current_database() and (schema_name = 'marts' "
        "or (schema_name = 'golden' and list_contains(?, table_name))) group by all order by all",
        [list(GOLDEN)],
    ).fetchall()
    return {(schema, name): columns for schema, name, columns in rows}


def _copy(con: duckdb.DuckDBPyConnection, aside: Path, name: str, origin: str) -> dict[str, Any]:
    """Copy one table in a fixed order, then compare the copy with its origin."""
    copy = f'build.main."{name}"'
    con.execute(_COPY.format(copy=copy, origin=origin))
    parquet = _quoted(aside / "parquet" / f"{name}.parquet")
    con.execute(f"copy {copy} to '{parquet}' (format parquet, compression zstd)")
    figures = [
        con.execute(_CHECKSUM.format(table=table)).fetchall()[0]
        for table in (origin, copy, f"read_parquet('{parquet}')")
    ]
    if len(set(figures)) > 1:
        raise PublishError(
            f"{name}: the copy differs from the warehouse: expected {figures[0]}, "
            f"found {figures[1]} in DuckDB and {figures[2]} in Parquet",
            hint="Nothing was published. Check the disk, then run again.",
        )
    rows, checksum = figures[0]
    return {"rows": rows, "checksum": checksum}


def _describe(con: duckdb.DuckDBPyConnection, build_id: str, info: dict[str, Any]) -> None:
    con.execute(
        "create table build.main.build_info (build_id varchar, name varchar, value varchar)"
    )
    rows = [[build_id, name, str(value)] for name, value in sorted(info.items())]
    if rows:
        con.executemany("insert into build.main.build_info values (?, ?, ?)", rows)


def _seal(folder: Path) -> None:
    """Read-only and durable before anybody can see it."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as handle:
            os.fsync(handle.fileno())
        path.chmod(_READ_ONLY)
    sync_folder(folder / "parquet")
    sync_folder(folder)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
