"""A build's tables as PostgreSQL has them: types, definitions, keys, comments; pure functions.

In: names and DuckDB types of columns, and what the contracts say of a table (`Described`). Out:
statements, and the SQL with which DuckDB writes each value as PostgreSQL reads it in COPY.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from serving.catalogue import Catalogue, Described
from serving.parquet import day_of
from stamm.duck import quoted
from stamm.errors import PublishError

# A moment of a build is in UTC, whether its type says so or not.
_TYPES = {
    "VARCHAR": "text", "BOOLEAN": "boolean", "JSON": "jsonb", "UUID": "uuid", "BLOB": "bytea",
    "TINYINT": "smallint", "UTINYINT": "smallint", "SMALLINT": "smallint",
    "USMALLINT": "integer", "INTEGER": "integer", "UINTEGER": "bigint", "BIGINT": "bigint",
    "UBIGINT": "numeric(20)", "HUGEINT": "numeric(39)", "UHUGEINT": "numeric(39)",
    "FLOAT": "real", "DOUBLE": "double precision", "DATE": "date", "TIME": "time",
    "INTERVAL": "interval", "TIMESTAMP": "timestamptz", "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TIMESTAMP_S": "timestamptz", "TIMESTAMP_MS": "timestamptz",
}  # fmt: skip
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_NESTED = re.compile(r"STRUCT\(|MAP\(|UNION\(|.*\[\d+\]$")
# What people join by.
_JOINED = ("party_id", "record_id", "party_link_id")


@dataclass(frozen=True)
class Columns:
    """One table: name → DuckDB type of each column, in order."""

    table: str
    kinds: Mapping[str, str]


def postgres_type(kind: str, where: str = "") -> str:
    """The type of PostgreSQL for one of DuckDB; raises PublishError for a kind that has none."""
    if kind in _TYPES:
        return _TYPES[kind]
    if decimal := _DECIMAL.fullmatch(kind):
        return f"numeric({decimal[1]}, {decimal[2]})"
    if _NESTED.match(kind):
        return "jsonb"
    if kind.endswith("[]"):
        inner = postgres_type(kind[:-2], where)
        return "jsonb" if inner in ("jsonb", "bytea") or inner.endswith("[]") else f"{inner}[]"
    if kind.startswith("ENUM("):
        return "text"
    raise PublishError(
        f"{where}: expected a type that PostgreSQL has as well, found {kind}",
        hint="Cast the column in its model.",
    )


def as_text(column: str, kind: str) -> str:
    """SQL of DuckDB: the value as text that COPY takes for `postgres_type`."""
    name, target = quoted(column), postgres_type(kind, column)
    if target == "bytea":
        return f"'\\x' || hex({name}) as {name}"
    if target == "jsonb":
        return f"{name if kind == 'JSON' else f'to_json({name})'}::varchar as {name}"
    if target.endswith("[]"):
        escaped = "replace(replace(x::varchar, '\\', '\\\\'), '\"', '\\\"')"
        item = f"case when x is null then 'NULL' else '\"' || {escaped} || '\"' end"
        items = f"array_to_string(list_transform({name}, lambda x: {item}), ',')"
        return f"'{{' || {items} || '}}' as {name}"
    return f"{name}::varchar as {name}"


def create(schema: str, columns: Columns, described: Described) -> Iterator[str]:
    """The table with its meaning, still without keys."""
    place = f"{quoted(schema)}.{quoted(columns.table)}"
    declared = ", ".join(
        f"{quoted(name)} {postgres_type(kind, f'{columns.table}.{name}')}"
        for name, kind in columns.kinds.items()
    )
    yield f"create table {place} ({declared})"
    if described.description:
        yield f"comment on table {place} is {_text(described.description)}"
    for name in columns.kinds:
        if described.columns.get(name):
            yield f"comment on column {place}.{quoted(name)} is {_text(described.columns[name])}"


def keys(schema: str, columns: Columns, described: Described) -> Iterator[str]:
    """Key and indices of a filled table: by what people join, and by the day of a fact."""
    place = f"{quoted(schema)}.{quoted(columns.table)}"
    key = described.key if described.key in columns.kinds else None
    if key:
        yield f"alter table {place} add primary key ({quoted(key)})"
    day = day_of(columns.table, list(columns.kinds.items()))
    joined = [
        name for name in columns.kinds if name.endswith(_JOINED) or name in described.references
    ]
    for name in dict.fromkeys([*joined, *([day] if day else [])]):
        if name != key:
            yield f"create index on {place} ({quoted(name)})"
    yield f"analyze {place}"


def references(
    schema: str, columns: Columns, catalogue: Catalogue, published: Collection[str]
) -> Iterator[str]:
    """Foreign keys for the tools that draw joins from them.

    They are not validated: a contract's test saw to them before what is suppressed was left out,
    and of that a fact may still name the id.
    """
    for column, (table, key) in catalogue[columns.table].references.items():
        if column in columns.kinds and table in published and catalogue[table].key == key:
            yield (
                f"alter table {quoted(schema)}.{quoted(columns.table)} add foreign key "
                f"({quoted(column)}) references {quoted(schema)}.{quoted(table)} "
                f"({quoted(key)}) not valid"
            )


def _text(value: str) -> str:
    """A literal for statements that take no parameters."""
    return "E'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
