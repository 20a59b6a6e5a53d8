"""How far each stream has been read: watermarks and checks in the operational store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.landing import Manifest
from stamm.store import Store

_TABLES = [
    """
    create table stream_progress (
      source text not null, stream text not null, watermark text, full_read_at text,
      checked_at text, load_id text, server_total integer, live integer,
      primary key (source, stream)
    )
    """
]


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

    def move(self, source: str, stream: str, progress: Progress) -> None:
        """Replace the state; the last step of a load."""
        with self._store.transaction() as db:
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


def after_load(before: Progress, manifest: Manifest, live: int | None = None) -> Progress:
    """The state that a committed load leads to; adopting one twice changes nothing."""
    read_whole = manifest.mode == "full" and not manifest.unsure
    return Progress(
        watermark=later(before.watermark, manifest.cursor_to),
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
