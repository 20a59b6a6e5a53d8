"""Excel workbooks (.xlsx) → the rows of a sheet, one by one; what is damaged is told.

A sheet's statement of its own extent is not believed: streaming exporters write A1 there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from stamm.errors import InputError

# How openpyxl fails at bytes that are no workbook, or no longer one; SyntaxError is its XML's.
_DAMAGE = (
    BadZipFile, zlib.error, EOFError, OSError, SyntaxError, LookupError, ValueError, TypeError,
    AttributeError, NotImplementedError,
)  # fmt: skip
_SAVE = "Open it in Excel and save it as .xlsx."


@contextmanager
def opened(path: Path, *, values: bool) -> Iterator[Any]:
    """The workbook, with at least one worksheet: of a formula its last value, or else its text."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=values)
    except _DAMAGE as failure:
        raise InputError(
            f"{path.name}: expected an Excel workbook (.xlsx), found something else", hint=_SAVE
        ) from failure
    try:
        if not book.worksheets:
            raise InputError(f"{path.name}: expected a sheet with a table, found none", hint=_SAVE)
        yield book
    finally:
        book.close()


def rows(
    path: Path, sheet: Any, first: int = 1, *, values_only: bool = True
) -> Iterator[Sequence[Any]]:
    """Rows from the `first` one, each as long as it has cells; one that is left out is empty."""
    sheet.reset_dimensions()
    number = first - 1
    try:
        for row in sheet.iter_rows(min_row=first, values_only=values_only):
            number += 1
            yield row
    except _DAMAGE as failure:
        raise InputError(
            f"{path.name}: expected a whole sheet {sheet.title!r}, found damage after row {number}",
            hint="Was the file copied whole? If so: " + _SAVE[0].lower() + _SAVE[1:],
            row=number,
        ) from failure
