"""The streams of a database: one per table that its source declares in `stamm.yaml`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from connectors import bases
from connectors.database.settings import DatabaseSource, TableSettings
from connectors.database.values import is_marked
from connectors.iso8601 import first_of
from connectors.source import Basis, Cursor, Record, Stream, System

_PAGE = 5000
_BASES: dict[str, Basis] = {
    "contract": bases.CONTRACT,
    "transaction": bases.TRANSACTION,
    "invoice": bases.INVOICE,
    "service": bases.SERVICE,
    "relation": bases.RELATION,
    "measurement": bases.MEASUREMENT,
    "marketing": bases.MARKETING,
    "insight": bases.INSIGHT,
}


@dataclass(frozen=True)
class Rows:
    """How a table is read: what `stamm.yaml` says of it, and how many rows make a page."""

    settings: TableSettings
    size: int = _PAGE


def declared(system: System, source: DatabaseSource) -> tuple[Stream, ...]:  # noqa: ARG001
    """A source of this kind brings the tables it declares, and nothing else."""
    return tuple(_stream(name, table) for name, table in source.tables.items())


def _stream(name: str, table: TableSettings) -> Stream:
    return Stream(
        name,
        tuple(map(table.ours, table.key)),
        _BASES[table.basis],
        table.table,
        cursor=_cursor(table),
        paginate=Rows(table),
        sweep=timedelta(days=1),
        field_groups=(bases.birth_date("birth_date"),),
        holds=table.holds,
        deleted=_mark(table.ours(table.deleted)) if table.deleted else None,
    )


def _cursor(table: TableSettings) -> Cursor | None:
    if table.cursor is None:
        return None
    field = table.ours(table.cursor)
    return Cursor(field, first_of(field), timedelta(minutes=table.lag_minutes))


def _mark(field: str) -> Callable[[Record], bool]:
    def says_deleted(record: Record) -> bool:
        return is_marked(record.get(field))

    return says_deleted
