"""What reading one file comes to, and words that all readers share.

Every reader leaves a table with `__position` (1 for the first line that may hold a record; blank
and broken ones count) and the file's columns as text, blank cells null. Text, because a number
would lose what makes 01067 a postcode.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stamm.duck import quoted

if TYPE_CHECKING:
    import duckdb

POSITION = "__position"
RECORD = "__record"  # the id of a record, across files
TABLE = "files.pooled"  # what linking may see of the records
# No column of a file is called so: tables that hold those columns have these of ours beside them.
RESERVED = frozenset({
    POSITION, RECORD, "__file", "__id", "__entity",
    "__raw", "__digits",  # birth dates (dedupe/discovery/match_input.py)
    "__cluster", "__place", "__spelt", "__said", "__agreeing", "__first",  # dedupe/files/golden.py
})  # fmt: skip
# A few broken rows are set aside and told; more mean that the file is read wrongly.
MOST_BROKEN = 0.01


@dataclass(frozen=True)
class Loaded:
    """`remarks` are plain sentences about what the reader had to guess or leave out.

    `above` is the number of lines before the first record; without it, rows have no lines.
    """

    path: Path
    table: str
    columns: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    above: int | None = None

    def place(self, position: int) -> str:
        """Where a person finds a record, such as `line 7`."""
        return f"row {position}" if self.above is None else f"line {position + self.above}"


def text(expression: str) -> str:
    """SQL: without the blanks around it, and null if nothing is left."""
    return f"nullif(trim({expression}), '')"


def alone(path: Path) -> str:
    """A path as DuckDB reads this file only: `kunden[1].csv` would be a pattern of others."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))


def without_decimals(con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> None:
    """Columns that were numbers with gaps, and became floats: 10115.0 is 10115."""
    names = [quoted(column) for column in columns]
    tests = ", ".join(f"bool_and(regexp_full_match({name}, '-?[0-9]+\\.0+'))" for name in names)
    [are_floats] = con.execute(f"select {tests} from {table}").fetchall()
    whole = ", ".join(
        f"{name} = split_part({name}, '.', 1)"
        for name, is_float in zip(names, are_floats, strict=True)
        if is_float
    )
    if whole:
        con.execute(f"update {table} set {whole}")


def distinct_names(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, as SQL compares them: blank ones become column_3, doubled ones name_2."""
    taken, found = set(RESERVED), []
    for place, given in enumerate(names, start=1):
        name = stem = given.strip() or f"column_{place}"
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name.casefold())
        found.append(name)
    return tuple(found)
