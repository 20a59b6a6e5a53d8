"""How the command speaks: tables for a person, JSON for a script."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any


def as_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def say(text: str = "") -> None:
    """One line for a person, Rich markup understood."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=True).print(text)


def width() -> int:
    """Columns of the terminal; 80 where there is none."""
    from rich.console import Console

    return Console().width


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A quiet table; numbers stand to the right with separators."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        shown.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(_cell(value) for value in row))
    Console(highlight=False).print(shown)


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
