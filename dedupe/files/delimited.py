"""Delimited text in any usual encoding → a table of text; DuckDB does the reading.

A file that is not UTF-8 is first rewritten as UTF-8 beside the work. The separator is the one
that parts the first rows most evenly.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedupe.files.headers import NO_HEADER, read_header
from dedupe.files.lines import number_delimited
from dedupe.files.loaded import MOST_BROKEN, POSITION, Loaded, alone, text, without_decimals
from dedupe.files.utf8 import as_utf8, with_one_line_end
from stamm.duck import quoted
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb

_SEPARATORS = (";", ",", "\t", "|")
_NONE = "\x1f"  # a separator that no file has: one column, commas and all
_LOOKED_AT = 200  # rows
_LARGEST_CELL = 1 << 24  # characters; notes and pictures in a cell are no broken rows
_STATED = re.compile(r"(?P<quote>\"?)sep=(?P<sign>.)(?P=quote)", re.IGNORECASE)


def load_delimited(
    con: duckdb.DuckDBPyConnection, path: Path, table: str, work_dir: Path
) -> Loaded:
    """Raises InputError if the file is empty, binary, or broken in more than 1 % of its rows."""
    readable, remarks = as_utf8(path, work_dir)
    readable = with_one_line_end(readable, work_dir)
    csv.field_size_limit(_LARGEST_CELL)
    separator, skip = _stated_separator(readable)
    separator = separator or _separator(readable)
    with _opened(readable) as lines:
        rows, header = csv.reader(lines, delimiter=separator), list[str]()
        for header in islice(rows, skip, None):
            if any(map(str.strip, header)):
                break
            skip = rows.line_num  # blank lines above the header, some with their separators
    columns, named = read_header(header)
    if not named:
        remarks = (*remarks, NO_HEADER.format(name=path.name))
    _read(con, path, readable, table, columns, separator, skip=skip, named=named)
    above = skip + named
    number_delimited(con, table, readable, separator, above=above, width=len(columns))
    remarks = (*remarks, *_set_aside(con, path, table))
    _leave_out_empty(con, table, columns)
    without_decimals(con, table, columns)
    return Loaded(path, table, columns, remarks, above)


def _opened(path: Path) -> Any:
    return path.open(encoding="utf-8", newline="")


def _stated_separator(path: Path) -> tuple[str, int]:
    """What a first line such as `sep=;` states, as Excel writes it, and the lines to skip."""
    with _opened(path) as lines:
        stated = _STATED.fullmatch(lines.readline().strip("\r\n"))
    return (stated["sign"], 1) if stated else ("", 0)


def _separator(path: Path) -> str:
    best, found = (0.0, 0), _NONE
    for candidate in _SEPARATORS:
        with _opened(path) as lines:
            try:
                rows = csv.reader(lines, delimiter=candidate)
                widths = [len(row) for row in islice(rows, _LOOKED_AT) if row]
            except csv.Error:  # a field without end; the reader will name its row
                continue
        if not widths or widths[0] == 1:
            continue
        even = Counter(widths)[widths[0]] / len(widths)
        best, found = max((best, found), ((even, widths[0]), candidate), key=lambda one: one[0])
    return found


def _read(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    readable: Path,
    table: str,
    columns: tuple[str, ...],
    separator: str,
    *,
    skip: int,
    named: bool,
) -> None:
    import duckdb

    con.execute("drop table if exists reject_errors")
    con.execute("drop table if exists reject_scans")
    cells = ", ".join(f"{text(f'c{i}')} as {quoted(name)}" for i, name in enumerate(columns))
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(columns)))
    try:
        con.execute(
            f"create or replace table {table} as"
            f" select row_number() over () as {POSITION}, {cells} from read_csv("
            f"$path, delim = $separator, quote = '\"', escape = '\"', header = {named},"
            f" skip = {skip},"
            f" columns = {{{types}}}, auto_detect = false, store_rejects = true)",
            {"path": alone(readable), "separator": separator},
        )
    except duckdb.Error as failure:
        raise InputError(
            f"{path.name}: expected delimited text, found: {str(failure).splitlines()[0]}",
            hint="Save it as CSV in UTF-8 with one header row.",
        ) from failure


def _leave_out_empty(con: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...]) -> None:
    """Rows without a value are no records."""
    con.execute(f"delete from {table} where coalesce({', '.join(map(quoted, columns))}) is null")


def _set_aside(con: duckdb.DuckDBPyConnection, path: Path, table: str) -> tuple[str, ...]:
    """Rows that do not fit the header: told if few, an error if many."""
    broken = con.execute(
        "select line, first(error_message order by column_idx) from reject_errors"
        " group by line order by line"
    ).fetchall()
    if not broken:
        return ()
    whole = con.table(table).count("*").fetchall()[0][0]
    told = f"{len(broken):,} of {whole + len(broken):,} rows cannot be read"
    first = f"line {broken[0][0]}: {broken[0][1].splitlines()[0]}"
    if len(broken) > MOST_BROKEN * (whole + len(broken)):
        raise InputError(
            f"{path.name}: expected the same columns in every row, found: {told}; {first}",
            hint="A separator or a quotation mark inside a value must be quoted; mend the rows.",
            rows=len(broken),
        )
    return (f"{path.name}: {told} and are left out (first: {first}).",)
