"""Excel workbooks → a table of text: the first sheet, each cell as a person sees it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedupe.files.headers import NO_HEADER, read_header
from dedupe.files.loaded import POSITION, Loaded
from stamm.duck import quoted
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb

_ZEROS = re.compile(r"0+")  # a number format such as 00000 shows 1067 as 01067
_BATCH = 50_000
_Row = tuple[int, list[str | None]]  # with its number in the sheet


def load_workbook(con: duckdb.DuckDBPyConnection, path: Path, table: str, work_dir: Path) -> Loaded:  # noqa: ARG001 - one shape for all readers
    """Raises InputError if the file is no workbook or its first sheet is empty."""
    book = _opened(path)
    remarks: tuple[str, ...] = ()
    if len(book.sheetnames) > 1:
        remarks = (f"{path.name}: only the first sheet ({book.sheetnames[0]}) is read.",)
    rows = (row for row in enumerate(_rows(book.worksheets[0]), start=1) if any(row[1]))
    number, first = next(rows, (0, None))
    if first is None:
        raise InputError(
            f"{path.name}: expected records, found an empty sheet ({book.sheetnames[0]})",
            hint="Put the table on the first sheet.",
        )
    columns, named = read_header([cell or "" for cell in first])
    if not named:
        remarks = (*remarks, NO_HEADER.format(name=path.name))
    above = number if named else number - 1
    _write(con, table, columns, rows, [] if named else [(number, first)], above)
    return Loaded(path, table, columns, remarks, above)


def _opened(path: Path) -> Any:
    import openpyxl

    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as failure:
        raise InputError(
            f"{path.name}: expected an Excel workbook (.xlsx), found something else",
            hint="Open it in Excel and save it as .xlsx.",
        ) from failure


def _rows(sheet: Any) -> Iterator[list[str | None]]:
    for row in sheet.iter_rows():
        yield [_as_seen(cell) for cell in row]


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
) -> None:
    import pyarrow as pa

    fields = "".join(f", {quoted(name)} varchar" for name in columns)
    con.execute(f"create or replace table {table} ({POSITION} bigint{fields})")
    while batch := begun + list(islice(rows, _BATCH)):
        begun = []
        data = {POSITION: pa.array([number - above for number, _ in batch], pa.int64())}
        for place, name in enumerate(columns):
            values = [row[place] if place < len(row) else None for _, row in batch]
            data[name] = pa.array(values, pa.string())
        con.register("arriving_rows", pa.table(data))
        con.execute(f"insert into {table} select * from arriving_rows")
        con.unregister("arriving_rows")
