"""Files → rows under the file's own column names; what is no row becomes `Unreadable`.

A file is read piece by piece; of an Excel workbook all distinct texts are in memory.
Nothing is evaluated: a cell that begins like a formula is text and stays it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from connectors.files.cards import read_cards
from connectors.files.charset import open_text
from connectors.files.columnar import opened_columns
from connectors.files.settings import FilesSource
from connectors.files.values import DATES, from_serial
from connectors.source import Unreadable
from stamm import workbooks
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


def open_table(path: Path, source: FilesSource) -> AbstractContextManager[Table]:
    """One file, open for a block; raises `InputError` if it is not of the declared format."""
    return _OPENERS[source.format](path, source)


@contextmanager
def _delimited(path: Path, source: FilesSource) -> Iterator[Table]:
    with open_text(path, source.encoding) as text:
        delimiter = source.delimiter or _delimiter(text, source.rows_above)
        lines = _lines(path, csv.reader(text, delimiter=delimiter, strict=True))
        for _ in islice(lines, source.rows_above):
            pass
        _, header = next(lines, (0, []))
        columns = tuple(name.strip() for name in header)
        _refuse_doubled(path, columns)
        yield Table(columns, _cells(lines, columns))


def _lines(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """(the line where it ends, its cells) of the title, of the columns' names, and of each row."""
    begin = 1
    try:
        for cells in reader:
            yield reader.line_num, cells
            begin = reader.line_num + 1
    except csv.Error as failure:
        raise InputError(
            f"{path.name}: expected CSV, found in line {begin}: {failure}",
            hint="A quotation mark is opened and not closed near there.",
            line=begin,
        ) from failure


def _cells(lines: Iterator[tuple[int, list[str]]], columns: tuple[str, ...]) -> Iterator[Row]:
    for number, cells in lines:
        if len(cells) == len(columns):
            yield dict(zip(columns, cells, strict=True))
        elif any(cells):
            reason = f"line {number}: {len(cells)} cells, {len(columns)} columns"
            yield Unreadable("row_has_other_width", reason, json.dumps(cells))


def _delimiter(text: TextIO, rows_above: int) -> str:
    header = next(islice(text, rows_above, None), "")
    text.seek(0)
    return max(_DELIMITERS, key=header.count)


def _refuse_doubled(path: Path, columns: tuple[str, ...]) -> None:
    doubled = sorted({name for name in columns if name and columns.count(name) > 1})
    if doubled:
        raise InputError(
            f"{path.name}: expected each column once, found twice: {', '.join(doubled)}",
            hint="Rename one of them.",
        )


@contextmanager
def _workbook(path: Path, source: FilesSource) -> Iterator[Table]:
    with workbooks.opened(path, values=False) as book:
        yield _sheet(path, book, source)


def _sheet(path: Path, book: Any, source: FilesSource) -> Table:
    sheets = {sheet.title: sheet for sheet in book.worksheets}  # a chart alone is no sheet to read
    if source.sheet is not None and source.sheet not in sheets:
        raise InputError(
            f"{path.name}: expected the sheet {source.sheet!r}, found {', '.join(sheets)}",
            hint=f"Change sources.{source.name}.sheet.",
        )
    sheet = sheets[source.sheet] if source.sheet else book.worksheets[0]
    lines = workbooks.rows(path, sheet, source.rows_above + 1)
    columns = tuple("" if cell is None else str(cell).strip() for cell in next(lines, ()))
    _refuse_doubled(path, columns)
    dates = {source.map[ours] for ours in DATES & source.map.keys()}
    return Table(columns, _workbook_rows(lines, columns, dates, book.epoch))


def _workbook_rows(
    lines: Iterator[Sequence[Any]], columns: tuple[str, ...], dates: set[str], epoch: datetime
) -> Iterator[Row]:
    """A date in a cell that is not formatted as one is the number of days since the epoch."""
    for cells in lines:
        if any(cell is not None for cell in cells):
            row = dict.fromkeys(columns) | dict(zip(columns, cells, strict=False))
            yield row | {name: from_serial(row.get(name), epoch) for name in dates & row.keys()}


@contextmanager
def _json_lines(path: Path, source: FilesSource) -> Iterator[Table]:
    # Lines end with \n alone: U+2028 and its kin may stand inside a JSON string.
    with open_text(path, source.encoding, newline="\n") as text:
        numbered = enumerate(text, start=1)
        yield Table(None, map(_json_row, ((n, line) for n, line in numbered if line.strip())))


def _json_row(numbered: tuple[int, str]) -> Row:
    number, line = numbered
    try:
        row = json.loads(line)
    except ValueError:
        return Unreadable("not_json", f"line {number} is not JSON", line.rstrip())
    except RecursionError:
        return Unreadable("nested_too_deep", f"line {number} is nested too deep", line.rstrip())
    if not isinstance(row, dict):
        return Unreadable("not_an_object", f"line {number}: a {type(row).__name__}", line.rstrip())
    return row


@contextmanager
def _columnar(path: Path, source: FilesSource) -> Iterator[Table]:
    wanted = frozenset({*source.key, *source.map.values()})
    with opened_columns(path, wanted) as (columns, rows):
        _refuse_doubled(path, tuple(name for name in columns if name in wanted))
        yield Table(columns, rows)


@contextmanager
def _cards(path: Path, source: FilesSource) -> Iterator[Table]:
    with open_text(path, source.encoding) as text:
        yield Table(None, read_cards(text))


_OPENERS: dict[str, Callable[[Path, FilesSource], AbstractContextManager[Table]]] = {
    "csv": _delimited,
    "excel": _workbook,
    "jsonl": _json_lines,
    "parquet": _columnar,
    "vcard": _cards,
}
