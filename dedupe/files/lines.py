"""The number of a record: its line in the file, whatever lies above it.

Engines count the records they could read, so blank and broken lines, and line breaks inside quotes,
would shift every number after them. Flow: a file and how it is parted → the line on which each
record begins; the file is looked into only where counting does not do.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.files.loaded import POSITION

if TYPE_CHECKING:
    import duckdb


def number_delimited(
    con: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    separator: str,
    *,
    above: int,
    width: int,
) -> None:
    """Number the rows of a table by their lines below the `above` ones that are no records.

    `width` is the number of columns: rows of another one were left out when the table was read.
    """
    read = _count(con, table)
    if read == _lines(path) - above:
        return
    lines = []
    with path.open(encoding="utf-8", newline="") as file:
        rows, begins = csv.reader(file, delimiter=separator), 1
        for row in rows:
            if begins > above and len(row) == width and row != [""]:
                lines.append(begins - above)
            begins = rows.line_num + 1
    _renumber(con, table, read, lines)


def number_json_lines(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """Number the objects of a table by their lines, where each has one of its own."""
    read = _count(con, table)
    if read == _lines(path):
        return
    with path.open("rb") as file:
        lines = [number for number, line in enumerate(file, start=1) if line.strip()]
    _renumber(con, table, read, lines)


def _renumber(con: duckdb.DuckDBPyConnection, table: str, read: int, lines: Sequence[int]) -> None:
    """Only where both readers agree on how many records there are."""
    if len(lines) != read:
        return
    import pyarrow as pa

    numbers = pa.table({"n": pa.array(range(1, read + 1)), "line": pa.array(lines, pa.int64())})
    con.register("line_numbers", numbers)
    con.execute(
        f"update {table} set {POSITION} = l.line from line_numbers as l where l.n = {POSITION}"
    )
    con.unregister("line_numbers")


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.table(table).count("*").fetchall()[0][0])


def _lines(path: Path) -> int:
    """Lines of a file; the last one may lack its end."""
    found, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            found += chunk.count(b"\n")
            last = chunk[-1:]
    return found + (last != b"\n")
