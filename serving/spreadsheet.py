"""Rows as CSV that a person opens in a spreadsheet: no cell is a formula there.

A customer's name can be `=HYPERLINK(…)`. Such cells get an apostrophe, which spreadsheets do not
show; numbers with a sign, and so phone numbers, stay as they are.
Source: OWASP, CSV Injection.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FORMULA = re.compile(r"\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-][\d\s.,/()-]*\d")


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A header and a line per row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: harmless(row[name]) for name in columns} for row in rows)
    return out.getvalue()


def harmless(value: Any) -> Any:
    """The value, as text if a spreadsheet took it for a formula."""
    if not isinstance(value, str) or not _FORMULA.match(value) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"
