"""A condition in SQL → the same condition as DuckDB writes it, or what is wrong with it.

In: text, and the columns it may speak of with their types. Out: one expression over these columns
that is true or false, and nothing else: no query within it, no function that reads a file, the
clock or chance. It is put together anew from DuckDB's own parse, so no text of a person's reaches
a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stamm.mistakes import nearest

_CLASSES = {
    "BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION",
    "OPERATOR",
}  # fmt: skip
# As DuckDB names them: `like` is ~~, `interval 3 month` is to_months.
_FUNCTIONS = {
    "+", "-", "*", "/", "~~", "!~~", "~~*", "!~~*", "abs", "contains", "date_diff", "date_part",
    "date_trunc", "floor", "greatest", "least", "left", "len", "length", "list_contains",
    "list_has_all", "list_has_any", "list_value", "lower", "prefix", "regexp_matches", "right",
    "round", "starts_with", "suffix", "to_days", "to_months", "to_weeks", "to_years", "trunc",
    "upper",
}  # fmt: skip
# A value of each type that no comparison with another type can take for one of its own.
_PROBES = {
    "varchar": "'no number and no day'", "varchar[]": "['no number and no day']",
    "boolean": "true", "date": "date '2026-06-30'", "timestamp": "timestamp '2026-06-30 12:00:00'",
}  # fmt: skip
_WANTED = {"BOOLEAN"}


class NoCondition(ValueError):
    """The text is no condition over these columns; says what was expected and found."""


def canonical(text: str, columns: Mapping[str, str]) -> str:
    """The condition as DuckDB writes it. `columns` maps names to types in DuckDB's words."""
    from stamm.duck import in_memory

    with in_memory() as con:
        where = _parsed(con, text)
        _check_parts(where, columns)
        expression = _written(con, where)
        _check_types(con, expression, columns)
    return expression


def _parsed(con: Any, text: str) -> dict[str, Any]:
    """The tree of the condition; a text that would end it and go on is none."""
    [(told,)] = con.execute(
        "select json_serialize_sql(?)", [f"select 1 where (\n{text}\n)"]
    ).fetchall()
    tree = json.loads(told)
    if tree.get("error"):
        raise NoCondition(f"expected a condition in SQL, found {tree['error_message']}")
    statements = tree["statements"]
    node = statements[0]["node"]
    [(plain,)] = con.execute("select json_serialize_sql('select 1 where true')").fetchall()
    frame = json.loads(plain)["statements"][0]["node"]
    beyond = [
        key for key in node if key != "where_clause" and _bare(node[key]) != _bare(frame.get(key))
    ]
    if len(statements) != 1 or beyond or node.get("where_clause") is None:
        raise NoCondition("expected one condition, found a text that ends it and goes on")
    where: dict[str, Any] = node["where_clause"]
    return where


def _bare(tree: object) -> object:
    """A tree without the places in the text that its parts came from."""
    if isinstance(tree, dict):
        return {key: _bare(part) for key, part in tree.items() if key != "query_location"}
    return [_bare(part) for part in tree] if isinstance(tree, list) else tree


def _parts(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for part in tree.values():
            yield from _parts(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _parts(part)


def _check_parts(where: dict[str, Any], columns: Mapping[str, str]) -> None:
    for part in _parts(where):
        if part["class"] not in _CLASSES:
            kind = part["class"].lower().replace("_", " ")
            raise NoCondition(
                f"expected comparisons of columns, found a {kind}, which a condition may not hold"
            )
        if part["class"] == "FUNCTION" and part["function_name"] not in _FUNCTIONS:
            name = part["function_name"]
            raise NoCondition(
                f"expected functions that hang on the row alone, found {name}()"
                f"{nearest(name, sorted(_FUNCTIONS))}; for the day of the run there is the column "
                "as_of"
            )
        if part["class"] == "COLUMN_REF":
            _check_column(part["column_names"], columns)


def _check_column(path: list[str], columns: Mapping[str, str]) -> None:
    name = ".".join(path)
    if len(path) != 1 or name.lower() not in columns:
        raise NoCondition(
            f"expected a column of customer_360 or customer_scores, found {name!r}"
            f"{nearest(name, sorted(columns))}"
        )


def _written(con: Any, where: dict[str, Any]) -> str:
    [(plain,)] = con.execute("select json_serialize_sql('select 1 where true')").fetchall()
    tree = json.loads(plain)
    tree["statements"][0]["node"]["where_clause"] = where
    [(text,)] = con.execute("select json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()
    return str(text).removeprefix("SELECT 1 WHERE ").strip()


def _check_types(con: Any, expression: str, columns: Mapping[str, str]) -> None:
    """Bind it to a row of typed values: whatever would be cast to fit fails here, not in a run."""
    import duckdb

    probes = ", ".join(
        f"{_PROBES.get(kind.lower(), '1')}::{kind} as {name}" for name, kind in columns.items()
    )
    con.execute(f"create temp table probe as select {probes}")
    try:
        [(kind, *_)] = [row[1:] for row in con.execute(
            f"describe select {expression} as holds from probe"
        ).fetchall()]  # fmt: skip
        con.execute(f"select {expression} from probe").fetchall()
    except duckdb.Error as failure:
        said = str(failure).partition("\n")[0].partition("Error: ")[2]
        raise NoCondition(f"expected values of the columns' types, found: {said}") from None
    if kind not in _WANTED:
        raise NoCondition(f"expected a condition that is true or false, found one of type {kind}")
