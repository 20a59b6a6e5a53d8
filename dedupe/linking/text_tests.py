"""Tests of two texts, asked of DuckDB: what a condition says where two values are not equal.

Each thread has a small DuckDB of its own, so that batches of pairs are compared side by side.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedupe.linking.levels import PLAIN, Tests, condition_sql
from dedupe.specification import Condition
from stamm.duck import in_memory

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_own = threading.local()


def similarity(left: pa.Array, right: pa.Array) -> NDArray[np.float64]:
    """Jaro-Winkler, 0 to 1, of texts side by side."""
    return _asked("jaro_winkler_similarity(l.text, r.text)", left, right).astype(np.float64)


def holds(condition: Condition, left: pa.Array, right: pa.Array) -> NDArray[np.bool_]:
    """Whether the condition holds of texts side by side; none is null."""
    return _asked(_text_sql(condition), left, right).astype(np.bool_)


@cache
def _text_sql(condition: Condition) -> str:
    return condition_sql(condition.model_copy(update={"column": "text"}), FAST)


def _asked(expression: str, left: pa.Array, right: pa.Array) -> NDArray[np.generic]:
    """An SQL expression on `l.text` and `r.text`: two structs of one field."""
    import pyarrow as pa

    sides = {
        name: pa.StructArray.from_arrays([texts], ["text"])
        for name, texts in (("l", left), ("r", right))
    }
    if not len(left):
        return np.zeros(0)
    con = _connection()
    con.register("pairs", pa.table(sides))
    found = con.execute(f"select {expression} as found from pairs").fetchnumpy()["found"]
    con.unregister("pairs")
    return np.asarray(found)


def _connection() -> duckdb.DuckDBPyConnection:
    if not hasattr(_own, "connection"):
        _own.connection = in_memory()
        _own.connection.execute("set threads = 1")
    connection: duckdb.DuckDBPyConnection = _own.connection
    return connection


def _levenshtein(c: Condition) -> str:
    """Of equal length and one letter apart: the letter was replaced."""
    left, right = f"l.{c.column}", f"r.{c.column}"
    if c.at_most != 1:
        return (
            f"case when abs(strlen({left}) - strlen({right})) > {c.at_most} then false"
            f" else levenshtein({left}, {right}) <= {c.at_most} end"
        )
    return (
        f"case when {left} = {right} then true"
        f" when strlen({left}) = strlen({right}) then hamming({left}, {right}) <= 1"
        f" else {_one_letter_more(left, right)} end"
    )


def _slip(c: Condition) -> str:
    """Of equal length: one letter replaced, or two neighbours swapped."""
    left, right = f"l.{c.column}", f"r.{c.column}"
    return (
        f"case when {left} = {right} then false"
        f" when strlen({left}) = strlen({right}) then case hamming({left}, {right})"
        f" when 1 then true when 2 then damerau_levenshtein({left}, {right}) = 1 else false end"
        f" else {_one_letter_more(left, right)} end"
    )


def _one_letter_more(left: str, right: str) -> str:
    """One text is the other with a letter put in: before or behind the third both agree."""
    rest = f"greatest(least(strlen({left}), strlen({right})) - 3, 0)"
    return (
        f"case when abs(strlen({left}) - strlen({right})) > 1 then false"
        f" when left({left}, 3) <> left({right}, 3)"
        f" and right({left}, {rest}) <> right({right}, {rest}) then false"
        f" else levenshtein({left}, {right}) = 1 end"
    )


# The same as PLAIN; the dear tests are asked only of pairs that pass a cheap one.
FAST: Tests = {**PLAIN, "levenshtein": _levenshtein, "slip": _slip}
