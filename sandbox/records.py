"""The sandbox company's store: records in each vendor's wire form, the truth beside them.

`Records` collects rows in memory and writes them in batches to one SQLite file. Streams, keys
and fields are those of docs/contracts.md; composite keys are joined with '|'.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import orjson

SCHEMA = """
create table if not exists meta (name text primary key, value text) without rowid;
create table if not exists record (
  system text not null, stream text not null, key text not null, sort_key text not null,
  changed_at integer not null, created_at integer not null, deleted integer not null default 0,
  body text not null, primary key (system, stream, key)) without rowid;
create table if not exists truth (
  source text, system text, stream text, key text, facet text, entity_id text, party_type text,
  organisation_entity_id text, household_id text,
  primary key (system, stream, key, facet)) without rowid;
create table if not exists mess_tally (rule text primary key, tried integer, applied integer);
"""
INDEXES = """
create index if not exists record_by_change on record (system, stream, changed_at, sort_key);
create index if not exists record_by_order on record (system, stream, sort_key);
create index if not exists truth_by_entity on truth (entity_id);
create index if not exists truth_by_organisation on truth (organisation_entity_id);
"""
SOURCES = {"s4": "erp", "shopware": "shop", "brevo": "mail", "zendesk": "help"}
BATCH = 20_000
FIRST_IDS = {"partner": 1_000_000, "zendesk": 360_000_000_000, "brevo": 0, "order": 0}


def connect(path: Path) -> sqlite3.Connection:
    """An existing or new company file; statements outside `with` commit by themselves."""
    db = sqlite3.connect(path, isolation_level=None, timeout=60)
    db.execute("pragma cache_size = -200000")
    return db


class Records:
    """Rows on their way into the file, and the counters of every kind of id."""

    def __init__(self, db: sqlite3.Connection, counters: dict[str, int] | None = None) -> None:
        self.db = db
        self.counters: dict[str, int] = dict(counters or {})
        self.written: dict[tuple[str, str], int] = {}
        self.new_fields: dict[tuple[str, str], dict[str, Any]] = {}
        self._records: list[tuple[Any, ...]] = []
        self._truth: list[tuple[Any, ...]] = []

    def next_id(self, kind: str) -> int:
        """The next number of `kind`; numbers are never given twice."""
        number = self.counters.get(kind, FIRST_IDS.get(kind, 0)) + 1
        self.counters[kind] = number
        return number

    def next_uuid(self, kind: str) -> str:
        """A Shopware id: UUIDv7-like hex, rising, so that inserts append to the index."""
        number = self.next_id("uuid")
        mixed = (number * 0x9E3779B97F4A7C15 + len(kind)) & 0xFFFFFFFFFFFFFFFF
        return f"{0x018E00000000 + number:012x}7{mixed >> 52:03x}8{mixed & (2**60 - 1):015x}"

    def add(
        self,
        system: str,
        stream: str,
        key: str,
        body: dict[str, Any],
        *,
        created: int,
        changed: int | None = None,
        sort_key: str | None = None,
    ) -> None:
        """One record; `created` and `changed` are epoch milliseconds."""
        name = (system, stream)
        wire = orjson.dumps(body | self.new_fields.get(name, {})).decode()
        row = (system, stream, key, sort_key or key, changed or created, created, 0, wire)
        self._records.append(row)
        self.written[name] = self.written.get(name, 0) + 1
        if len(self._records) >= BATCH:
            self.flush()

    def add_truth(
        self,
        system: str,
        stream: str,
        key: str,
        entity: str | None,
        party_type: str,
        *,
        facet: str = "",
        organisation: str | None = None,
        household: str | None = None,
    ) -> None:
        """Who the party record really is; `entity` None for test and nonsense records."""
        source = SOURCES[system]
        self._truth.append(
            (source, system, stream, key, facet, entity, party_type, organisation, household)
        )

    def flush(self) -> None:
        """Write what has been collected."""
        sql = "insert into record values (?, ?, ?, ?, ?, ?, ?, ?)"
        self.db.executemany(sql, self._records)
        self.db.executemany("insert into truth values (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._truth)
        self._records, self._truth = [], []


def read_meta(db: sqlite3.Connection) -> dict[str, str]:
    """All of `meta`."""
    return dict(db.execute("select name, value from meta").fetchall())


def write_meta(db: sqlite3.Connection, **values: object) -> None:
    """Set names in `meta`."""
    rows = [(name, str(value)) for name, value in values.items()]
    db.executemany("insert or replace into meta values (?, ?)", rows)


def write_tally(db: sqlite3.Connection, tally: dict[str, list[int]]) -> None:
    """Add the counts of applied mess to those of earlier runs."""
    db.executemany(
        "insert into mess_tally values (?, ?, ?) on conflict (rule) do update set"
        " tried = tried + excluded.tried, applied = applied + excluded.applied",
        [(rule, tried, applied) for rule, (tried, applied) in sorted(tally.items())],
    )
