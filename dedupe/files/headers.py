"""The first row of a table: names of columns, or already a record?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dedupe.files.loaded import distinct_names

# A mailbox, a date, a phone or a long number: nobody calls a column so. A year may be one.
_VALUE = re.compile(r"\S+@\S+\.\S+|\d{1,4}[.\-/]\d{1,2}[.\-/]\d{1,4}|\d{5,}|[+0]\d[\d ()/\-]{4,}")
NO_HEADER = "{name}: the first row looks like a record, not like names of columns; all are kept."


def read_header(cells: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """(column names, whether the first row holds them); without, they are column_1, column_2, …"""
    if any(_VALUE.fullmatch(cell.strip()) for cell in cells):
        return distinct_names([""] * len(cells)), False
    return distinct_names(cells), True
