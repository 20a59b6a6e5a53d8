"""How the command speaks: tables for a person, JSON for a script.

What it is told to say is shown as it is: brackets and colons of somebody's text are no markup.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

_LEAST_WIDTH = 7  # of a column that can be read
_ENDLESS = 1_000_000


def as_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def say(text: str = "") -> None:
    """One line for a person."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=True, markup=False, emoji=False).print(text)


def say_marked(text: str) -> None:
    """One line in Rich markup; what is not ours in it must be escaped (`rich.markup.escape`)."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=True, emoji=False).print(text)


def width() -> int:
    """Columns of the terminal; 80 where there is none."""
    from rich.console import Console

    return Console().width


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A quiet table; numbers stand to the right with separators.

    In a file or a pipe it is as wide as it needs to be. On a terminal that has no room for its
    columns each row is told down the page, a line for each column.
    """
    from rich.console import Console

    console = Console(highlight=False)
    if len(columns) * _LEAST_WIDTH > console.width and console.is_terminal:
        for number, row in enumerate(rows, start=1):
            console.print(f"row {number:,}", style="bold")
            console.print(_grid(("", ""), list(zip(columns, row, strict=True))))
        return
    shown = _grid(columns, rows)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = max(console.width, _natural_width(shown))
    console.print(shown)


def _grid(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        shown.add_column(Text(column), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(_cell(value)) for value in row))
    return shown


def _natural_width(shown: Table) -> int:
    from rich.console import Console

    endless = Console(width=_ENDLESS)
    return endless.measure(shown).maximum


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 1 else f"{value:,.1f}"
    return str(value)
