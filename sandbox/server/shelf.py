"""Reads the company's records for the vendor APIs: pages, counts, the sandbox clock.

Bodies are handed on as stored; an answer is made by joining them, never by parsing them.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Selection:
    """A condition on the columns of `record`, with its values bound."""

    sql: str = "1 = 1"
    values: tuple[object, ...] = ()

    def also(self, sql: str, *values: object) -> Selection:
        return Selection(f"({self.sql}) and ({sql})", (*self.values, *values))


EVERYTHING = Selection()


@dataclass
class Shelf:
    """The records of one company, read-only; one connection per thread."""

    path: Path
    _local: threading.local = field(default_factory=threading.local)
    _counts: dict[tuple[object, ...], int] = field(default_factory=dict)
    _generation: str = ""

    @property
    def _db(self) -> sqlite3.Connection:
        if not hasattr(self._local, "db"):
            self._local.db = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        db: sqlite3.Connection = self._local.db
        return db

    def meta(self, name: str) -> str:
        """A value of the company, such as its clock."""
        row = self._db.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(row[0])

    def now(self) -> datetime:
        return datetime.fromisoformat(self.meta("clock"))

    def count(self, system: str, stream: str, selection: Selection = EVERYTHING) -> int:
        """Live records; kept until the company changes."""
        generation = self.meta("generation")
        if generation != self._generation:
            self._counts.clear()
            self._generation = generation
        key = (system, stream, selection)
        if key not in self._counts:
            sql = f"select count(*) from record where system = ? and stream = ? and {selection.sql}"
            row = self._db.execute(sql, (system, stream, *selection.values)).fetchone()
            self._counts[key] = int(row[0])
        return self._counts[key]

    def page(
        self,
        system: str,
        stream: str,
        selection: Selection = EVERYTHING,
        *,
        order: str = "sort_key",
        limit: int,
        offset: int = 0,
    ) -> Sequence[tuple[str, str, int, str]]:
        """(key, sort_key, changed_at, body) in order."""
        sql = (
            "select key, sort_key, changed_at, body from record "
            f"where system = ? and stream = ? and {selection.sql} "
            f"order by {order} limit ? offset ?"
        )
        values = (system, stream, *selection.values, limit, offset)
        return self._db.execute(sql, values).fetchall()


def live() -> Selection:
    """Only what was not deleted: the vendors' lists are silent about the rest."""
    return Selection("deleted = 0")
