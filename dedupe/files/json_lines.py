"""JSON Lines, or one JSON array of objects → a table of text, objects inside flattened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.files.columnar import BETWEEN
from dedupe.files.lines import number_json_lines
from dedupe.files.loaded import (
    MOST_BROKEN,
    POSITION,
    Loaded,
    alone,
    distinct_names,
    text,
    without_decimals,
)
from dedupe.files.utf8 import as_utf8
from stamm.duck import quoted
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb

_DEEPEST = 4  # levels of objects; deeper ones stay JSON text


def load_json_lines(
    con: duckdb.DuckDBPyConnection, path: Path, table: str, work_dir: Path
) -> Loaded:
    """Raises InputError if more than 1 % of the lines are no JSON objects."""
    readable, remarks = as_utf8(path, work_dir)
    _read(con, path, readable)
    number_json_lines(con, "json_objects", readable)
    remarks = (*remarks, *_set_aside(con, path))
    flat = list(_leaves(con, "", "", _DEEPEST))
    columns = distinct_names(name for name, _ in flat)
    cells = "".join(f", {text(_cell(pointer))} as {quoted(name)}"
                    for name, (_, pointer) in zip(columns, flat, strict=True))  # fmt: skip
    con.execute(
        f"create or replace table {table} as"
        f" select {POSITION}{cells} from json_objects"
        f" where json_type(json) = 'OBJECT' order by {POSITION}"
    )
    con.execute("drop table json_objects")
    without_decimals(con, table, columns)
    return Loaded(path, table, columns, remarks, above=0)


def _read(con: duckdb.DuckDBPyConnection, path: Path, readable: Path) -> None:
    import duckdb

    try:
        con.execute(
            "create or replace temp table json_objects as"
            f" select row_number() over () as {POSITION}, json"
            " from read_json_objects($path, format = $format, ignore_errors = true)",
            {"path": alone(readable), "format": _format(readable)},
        )
    except duckdb.Error as failure:
        raise InputError(
            f"{path.name}: expected one JSON object a line, found: {str(failure).splitlines()[0]}",
            hint="Write one object a line, or one array of objects.",
        ) from failure


def _format(readable: Path) -> str:
    """One object a line, where the first one is whole; DuckDB's guess stumbles over blank lines."""
    with readable.open(encoding="utf-8") as lines:
        first = next((line for line in lines if line.strip()), "")
    try:
        return "newline_delimited" if isinstance(json.loads(first), dict) else "auto"
    except ValueError:
        return "auto"


def _set_aside(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, ...]:
    broken = [n for (n,) in con.execute(
        f"select {POSITION} from json_objects"
        " where json_type(json) is distinct from 'OBJECT' order by all"
    ).fetchall()]  # fmt: skip
    if not broken:
        return ()
    total = con.table("json_objects").count("*").fetchall()[0][0]
    told = f"{len(broken):,} of {total:,} lines are no JSON objects"
    if len(broken) > MOST_BROKEN * total:
        raise InputError(
            f"{path.name}: expected one JSON object a line, found: {told}"
            f" (first: line {broken[0]})",
            hint="Write one object a line, or one array of objects.",
            lines=len(broken),
        )
    return (f"{path.name}: {told} and are left out (first: line {broken[0]}).",)


def _leaves(
    con: duckdb.DuckDBPyConnection, name: str, pointer: str, depth: int
) -> Iterator[tuple[str, str]]:
    """(column name, JSON pointer), in the order in which keys are first seen."""
    keys = con.execute(
        "select key, bool_and(json_type(json, $pointer || '/' || escaped) in ('OBJECT', 'NULL'))"
        "   and bool_or(json_type(json, $pointer || '/' || escaped) = 'OBJECT') as nested"
        " from (select n, json, key, place, replace(replace(key, '~', '~0'), '/', '~1') as escaped"
        f"       from (select {POSITION} as n, json, unnest(json_keys(json, $pointer)) as key,"
        "             generate_subscripts(json_keys(json, $pointer), 1) as place"
        "             from json_objects where json_type(json, $pointer) = 'OBJECT'))"
        " group by key order by min((n, place))",
        {"pointer": pointer},
    ).fetchall()
    for key, nested in keys:
        inner = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        label = f"{name}.{key}" if name else key
        if nested and depth:
            yield from _leaves(con, label, inner, depth - 1)
        else:
            yield label, inner


def _cell(pointer: str) -> str:
    """SQL: the text at a pointer; values of a list joined."""
    path = "'" + pointer.replace("'", "''") + "'"
    return (
        f"case when json_type(json, {path}) = 'ARRAY' then"
        f" array_to_string(from_json(json_extract(json, {path}), '[\"VARCHAR\"]'), '{BETWEEN}')"
        f" else json_extract_string(json, {path}) end"
    )
