"""Reads the company's records for the vendor APIs: pages, counts, the sandbox clock.

Bodies are handed on as stored; an answer is made by joining them, never by parsing them.
A page costs what it holds, however deep it lies: where one page ended is remembered, and the
next one is sought from there by key, also for vendors that page by number or offset.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

_BOOKMARKS = 50_000  # forgotten all at once beyond that
_FEW = 5  # a selection of less than one in five is found by its change times


class Row(NamedTuple):
    """One record; moments are epoch milliseconds."""

    key: str
    sort_key: str
    changed_at: int
    created_at: int
    body: str


@dataclass(frozen=True)
class Selection:
    """A condition on the columns of `record`, with its values bound.

    `since` is a bound that the condition implies: nothing selected changed before it. It is what
    the index on change times can use.
    """

    sql: str
    values: tuple[object, ...] = ()
    since: int | None = None

    def also(self, sql: str, *values: object) -> Selection:
        return replace(self, sql=f"{self.sql} and ({sql})", values=(*self.values, *values))

    def with_all_of(self, other: Selection) -> Selection:
        bounds = [one.since for one in (self, other) if one.since is not None]
        return replace(self.also(other.sql, *other.values), since=max(bounds) if bounds else None)

    def changed_since(self, moment: int) -> Selection:
        """`moment` in epoch milliseconds."""
        return replace(self.also("+changed_at >= ?", moment), since=moment)


EVERYTHING = Selection("1")
LIVE = Selection("deleted = 0")  # the vendors' lists are silent about the rest


def any_of(selections: Sequence[Selection]) -> Selection:
    """What one or more of them select."""
    sql = " or ".join(f"({one.sql})" for one in selections)
    bounds = [one.since for one in selections if one.since is not None]
    since = min(bounds) if len(bounds) == len(selections) else None
    return Selection(f"({sql})", tuple(v for one in selections for v in one.values), since)


@dataclass(frozen=True)
class Order:
    """By one column; ties by the vendor's own order of keys, then by the key."""

    column: Literal["sort_key", "changed_at", "created_at"] = "sort_key"
    descending: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.column, "sort_key", "key")))

    @property
    def sql(self) -> str:
        return ", ".join(f"{name} {'desc' if self.descending else 'asc'}" for name in self.columns)

    def position(self, row: Row) -> tuple[object, ...]:
        """Where a row stands in this order."""
        return tuple(getattr(row, name) for name in self.columns)

    def beyond(self) -> str:
        marks = ", ".join("?" * len(self.columns))
        return f"({', '.join(self.columns)}) {'<' if self.descending else '>'} ({marks})"


BY_KEY = Order()
BY_CHANGE = Order("changed_at")


@dataclass
class Shelf:
    """The records of one company, read-only, for one event loop."""

    path: Path
    _opened: sqlite3.Connection | None = None
    _version: tuple[int, ...] = ()
    _counts: dict[tuple[object, ...], int] = field(default_factory=dict)
    _bookmarks: dict[tuple[object, ...], tuple[object, ...]] = field(default_factory=dict)

    def meta(self, name: str) -> str:
        """A value of the company, such as its clock."""
        row = self._db().execute("select value from meta where name = ?", (name,)).fetchone()
        return str(row[0])

    def now(self) -> datetime:
        """The sandbox's present, UTC."""
        return datetime.fromisoformat(self.meta("clock"))

    def count(self, system: str, stream: str, selection: Selection = LIVE) -> int:
        """How many records are selected; kept until the company changes."""
        db = self._db()
        asked = (system, stream, selection)
        if asked not in self._counts:
            sql, values = _conditions(system, stream, selection, use_changes=True)
            row = db.execute(f"select count(*) from record where {sql}", values).fetchone()
            self._counts[asked] = int(row[0])
        return self._counts[asked]

    def page(
        self,
        system: str,
        stream: str,
        selection: Selection = LIVE,
        *,
        order: Order = BY_KEY,
        limit: int,
        offset: int = 0,
        after: tuple[object, ...] | None = None,
        body: str = "body",
        peek: bool = False,
    ) -> list[Row]:
        """Rows in order, from `offset` or from `after` a position; `body` is an SQL expression.

        With `peek` one row more than `limit` comes, if there is one: a next page exists.
        """
        db = self._db()
        list_of = (system, stream, selection, order)
        start = self._bookmarks.get((*list_of, offset)) if offset else after
        few = order == BY_CHANGE or self._is_few(system, stream, selection)
        sql, values = _conditions(system, stream, selection, use_changes=few)
        if start is not None:
            sql, values = f"{sql} and {order.beyond()}", (*values, *start)
        found = db.execute(
            f"select key, sort_key, changed_at, created_at, {body} from record "
            f"where {sql} order by {order.sql} limit ? offset ?",
            (*values, limit + peek, offset if start is None else 0),
        ).fetchall()
        rows = list(map(Row._make, found))
        if after is None:
            # Whoever wants proof that nothing moved begins the next page with the last row of this.
            for last in range(max(1, min(len(rows), limit) - 1), min(len(rows), limit) + 1):
                self._remember((*list_of, offset + last), order.position(rows[last - 1]))
        return rows

    def _is_few(self, system: str, stream: str, selection: Selection) -> bool:
        if selection.since is None:
            return False
        return self.count(system, stream, selection) * _FEW < self.count(system, stream)

    def _remember(self, place: tuple[object, ...], position: tuple[object, ...]) -> None:
        if len(self._bookmarks) > _BOOKMARKS:
            self._bookmarks.clear()
        self._bookmarks[place] = position

    def _db(self) -> sqlite3.Connection:
        """The open file; what was remembered of it is dropped when somebody wrote to it."""
        file = os.stat(self.path).st_ino  # noqa: PTH116 - on every request
        if self._opened is None or self._version[0] != file:
            if self._opened is not None:
                self._opened.close()
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            self._opened = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=30)
        written = self._opened.execute("pragma data_version").fetchone()[0]
        if self._version != (file, written):
            self._counts.clear()
            self._bookmarks.clear()
            self._version = (file, written)
        return self._opened


def _conditions(
    system: str, stream: str, selection: Selection, *, use_changes: bool
) -> tuple[str, tuple[object, ...]]:
    """`+column` keeps SQLite from choosing the index on change times where it is the slow one."""
    sql = f"system = ? and stream = ? and {selection.sql}"
    values = (system, stream, *selection.values)
    if selection.since is None or not use_changes:
        return sql, values
    return f"{sql} and changed_at >= ?", (*values, selection.since)
