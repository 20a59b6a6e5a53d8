"""Parquet → a table of text. Nested columns are flattened, lists joined, days kept as days."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedupe.files.loaded import POSITION, Loaded, alone, distinct_names, text
from stamm.duck import quoted
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb

BETWEEN = "; "  # values of a list
_FLOATS = {"float", "double"}
_MOMENTS = {"timestamp", "timestamp_ns", "timestamp_ms", "timestamp_s", "timestamp with time zone"}


def load_parquet(con: duckdb.DuckDBPyConnection, path: Path, table: str, work_dir: Path) -> Loaded:  # noqa: ARG001 - one shape for all readers
    """Raises InputError if the file is no Parquet."""
    import duckdb

    try:
        source = con.sql("from read_parquet($path)", params={"path": alone(path)})
        fields = list(zip(source.columns, source.types, strict=True))
    except duckdb.Error as failure:
        raise InputError(
            f"{path.name}: expected Parquet, found something else",
            hint="Was the file copied whole?",
        ) from failure
    flat = [leaf for name, kind in fields for leaf in _leaves(name, quoted(name), kind)]
    columns = distinct_names(name for name, _ in flat)
    cells = "".join(
        f", {text(cell)} as {quoted(name)}" for name, (_, cell) in zip(columns, flat, strict=True)
    )
    con.execute(
        f"create or replace table {table} as select row_number() over () as {POSITION}{cells}"
        " from read_parquet($path)",
        {"path": alone(path)},
    )
    return Loaded(path, table, columns)


def _leaves(name: str, value: str, kind: Any) -> Iterator[tuple[str, str]]:
    """(column name, SQL that gives its text) of a column, or of each field inside it."""
    if kind.id == "struct":
        for field, inner in kind.children:
            key = field.replace("'", "''")
            yield from _leaves(f"{name}.{field}", f"struct_extract({value}, '{key}')", inner)
    elif kind.id == "list" and kind.child.id not in {"struct", "list", "map"}:
        yield name, f"array_to_string({value}::varchar[], '{BETWEEN}')"
    else:
        yield name, _as_text(value, str(kind).lower(), kind.id)


def _as_text(value: str, name: str, kind: str) -> str:
    if kind in _FLOATS:  # a table with gaps keeps 50667 as 50667.0
        return (
            f"case when {value} = trunc({value}) and abs({value}) < 1e15"
            f" then {value}::bigint::varchar else {value}::varchar end"
        )
    if kind == "decimal":  # decimal(38,18) keeps 50667 as 50667.000000000000000000
        return (
            f"case when {value} = trunc({value}) then {value}::hugeint::varchar"
            f" else {value}::varchar end"
        )
    if name in _MOMENTS:
        return (
            f"case when {value} = date_trunc('day', {value})"
            f" then strftime({value}, '%Y-%m-%d') else {value}::varchar end"
        )
    return f"{value}::varchar"
