"""What a benchmark keeps: figures with the command, machine, versions and day that made them.

A benchmark ends with `write_result(path, …)`; `python -m benchmarks.tables` makes the tables of
docs/benchmarks.md from the files in benchmarks/results, so that no figure there is typed by hand.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """One table of results; floats are shown as they are given, so round them first."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __str__(self) -> str:
        """As Markdown."""
        numeric = [all(isinstance(row[i], int | float | None) for row in self.rows)
                   for i in range(len(self.columns))]  # fmt: skip
        rule = "|" + "|".join("---:" if right else "---" for right in numeric) + "|"
        lines = ["| " + " | ".join(map(_shown, row)) + " |" for row in (self.columns, *self.rows)]
        note = [self.note, ""] if self.note else []
        return "\n".join([f"**{self.title}**", "", lines[0], rule, *lines[1:], "", *note, ""])


def write_result(
    path: Path, command: str, tables: Sequence[Table], packages: Sequence[str] = ("duckdb",)
) -> None:
    """Write one result file; `command` is what a reader types to repeat it."""
    content = {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": _machine(),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
        "tables": [asdict(table) for table in tables],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _shown(value: Cell) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{platform.system()}, {os.cpu_count()} cores, {memory:.0f} GB"
