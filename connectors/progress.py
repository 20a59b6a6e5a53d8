"""How far each stream has been read: watermarks and checks in the operational store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any

from connectors.drift import Drift, of_rows
from connectors.landing import Manifest
from stamm.store import Store

_TABLES = [
    """
    create table stream_progress (
      source text not null, stream text not null, watermark text, full_read_at text,
      checked_at text, load_id text, server_total integer, live integer,
      primary key (source, stream)
    )
    """,
    """
    create table stream_drift (
      source text not null, stream text not null, kind text not null, field text not null,
      found text not null, declared text not null, records integer not null,
      first_load_id text, first_seen_at text, last_load_id text, last_seen_at text,
      primary key (source, stream, kind, field, found, declared)
    );
    create table stream_reads (
      source text not null, stream text not null, extracted integer not null,
      landed integer not null, duplicates integer not null, quarantined integer not null,
      deleted integer not null, primary key (source, stream)
    )
    """,
]
_READ = "insert or replace into stream_reads values (?, ?, ?, ?, ?, ?, ?)"
_NOTED = """
insert into stream_drift values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (source, stream, kind, field, found, declared) do update set
  records = records + iif(last_load_id is excluded.last_load_id, 0, excluded.records),
  last_load_id = excluded.last_load_id, last_seen_at = excluded.last_seen_at
"""
DriftRows = Sequence[Sequence[Any]]  # as a manifest keeps them


@dataclass(frozen=True)
class Progress:
    """One stream's state. Times are ISO 8601 in UTC; None: never.

    `server_total` is what the source last counted in all, `live` what is landed and live.
    """

    watermark: str | None = None
    full_read_at: str | None = None
    checked_at: str | None = None
    load_id: str | None = None
    server_total: int | None = None
    live: int | None = None


@dataclass(frozen=True)
class Read:
    """What became of the records of one read: extracted = landed + duplicates + quarantined.

    `deleted` are tombstones beside them, of records that the source no longer has.
    """

    extracted: int
    landed: int
    duplicates: int
    quarantined: int
    deleted: int


class ProgressLog:
    """Reads and moves the state; the only writer of its table."""

    def __init__(self, store: Store) -> None:
        store.migrate("connectors", _TABLES)
        self._store = store

    def of(self, source: str, stream: str) -> Progress:
        """The stream's state; all None if it was never read."""
        rows = self._store.query(
            "select watermark, full_read_at, checked_at, load_id, server_total, live "
            "from stream_progress where source = ? and stream = ?",
            [source, stream],
        )
        return Progress(**dict(rows[0])) if rows else Progress()

    def move(
        self,
        source: str,
        stream: str,
        progress: Progress,
        drift: DriftRows = (),
        read: Read | None = None,
    ) -> list[Drift]:
        """Replace the state, note drift and figures; the last step of a load. Gives new drift."""
        known = {noted.drift for noted in self.drift(source, stream)} if drift else set()
        load = (progress.load_id, progress.checked_at)
        with self._store.transaction() as db:
            if read is not None:
                db.execute(_READ, (source, stream, *astuple(read)))
            for row in drift:
                db.execute(_NOTED, (source, stream, *row, *load, *load))
            db.execute(
                "insert or replace into stream_progress values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    source,
                    stream,
                    progress.watermark,
                    progress.full_read_at,
                    progress.checked_at,
                    progress.load_id,
                    progress.server_total,
                    progress.live,
                ),
            )
        return [met for met, _ in of_rows(drift) if met not in known]

    def last_read(self, source: str, stream: str) -> Read | None:
        """The figures of the latest read; None if there was none."""
        rows = self._store.query(
            "select extracted, landed, duplicates, quarantined, deleted from stream_reads"
            " where source = ? and stream = ?",
            [source, stream],
        )
        return Read(*rows[0]) if rows else None

    def drift(self, source: str, stream: str) -> list[Noted]:
        """All drift that was ever met in a stream, oldest first."""
        rows = self._store.query(
            "select kind, field, found, declared, records, first_seen_at, last_seen_at"
            " from stream_drift where source = ? and stream = ?"
            " order by first_load_id, kind, field",
            [source, stream],
        )
        return [Noted(Drift(*row[:4]), *row[4:]) for row in map(tuple, rows)]


@dataclass(frozen=True)
class Noted:
    """Drift with the number of records that had it, and when it was first and last met."""

    drift: Drift
    records: int
    first_seen_at: str
    last_seen_at: str


def after_load(before: Progress, manifest: Manifest, live: int | None = None) -> Progress:
    """The state that a committed load leads to; adopting one twice changes nothing.

    A backfill moves neither the watermark nor the day of the next full read. No watermark is
    later than the begin of its read: what changes after its page was read may be older than what
    later pages show.
    """
    if manifest.mode == "backfill":
        live = before.live if live is None else live
        return replace(before, load_id=manifest.load_id, live=live)
    met = later(before.watermark, manifest.cursor_to)
    read_whole = manifest.mode == "full" and not manifest.unsure
    return Progress(
        watermark=min(met, manifest.started_at) if met else None,
        full_read_at=manifest.started_at if read_whole else before.full_read_at,
        checked_at=manifest.finished_at,
        load_id=manifest.load_id,
        server_total=before.server_total,
        live=before.live if live is None else live,
    )


def later(one: str | None, other: str | None) -> str | None:
    """The later of two moments as text."""
    known = [moment for moment in (one, other) if moment]
    return max(known) if known else None


def as_text(moment: datetime) -> str:
    """Fixed width, so that texts order as moments do; `moment` is in UTC."""
    return f"{moment.isoformat(timespec='microseconds')[:26]}Z"


def as_moment(text: str) -> datetime:
    """What `as_text` wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
