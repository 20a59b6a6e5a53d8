"""A source in memory, a landing folder and a clock for the connectors' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.catalogue import create_views
from connectors.compaction import TOGETHER
from connectors.extract import LoadResult, Stretch, extract_with
from connectors.iso8601 import first_of, moment
from connectors.registry import systems
from connectors.source import Basis, Cursor, Page, Stream, System, Window
from stamm.clock import ManualClock
from stamm.duck import in_memory
from stamm.settings import SourceSettings
from stamm.store import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = SourceSettings(name="shop", system="shopware")
STREAM = Stream(
    "customers",
    ("id",),
    Basis("contract", "Art. 6 (1) b", "customer_master"),
    cursor=Cursor("changed", first_of("changed"), lag=timedelta(minutes=5)),
    sweep=timedelta(days=7),
    mandatory=("email",),
)
SWEPT = Stream("orders", ("id",), STREAM.basis)


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Server:
    """Records in the order of their ids, `size` per page; remembers what it was asked."""

    records: list[Any] = field(default_factory=list)
    size: int = 2
    asked: list[tuple[str | None, int]] = field(default_factory=list)
    before_page: Callable[[int], None] = lambda _: None
    tells_total: bool = True

    def read(self, stream: Stream, window: Window, resume: str | None) -> Iterator[Page]:
        since = window.since.isoformat() if window.since else None
        start = 0
        if resume:
            start, _, bound = resume.partition("@")
            start, since = int(start), bound or None
        while True:
            rows = self._window(since)
            self.before_page(start)
            self.asked.append((since, start))
            end = start + self.size
            token = f"{end}@{since or ''}" if end < len(rows) else None
            yield Page(rows[start:end], token, len(rows) if self.tells_total else None)
            if token is None:
                return
            start = end

    def _window(self, since: str | None) -> list[Any]:
        if since is None:
            return list(self.records)
        bound = moment(since)
        return [r for r in self.records if moment(r["changed"]) >= bound]

    def total(self, stream: Stream) -> int | None:
        return len(self.records) if self.tells_total else None

    def close(self) -> None:
        pass


def customer(key: object, minute: int = 0, **fields: object) -> dict[str, object]:
    """A record that changed so many minutes after noon."""
    changed = (NOON + timedelta(minutes=minute)).isoformat()
    return {"id": key, "email": f"k{key}@example.org", "changed": changed, **fields}


@dataclass
class Bench:
    """One landing with its store, clock and server."""

    landing: Path
    store: Store
    clock: ManualClock
    server: Server
    together: int = TOGETHER

    def extract(
        self,
        stream: Stream = STREAM,
        *,
        full: bool = False,
        source: SourceSettings = SOURCE,
        stretch: Stretch | None = None,
    ) -> LoadResult:
        return extract_with(
            self.server,
            source,
            stream,
            landing_root=self.landing,
            store=self.store,
            clock=self.clock,
            full=full,
            checkpoint_pages=1,
            stretch=stretch,
            together=self.together,
        )

    def live(self, view: str = "shopware_customers") -> dict[str, dict[str, Any]]:
        """key → record, as the landing view shows it."""
        import json

        with in_memory() as con:
            create_views(con, self.landing, self.systems)
            rows = con.execute(f"select key, raw from landing.{view}").fetchall()
        assert len({key for key, _ in rows}) == len(rows)
        return {key: json.loads(raw) for key, raw in rows}

    def table(self, sql: str) -> list[tuple[Any, ...]]:
        with in_memory() as con:
            create_views(con, self.landing, self.systems)
            return con.execute(sql).fetchall()

    @property
    def systems(self) -> dict[str, System]:
        return systems()

    def loads(self) -> list[str]:
        return sorted(p.parent.name for p in self.landing.glob("*/*/load=*/manifest.json"))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    store = Store.open(tmp_path / "state.db")
    yield Bench(tmp_path / "landing", store, ManualClock(NOON), Server())
    store.close()
