"""The statements a table is read with, as SQLAlchemy Core; values are bound, never written in.

In: a table as the database describes it, and what `stamm.yaml` says of it. Pages go by key,
each beginning after the last key of the one before; no statement has an offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    String,
    Table,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.types import NullType, TypeEngine

from connectors.database.address import SQLITE
from connectors.database.settings import TableSettings
from connectors.database.values import UNMARKED
from connectors.source import Window

Condition = ColumnElement[bool]


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


@dataclass(frozen=True)
class Queries:
    """The statements of one table. `dialect` is the database's kind as SQLAlchemy names it."""

    table: Table
    settings: TableSettings
    dialect: str

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns to read, in the order of the table."""
        known = tuple(map(str, self.table.c.keys()))  # SQLAlchemy's names are no plain text
        if not self.settings.columns and not self.settings.map:
            return known
        named = self.settings.named()
        return tuple(name for name in known if name in named)

    @cached_property
    def moments(self) -> frozenset[str]:
        """Those of them that hold days or moments."""
        return frozenset(
            name for name in self.columns if isinstance(self._kind(name), Date | DateTime)
        )

    @property
    def key_may_be_null(self) -> bool:
        return any(self.table.c[name].nullable for name in self.settings.key)

    @property
    def cursor_is_a_moment(self) -> bool:
        """Whether the cursor column can be one; text may be ISO 8601."""
        name = self.settings.cursor
        return name is None or isinstance(self._kind(name), Date | DateTime | String)

    def page(self, window: Window, after: Sequence[Any], size: int) -> Select[Any]:
        """The next rows in order of the key."""
        order = [self._raw(name) for name in self.settings.key]
        where = [self._keyed(), self._changed(window), self._after(after)]
        return self._rows().where(*where).order_by(*order).limit(size)

    def without_key(self, limit: int) -> Select[Any]:
        """Rows whose key is not whole; they have no order."""
        return self._rows().where(~self._keyed()).limit(limit)

    def count(self, window: Window | None) -> Select[Any]:
        """How many rows with a key, and not marked as deleted, `page` gives in all.

        None: in the whole table.
        """
        where = [self._keyed(), self._changed(window), self._unmarked()]
        return select(func.count()).select_from(self.table).where(*where)

    # ---- conditions ----

    def _keyed(self) -> Condition:
        return and_(*(self._column(name).is_not(None) for name in self.settings.key))

    def _changed(self, window: Window | None) -> Condition:
        """A row without a moment may have changed at any time."""
        name = self.settings.cursor
        if name is None or window is None:
            return true()
        told = [self._not_before(name, window.since)] if window.since else []
        told += [self._not_after(name, window.end)] if window.end else []
        return or_(self._column(name).is_(None), and_(*told)) if told else true()

    def _not_before(self, name: str, since: datetime) -> Condition:
        if self._tells_by_text(name):
            # Text may bear any offset and separator: only its day can be compared, a day early.
            return self._text(name) >= _day(since - timedelta(days=1))
        return self._column(name) >= self._moment(name, since)

    def _not_after(self, name: str, end: datetime) -> Condition:
        if self._tells_by_text(name):
            return self._text(name) < _day(end + timedelta(days=2))  # through the day after
        return self._column(name) <= self._moment(name, end)

    def _tells_by_text(self, name: str) -> bool:
        return self.dialect == SQLITE or isinstance(self._kind(name), String)

    def _text(self, name: str) -> ColumnElement[str]:
        return type_coerce(self._column(name), String())

    def _moment(self, name: str, at: datetime) -> ColumnElement[Any]:
        kind, at = self._kind(name), at.astimezone(UTC)
        if not isinstance(kind, DateTime):
            return literal(at.date(), kind)
        return literal(at if kind.timezone else at.replace(tzinfo=None), kind)

    def _after(self, key: Sequence[Any]) -> Condition:
        """(a, b) > (x, y), spelt out, as not every database compares rows."""
        if not key:
            return true()
        columns = [self._raw(name) for name in self.settings.key]
        bounds = [
            literal(value, self._bound(name))
            for name, value in zip(self.settings.key, key, strict=True)
        ]
        pairs = list(zip(columns, bounds, strict=True))
        steps = [
            and_(*(column == bound for column, bound in pairs[:n]), pairs[n][0] > pairs[n][1])
            for n in range(len(pairs))
        ]
        # The first condition follows from the others; an index wants it said.
        return and_(columns[0] >= bounds[0], or_(*steps)) if len(steps) > 1 else steps[0]

    def _unmarked(self) -> Condition:
        if self.settings.deleted is None:
            return true()
        mark = self._raw(self.settings.deleted)
        return or_(mark.is_(None), func.lower(func.trim(cast(mark, String))).in_(UNMARKED))

    # ---- columns ----

    def _rows(self) -> Select[Any]:
        # Without a type, so that values come as the driver gives them: one odd value is no reason
        # to lose a page.
        columns = [type_coerce(self._column(n), NullType()).label(n) for n in self.columns]
        rows: Select[Any] = select(columns[0]).select_from(self.table)
        return rows.add_columns(*columns[1:])

    def _column(self, name: str) -> ColumnElement[Any]:
        return self.table.c[name]

    def _kind(self, name: str) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = self._column(name).type
        return kind

    def _raw(self, name: str) -> ColumnElement[Any]:
        """SQLite's columns hold what was put in; their kind is a wish only."""
        column = self._column(name)
        return type_coerce(column, NullType()) if self.dialect == SQLITE else column

    def _bound(self, name: str) -> TypeEngine[Any] | None:
        return None if self.dialect == SQLITE else self._kind(name)
