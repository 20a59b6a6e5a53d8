"""Where each column of the intermediate tables and marts comes from: for the graph in Dagster.

In: the parsed dbt project, which dbt compiles here with every system and without a warehouse. Out:
columns made of columns, per table. Told once per parse and kept beside it: it takes seconds, and a
run reads it in milliseconds. Staging is where the way ends: it renames what a source sent.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import sql_columns
from orchestration.dbt import invoke
from orchestration.parsed import manifest, manifest_path
from orchestration.sql_columns import Column, Origins
from stamm.home import Home

if TYPE_CHECKING:
    from dagster import TableColumnLineage

_FOLLOWED = ("intermediate", "marts")
_QUIETLY = ("--no-introspect", "--no-populate-cache", "--no-write-json")  # no warehouse is asked


@dataclass(frozen=True)
class TableOrigins:
    """What the columns of one table are made of; None for a column of which it is not known."""

    columns: Origins

    @property
    def unknown(self) -> list[str]:
        """Columns that are left out of the lineage."""
        return [name for name, parents in self.columns.items() if parents is None]

    def lineage(self) -> TableColumnLineage:
        """As Dagster shows it; a column of nothing but constants or counted rows has no parent."""
        from dagster import AssetKey, TableColumnDep, TableColumnLineage

        return TableColumnLineage(
            {
                name: [
                    TableColumnDep(AssetKey([parent.schema, parent.table]), parent.column)
                    for parent in sorted(parents)
                ]
                for name, parents in self.columns.items()
                if parents is not None
            }
        )


def column_origins(home: Home) -> dict[str, TableOrigins]:
    """Name of a table → origins of its columns, for every intermediate table and mart."""
    kept = manifest_path(home).with_name(f"columns-{_reader()}.json")
    try:
        return _read(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not told yet, or cut off: a cache is made anew
        told = dict(_tell(home))
    with suppress(OSError):  # a cache of somebody else: told again next time
        _keep(kept, told)
    return told


def _reader() -> str:
    """Who read the SQL: another sqlglot, or other code of ours, may see more."""
    code = b"".join(Path(path).read_bytes() for path in (__file__, sql_columns.__file__))
    return hashlib.blake2b(version("sqlglot").encode() + code, digest_size=8).hexdigest()


def _tell(home: Home) -> Iterator[tuple[str, TableOrigins]]:
    from sqlglot.errors import SqlglotError

    project = json.loads(manifest_path(home).read_text(encoding="utf-8"))
    tables = sql_columns.columns_of(_declared(project))
    for name, declared, sql in _compiled(home):
        try:
            found = sql_columns.origins(sql, tables)
        except SqlglotError:
            found = {}
        yield name, TableOrigins({column: found.get(column) for column in declared})


def _declared(project: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    """Columns of models, seeds and sources, as the yml beside them says."""
    nodes = [*project["nodes"].values(), *project["sources"].values()]
    return {
        (node["schema"], node["name"]): list(node["columns"])
        for node in nodes
        if node["resource_type"] in {"model", "seed", "source"} and node["columns"]
    }


def _compiled(home: Home) -> Iterator[tuple[str, list[str], str]]:
    """(table, its columns, its SQL with all ephemeral models in it) of what is followed."""
    select = [f"fqn:stamm.{stage}" for stage in _FOLLOWED]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STAMM_WAREHOUSE"] = str(Path(folder) / "warehouse.duckdb")
        outcome = invoke(
            ["compile", *_QUIETLY, "--select", *select],
            target=Path(folder),
            logs=home.logs,
            manifest=manifest(home),
        )
    yield from _tables(result.node for result in outcome.result.results)


def _tables(nodes: Iterable[Any]) -> Iterator[tuple[str, list[str], str]]:
    for node in nodes:
        if node.resource_type == "model" and node.config.materialized != "ephemeral":
            yield node.name, list(node.columns), node.compiled_code


def _keep(path: Path, told: Mapping[str, TableOrigins]) -> None:
    """Beside its place first: whoever is killed leaves nothing half made."""
    content = {
        table: {
            column: None if parents is None else sorted(parents)
            for column, parents in origins.columns.items()
        }
        for table, origins in told.items()
    }
    making = path.with_name(f"{path.name}.{os.getpid()}")
    making.write_text(json.dumps(content), encoding="utf-8")
    making.replace(path)


def _read(content: str) -> dict[str, TableOrigins]:
    return {
        table: TableOrigins(
            {
                column: None if parents is None else frozenset(Column(*one) for one in parents)
                for column, parents in columns.items()
            }
        )
        for table, columns in json.loads(content).items()
    }
