"""Files → rows under the file's own column names; what is no row becomes `Unreadable`.

Nothing is evaluated: a cell that begins like a formula is text and stays it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.files.cards import read_cards
from connectors.files.charset import read_text
from connectors.files.settings import FilesSource
from connectors.source import Unreadable
from stamm.errors import InputError

Row = Mapping[str, Any] | Unreadable

SUFFIXES = {
    "csv": (".csv", ".txt", ".tsv"),
    "excel": (".xlsx", ".xlsm"),
    "jsonl": (".jsonl", ".ndjson"),
    "parquet": (".parquet",),
    "vcard": (".vcf",),
}
_DELIMITERS = (";", ",", "\t", "|")


@dataclass(frozen=True)
class Table:
    """One file. `columns` is None where each row has its own."""

    columns: tuple[str, ...] | None
    rows: Iterator[Row]


def open_table(path: Path, source: FilesSource) -> Table:
    """Open one file; raises `InputError` if it is not of the declared format."""
    return _OPENERS[source.format](path, source)


def _delimited(path: Path, source: FilesSource) -> Table:
    text = read_text(path, source.encoding)
    delimiter = source.delimiter or _delimiter(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns = tuple(name.strip() for name in next(lines, []))
    _refuse_doubled(path, columns)
    return Table(columns, _cells(path, lines, columns))


def _cells(path: Path, lines: Any, columns: tuple[str, ...]) -> Iterator[Row]:
    try:
        for cells in lines:
            if len(cells) == len(columns):
                yield dict(zip(columns, cells, strict=True))
            elif any(cells):
                reason = f"line {lines.line_num}: {len(cells)} cells, {len(columns)} columns"
                yield Unreadable("row_has_other_width", reason, json.dumps(cells))
    except csv.Error as failure:
        raise InputError(
            f"{path.name}: expected CSV, found in line {lines.line_num}: {failure}",
            hint="A quotation mark is opened and not closed near there.",
            line=lines.line_num,
        ) from failure


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=header.count)


def _refuse_doubled(path: Path, columns: tuple[str, ...]) -> None:
    doubled = sorted({name for name in columns if name and columns.count(name) > 1})
    if doubled:
        raise InputError(
            f"{path.name}: expected each column once, found twice: {', '.join(doubled)}",
            hint="Rename one of them.",
        )


def _workbook(path: Path, source: FilesSource) -> Table:
    import zipfile

    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as failure:
        raise InputError(
            f"{path.name}: expected an Excel workbook (.xlsx), found something else",
            hint="Open it and save it as .xlsx.",
        ) from failure
    names = book.sheetnames
    if source.sheet is not None and source.sheet not in names:
        raise InputError(
            f"{path.name}: expected the sheet {source.sheet!r}, found {', '.join(names)}",
            hint=f"Change sources.{source.name}.sheet.",
        )
    lines = book[source.sheet or names[0]].iter_rows(values_only=True)
    columns = tuple("" if cell is None else str(cell).strip() for cell in next(lines, ()))
    _refuse_doubled(path, columns)
    return Table(columns, _workbook_rows(lines, columns))


def _workbook_rows(lines: Iterator[tuple[Any, ...]], columns: tuple[str, ...]) -> Iterator[Row]:
    for cells in lines:
        if any(cell is not None for cell in cells):
            yield dict(zip(columns, cells, strict=False))


def _json_lines(path: Path, source: FilesSource) -> Table:
    return Table(None, map(_json_row, _numbered(read_text(path, source.encoding))))


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    # Not splitlines: U+2028 and its kin may stand inside a JSON string.
    return ((n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip())


def _json_row(numbered: tuple[int, str]) -> Row:
    number, line = numbered
    try:
        row = json.loads(line)
    except ValueError:
        return Unreadable("not_json", f"line {number} is not JSON", line)
    if not isinstance(row, dict):
        return Unreadable("not_an_object", f"line {number}: a {type(row).__name__}", line)
    return row


def _columnar(path: Path, source: FilesSource) -> Table:  # noqa: ARG001 - one shape for all
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as failure:
        raise InputError(
            f"{path.name}: expected Parquet, found something else",
            hint="Was the file copied whole?",
        ) from failure
    rows = (row for batch in file.iter_batches() for row in batch.to_pylist())
    return Table(tuple(file.schema_arrow.names), rows)


def _cards(path: Path, source: FilesSource) -> Table:
    return Table(None, read_cards(read_text(path, source.encoding)))


_OPENERS: dict[str, Callable[[Path, FilesSource], Table]] = {
    "csv": _delimited,
    "excel": _workbook,
    "jsonl": _json_lines,
    "parquet": _columnar,
    "vcard": _cards,
}
