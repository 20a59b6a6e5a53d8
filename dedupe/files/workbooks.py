"""Excel workbooks → a table of text: the first sheet, each cell as a person sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedupe.files.headers import NO_HEADER, read_header
from dedupe.files.loaded import POSITION, Loaded, distinct_names
from stamm import workbooks
from stamm.duck import quoted
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb

_ZEROS = re.compile(r"0+")  # a number format such as 00000 shows 1067 as 01067
_BATCH = 50_000
_Row = tuple[int, list[str | None]]  # with its number in the sheet


def load_workbook(con: duckdb.DuckDBPyConnection, path: Path, table: str, work_dir: Path) -> Loaded:  # noqa: ARG001 - one shape for all readers
    """Raises InputError if the file is no workbook or its first sheet is empty."""
    with workbooks.opened(path, values=True) as book:
        return _load(con, path, table, book.worksheets)


def _load(con: duckdb.DuckDBPyConnection, path: Path, table: str, sheets: list[Any]) -> Loaded:
    sheet, remarks = sheets[0], list[str]()
    if len(sheets) > 1:
        remarks.append(f"{path.name}: only the first sheet ({sheet.title}) is read.")
    rows = (row for row in enumerate(_rows(path, sheet), start=1) if any(row[1]))
    number, first = next(rows, (0, None))
    if first is None:
        raise InputError(
            f"{path.name}: expected records, found an empty sheet ({sheet.title})",
            hint="Put the table on the first sheet.",
        )
    columns, named = read_header([cell or "" for cell in first])
    if not named:
        remarks.append(NO_HEADER.format(name=path.name))
    above = number if named else number - 1
    columns = _write(con, table, columns, rows, [] if named else [(number, first)], above)
    return Loaded(path, table, columns, tuple(remarks), above)


def _rows(path: Path, sheet: Any) -> Iterator[list[str | None]]:
    """Each row up to its last value."""
    for row in workbooks.rows(path, sheet, values_only=False):
        seen = [_as_seen(cell) for cell in row]
        while seen and seen[-1] is None:
            seen.pop()
        yield seen


def _as_seen(cell: Any) -> str | None:
    value = cell.value
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and value == int(value):
        shown = str(int(value))
        return (
            shown.zfill(len(cell.number_format)) if _ZEROS.fullmatch(cell.number_format) else shown
        )
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value).strip() or None


def _write(
    con: duckdb.DuckDBPyConnection,
    table: str,
    columns: tuple[str, ...],
    rows: Iterator[_Row],
    begun: list[_Row],
    above: int,
) -> tuple[str, ...]:
    """All columns; one without a name is known when the first row that has it comes."""
    import pyarrow as pa

    fields = "".join(f", {quoted(name)} varchar" for name in columns)
    con.execute(f"create or replace table {table} ({POSITION} bigint{fields})")
    while batch := begun + list(islice(rows, _BATCH)):
        begun = []
        columns = _widened(con, table, columns, max(len(row) for _, row in batch))
        data = {POSITION: pa.array([number - above for number, _ in batch], pa.int64())}
        for place, name in enumerate(columns):
            values = [row[place] if place < len(row) else None for _, row in batch]
            data[name] = pa.array(values, pa.string())
        con.register("arriving_rows", pa.table(data))
        con.execute(f"insert into {table} select * from arriving_rows")
        con.unregister("arriving_rows")
    return columns


def _widened(
    con: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...], width: int
) -> tuple[str, ...]:
    added = distinct_names([*columns, *[""] * (width - len(columns))])[len(columns) :]
    for name in added:
        con.execute(f"alter table {table} add column {quoted(name)} varchar")
    return columns + added
