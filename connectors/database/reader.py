"""Reads the tables of one database page by page, in order of their keys.

In: declared streams. Out: pages of records under our names. A read sees one moment of the
database where there are snapshots, and its own total is counted in it; a later process goes on
after the last key it was given.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, inspect
from sqlalchemy.exc import NoSuchTableError

from connectors.database.queries import Queries
from connectors.database.server import connected, opened
from connectors.database.settings import DatabaseSource, TableSettings
from connectors.database.streams import Rows
from connectors.database.values import moment, plain, to_key, to_token
from connectors.source import Page, Stream, Window
from stamm.errors import ContractBroken

_KEYLESS = 10_000  # rows without a key that are told one by one
_SHOWN = 20


class DatabaseReader:
    """A `connectors.source.Reader` over the tables of a database."""

    def __init__(self, source: DatabaseSource) -> None:
        self._source = source
        self._engine: Engine = opened(source)
        self._totals: dict[str, int] = {}

    def read(self, stream: Stream, window: Window, resume: str | None) -> Iterator[Page]:
        rows: Rows = stream.paginate
        after = to_key(resume, len(rows.settings.key)) if resume else ()
        with connected(self._engine) as connection:
            table = self._described(connection, stream, rows.settings)
            whole, keyless = self._counted(connection, stream, table)
            self._totals[stream.name] = whole
            total = whole
            if window.since is not None:
                total = _number(connection, table, window) + len(keyless)
            if keyless and resume is None:
                yield Page(keyless, to_token(()), total)
            while True:
                found = connection.execute(table.page(window, after, rows.size)).all()
                records = [_record(table, row) for row in found]
                after = _key(table, found[-1]) if found else ()
                token = to_token(after) if len(found) == rows.size else None
                yield Page(records, token, total)
                if token is None:
                    return

    def total(self, stream: Stream) -> int:
        """The number at the moment that was just read; else that of now."""
        known = self._totals.pop(stream.name, None)
        if known is not None:
            return known
        with connected(self._engine) as connection:
            table = self._described(connection, stream, stream.paginate.settings)
            return self._counted(connection, stream, table)[0]

    def close(self) -> None:
        self._engine.dispose()

    def _described(
        self, connection: Connection, stream: Stream, settings: TableSettings
    ) -> Queries:
        """The table as it is now, with every column that `stamm.yaml` names."""
        place = (settings.table, settings.table_schema)
        try:
            table = Table(
                settings.table, MetaData(), schema=settings.table_schema,
                autoload_with=connection, resolve_fks=False,
            )  # fmt: skip
        except NoSuchTableError as failure:
            raise ContractBroken(
                f"expected a table {settings.table!r}, found {_tables(connection, *place)}",
                hint=f"Change {self._place(stream)}.table or .schema; names are case sensitive.",
            ) from failure
        queries = Queries(table, settings, connection.dialect.name)
        missing = [name for name in settings.named() if name not in table.c]
        if missing:
            raise ContractBroken(
                f"{settings.table}: expected the columns {', '.join(map(repr, missing))}, "
                f"found {', '.join(list(table.c.keys())[:_SHOWN])}",
                hint=f"Change {self._place(stream)}, or restore the column.",
            )
        self._check(stream, queries)
        return queries

    def _check(self, stream: Stream, table: Queries) -> None:
        names = [table.settings.ours(name) for name in table.columns]
        if len(set(names)) < len(names):
            raise ContractBroken(
                f"{table.settings.table}: expected names in map that no other column has, "
                f"found {', '.join(sorted({n for n in names if names.count(n) > 1}))} twice",
                hint=f"Change {self._place(stream)}.map, or name the columns to read.",
            )
        if not table.cursor_is_a_moment:
            raise ContractBroken(
                f"{table.settings.table}: expected a moment in column {table.settings.cursor!r}",
                hint=f"Without {self._place(stream)}.cursor the table is read whole each time.",
            )

    def _counted(
        self, connection: Connection, stream: Stream, table: Queries
    ) -> tuple[int, list[dict[str, Any]]]:
        """The number of distinct rows, and those among them that have no key."""
        keyless = self._without_key(connection, stream, table)
        return _number(connection, table, None) + len(keyless), keyless

    def _without_key(
        self, connection: Connection, stream: Stream, table: Queries
    ) -> list[dict[str, Any]]:
        if not table.key_may_be_null:
            return []
        found = connection.execute(table.without_key(_KEYLESS + 1)).all()
        if len(found) > _KEYLESS:
            raise ContractBroken(
                f"{table.settings.table}: expected a key in {' + '.join(table.settings.key)}, "
                f"found more than {_KEYLESS:,} rows without",
                hint=f"Change {self._place(stream)}.key to columns that every row has.",
            )
        records = (_record(table, row) for row in found)
        return list({json.dumps(record): record for record in records}.values())

    def _place(self, stream: Stream) -> str:
        return f"sources.{self._source.name}.tables.{stream.name}"


def _number(connection: Connection, table: Queries, window: Window | None) -> int:
    return int(connection.execute(table.count(window)).scalar_one())


def _record(table: Queries, row: Sequence[Any]) -> dict[str, Any]:
    settings, moments = table.settings, table.moments
    return {
        settings.ours(name): moment(value) if name in moments else plain(value)
        for name, value in zip(table.columns, row, strict=True)
    }


def _key(table: Queries, row: Sequence[Any]) -> tuple[Any, ...]:
    found = dict(zip(table.columns, row, strict=True))
    return tuple(found[name] for name in table.settings.key)


def _tables(connection: Connection, wanted: str, schema: str | None) -> str:
    """The tables of the schema, nearest names first."""
    inspector = inspect(connection)
    known = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    near = difflib.get_close_matches(wanted, known, n=5, cutoff=0.3)
    return ", ".join(near or sorted(known)[:_SHOWN]) or "none"
