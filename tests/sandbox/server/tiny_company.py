"""A company of a few dozen records, each stream with ties over its pages and a deleted record."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.server import credentials
from sandbox.server.entity_sets import ENTITY_SETS

S4 = (credentials.S4_USER, credentials.S4_PASSWORD)
HELP = (f"{credentials.ZENDESK_EMAIL}/token", credentials.ZENDESK_API_TOKEN)
MAIL = {"api-key": credentials.BREVO_API_KEY}
CLOCK = datetime(2027, 1, 15, 8, tzinfo=UTC)
NOW = int(CLOCK.timestamp() * 1000)
HOUR = 3_600_000
DAY = 24 * HOUR
TIED = NOW - 10 * DAY  # the moment in which most records changed
ROWS = 23  # live records per stream

SCHEMA = """
create table meta (name text primary key, value text);
create table record (
  system text, stream text, key text, sort_key text, changed_at integer, created_at integer,
  deleted integer, body text, primary key (system, stream, key));
create index by_change on record (system, stream, changed_at, sort_key);
create index by_order on record (system, stream, sort_key);
"""


class Book:
    """Write access to the file of a tiny company."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "company.db"

    def execute(self, sql: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path)) as db, db:
            db.execute(sql, values)

    def put(
        self,
        system: str,
        stream: str,
        key: str,
        body: dict[str, Any],
        *,
        changed: int = TIED,
        created: int = TIED,
        deleted: bool = False,
    ) -> None:
        row = (system, stream, key, key, changed, created, int(deleted), json.dumps(body))
        self.execute("insert or replace into record values (?, ?, ?, ?, ?, ?, ?, ?)", *row)


def found(folder: Path) -> Book:
    """The company: in each stream 20 records of one moment, three later ones, one deleted."""
    with closing(sqlite3.connect(folder / "company.db")) as db, db:
        db.executescript(SCHEMA)
        meta = [("clock", CLOCK.isoformat()), ("generation", "0")]
        db.executemany("insert into meta values (?, ?)", meta)
        for system, stream, shape in shapes():
            db.executemany(
                "insert into record values (?, ?, ?, ?, ?, ?, ?, ?)",
                [_row(system, stream, shape, number) for number in range(ROWS + 1)],
            )
    return Book(folder)


def changed_at(number: int) -> int:
    """Numbers 20, 21 and 22 changed an hour after one another."""
    return TIED + max(number - 19, 0) * HOUR


def _row(system: str, stream: str, shape: Any, number: int) -> tuple[object, ...]:
    key, body = shape(number)
    deleted = int(number == ROWS)
    row = (system, stream, key, key, changed_at(number), TIED, deleted)
    return (*row, json.dumps(body, separators=(",", ":")))


def shapes() -> list[tuple[str, str, Any]]:
    """(system, stream, number → key and body)."""
    erp = [("s4", one.stream, _entity(one.key)) for one in ENTITY_SETS]
    shop = [("shopware", s, _shop) for s in ("customers", "customer_addresses", "order_line_items")]
    mail = [("brevo", stream, _mail) for stream in ("contacts", "lists", "campaigns", "events")]
    desk = ("tickets", "users", "organizations", "ticket_metrics", "satisfaction_ratings")
    return [
        *erp,
        *shop,
        ("shopware", "orders", _order),
        *mail,
        *(("zendesk", s, _help) for s in desk),
    ]


def _entity(key: tuple[str, ...]) -> Any:
    def shape(number: int) -> tuple[str, dict[str, Any]]:
        parts = [f"{number:04}" for _ in key]
        changed = f"/Date({changed_at(number)})/" if number >= 20 else None
        moments = {"LastChangeDate": changed, "LastChangeDateTime": changed}
        return "|".join(parts), {
            **dict(zip(key, parts, strict=True)),
            **moments,
            "CreationDate": f"/Date({TIED})/",
            "CityName": "O'Hausen" if number % 2 else "Köln",
        }

    return shape


def _shop(number: int) -> tuple[str, dict[str, Any]]:
    key = f"{number:032x}"
    updated = "2027-01-05T09:00:00.000+00:00" if number >= 20 else None
    body = {"id": key, "updatedAt": updated, "guest": number % 2 == 0, "country": {"iso": "DE"}}
    return key, body


def _order(number: int) -> tuple[str, dict[str, Any]]:
    key, body = _shop(number)
    parts = {"orderCustomer": {"email": "a@b.example"}, "currency": {"isoCode": "EUR"}}
    return key, {**body, **parts, "stateMachineState": {"technicalName": "open"}}


def _mail(number: int) -> tuple[str, dict[str, Any]]:
    return f"{number:06}", {"id": number, "email": f"k{number}@example.org"}


def _help(number: int) -> tuple[str, dict[str, Any]]:
    return f"{number:06}", {"id": number, "status": "open"}
