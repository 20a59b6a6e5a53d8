"""Write, audit, publish: the private warehouse becomes a build that readers may open.

The build is written aside under `<build>.tmp`, compared with its origin table by table, made
read-only, renamed, and only then pointed to. A crash leaves the old build current, and at the
most a `.tmp` folder that the next publish removes.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
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
from serving.catalogue import NO_CATALOGUE, UNDESCRIBED, Catalogue, Described, as_json
from serving.hiding import prepare, shown_sql
from serving.lookups import write_lookups
from serving.parquet import write_parquet
from serving.reading import open_published
from serving.suppressed import NOTHING, Suppressed
from stamm.duck import checksum, in_memory, literal, open_warehouse, quoted
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
    "republish",
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
_COPY = "create table {copy} as select * from {origin} order by {order}"
_TOGETHER = "party_link_id"  # what hangs on one link lies together, apart from what is others'
_READ_ONLY = 0o444
Columns = dict[tuple[str, str], list[str]]  # schema and name of a table → its columns


def publish(
    warehouse: Path,
    published_root: Path,
    *,
    build_id: str,
    info: dict[str, Any],
    hidden: Suppressed = NOTHING,
    catalogue: Catalogue = NO_CATALOGUE,
    pages: Sequence[Path] = (),
) -> Build:
    """Copy marts and golden tables into a new build and make it the current one.

    What is `hidden` is not copied; what `catalogue` says of the tables travels with them,
    and so do `pages` about the build, if they are there. Raises
    PublishError if the copy differs from its origin; nothing is published then.
    """
    sequence = _next_sequence(published_root)
    build = Build(
        build_id, sequence, published_root / build_id, info, {}, sequence, hidden.digest()
    )
    with open_warehouse(warehouse) as con:
        return _issue(con, _tables(con), published_root, build, hidden, catalogue, pages)


def republish(build: Build, published_root: Path, *, hidden: Suppressed) -> Build:
    """Make a copy of a published build, less what is hidden, the current one."""
    names = {other.build_id for other in list_builds(published_root)}
    numbered = (f"{build.build_id}.{number}" for number in itertools.count(2))
    build_id = next(name for name in numbered if name not in names)
    copy = Build(
        build_id,
        _next_sequence(published_root),
        published_root / build_id,
        build.info,
        {},
        build.place,
        hidden.digest(),
    )
    with in_memory() as con:
        con.execute(f"attach {literal(build.database)} as origin (read_only)")
        tables = _tables_of_build(con)
        pages = sorted(build.folder.glob("*.html"))
        return _issue(con, tables, published_root, copy, hidden, build.catalogue, pages)


def _issue(
    con: duckdb.DuckDBPyConnection,
    origins: Columns,
    published_root: Path,
    build: Build,
    hidden: Suppressed,
    catalogue: Catalogue,
    pages: Sequence[Path],
) -> Build:
    """Write the build aside, give it its name, point to it."""
    if build.folder.exists():
        raise PublishError(f"expected a new build, {build.build_id!r} is published already")
    for leftover in published_root.glob(f"*{UNFINISHED}"):
        leftover.unlink() if leftover.is_symlink() else shutil.rmtree(leftover)
    aside = published_root / f"{build.build_id}{UNFINISHED}"
    (aside / "parquet").mkdir(parents=True)
    build = replace(build, tables=_write(con, origins, aside, build, hidden, catalogue))
    description = {
        "sequence": build.sequence,
        "place": build.place,
        "hidden": build.hidden,
        "info": build.info,
        "tables": build.tables,
        "catalogue": as_json(catalogue),
    }
    text = json.dumps(description, indent=2, default=str, ensure_ascii=False)
    (aside / DESCRIPTION).write_text(text, encoding="utf-8")
    for page in filter(Path.exists, pages):
        shutil.copyfile(page, aside / page.name)
    _seal(aside)
    aside.replace(build.folder)
    sync_folder(published_root)
    switch(published_root, build.folder)
    return build


def _next_sequence(published_root: Path) -> int:
    return 1 + max((build.sequence for build in list_builds(published_root)), default=0)


def _write(
    con: duckdb.DuckDBPyConnection,
    columns: Columns,
    aside: Path,
    build: Build,
    hidden: Suppressed,
    catalogue: Catalogue,
) -> dict[str, dict[str, Any]]:
    """All tables and `build_info`; the build's file is closed and whole afterwards.

    The build is attached to its origin and not both to a third database: dbt may still hold
    the warehouse open in this process, and DuckDB lets one instance only have a file.
    """
    con.execute(
        f"attach {literal(aside / DATABASE)} as build (storage_version '{_STORAGE_VERSION}')"
    )
    try:
        tables = {
            name: _copy(con, aside, name, origin, catalogue.get(name, UNDESCRIBED))
            for name, origin in _shown(con, columns, hidden).items()
        }
        write_lookups(con, aside)
        _describe(con, build.build_id, build.info)
        con.execute("checkpoint build")
    finally:
        con.execute("detach build")
        con.execute("detach database if exists hidden")
    return tables


def _shown(con: duckdb.DuckDBPyConnection, columns: Columns, hidden: Suppressed) -> dict[str, str]:
    """Table → SQL of what is to be published of it."""
    if not columns:
        raise PublishError("expected marts in the warehouse, found none", hint="Run `stamm run`.")
    origins = {name: f'{schema}."{name}"' for schema, name in columns}
    if not hidden:
        return origins
    prepare(con, hidden, origins)
    return {name: f"({shown_sql(origins[name], names)})" for (_, name), names in columns.items()}


def _tables(con: duckdb.DuckDBPyConnection) -> Columns:
    """Schema and name of each table to publish, with its columns."""
    rows = con.execute(
        "select schema_name, table_name, list(column_name order by column_index) "
        "from duckdb_columns() "
        "where database_name = current_database() and (schema_name = 'marts' "
        "or (schema_name = 'golden' and list_contains(?, table_name))) group by all order by all",
        [list(GOLDEN)],
    ).fetchall()
    return {(schema, name): columns for schema, name, columns in rows}


def _tables_of_build(con: duckdb.DuckDBPyConnection) -> Columns:
    rows = con.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns() "
        "where database_name = 'origin' and table_name <> 'build_info' group by all order by all"
    ).fetchall()
    return {("origin.main", name): columns for name, columns in rows}


def _copy(
    con: duckdb.DuckDBPyConnection, aside: Path, name: str, origin: str, described: Described
) -> dict[str, Any]:
    """Copy one table in a fixed order, then compare the copy with its origin."""
    copy = f'build.main."{name}"'
    linked = _TOGETHER in con.sql(f"from {origin} limit 0").columns
    order = f"{_TOGETHER}, columns(*)" if linked else "all"
    con.execute(_COPY.format(copy=copy, origin=origin, order=order))
    _comment(con, copy, described)
    written = write_parquet(con, aside / "parquet", name, copy, described)
    figures = [checksum(con, table) for table in (origin, copy, written)]
    if len(set(figures)) > 1:
        raise PublishError(
            f"{name}: the copy differs from the warehouse: expected {figures[0]}, "
            f"found {figures[1]} in DuckDB and {figures[2]} in Parquet",
            hint="Nothing was published. Check the disk, then run again.",
        )
    rows, total = figures[0]
    return {"rows": rows, "checksum": total}


def _comment(con: duckdb.DuckDBPyConnection, table: str, described: Described) -> None:
    """What the contract says, where DuckDB's clients look for it (`duckdb_columns()`)."""
    if described.description:
        con.execute(f"comment on table {table} is {literal(described.description)}")
    held = {row[0] for row in con.sql(f"describe {table}").fetchall()}
    for column in sorted(held & described.columns.keys()):
        said = literal(described.columns[column])
        con.execute(f"comment on column {table}.{quoted(column)} is {said}")


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
    for inside in sorted(p for p in folder.rglob("*") if p.is_dir()):
        sync_folder(inside)
    sync_folder(folder)
