"""What a year of hourly loads costs the next run, beside a week of them, held in few or not.

Each landing is written load by load through `connectors.extract`, on a clock that goes on by an
hour each time: all customers first, then a few edits an hour, full sweeps as a stream declares
them. Then the same work on all of them in turns: a run that finds nothing new (extraction and
landing's fingerprint), the tables that staging reads, and the cache built anew. In: nothing. Out:
a table. Run: `uv run python -m benchmarks.hourly [--customers N] [--turns N] [--out FILE]`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.extract import record
from benchmarks.results import Table, write_result
from connectors.bases import CONTRACT
from connectors.catalogue import create_views
from connectors.compaction import TOGETHER
from connectors.current import CurrentVersions
from connectors.extract import LoadResult, extract_with
from connectors.iso8601 import first_of
from connectors.landing import fingerprint, manifests
from connectors.registry import systems
from connectors.schema import learnt
from connectors.source import Cursor, Page, Stream, Window
from stamm.clock import ManualClock
from stamm.duck import in_memory
from stamm.settings import SourceSettings
from stamm.store import Store

HOURS = {"a week, never compacted": 7 * 24, "a week": 7 * 24, "a year": 365 * 24}
EDITS = 5
_COMMAND = "uv run python -m benchmarks.hourly"
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SOURCE = SourceSettings(name="shop", system="shopware")
_STREAM = Stream(
    "customers",
    ("id",),
    CONTRACT,
    cursor=Cursor("updatedAt", first_of("updatedAt")),
    sweep=timedelta(days=7),
    mandatory=("email",),
    schema=learnt([record(1)]),
)


@dataclass
class Customers:
    """A source in memory whose records change."""

    records: list[dict[str, Any]]
    changed: list[int] = field(default_factory=list)

    def edit(self, hour: int, moment: datetime) -> None:
        """A few customers, others each hour."""
        self.changed = [(hour * EDITS + n) * 7919 % len(self.records) for n in range(EDITS)]
        for number in self.changed:
            self.records[number] |= {"updatedAt": moment.isoformat(), "note": f"hour {hour}"}

    def read(self, stream: Stream, window: Window, resume: str | None) -> Iterator[Page]:  # noqa: ARG002
        shown = [self.records[n] for n in self.changed] if window.since else self.records
        for start in range(0, len(shown), 1000):
            more = start + 1000 < len(shown)
            yield Page(shown[start : start + 1000], str(start + 1000) if more else None)

    def total(self, stream: Stream) -> int:  # noqa: ARG002
        return len(self.records)

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Landing:
    """One landing, with what extracts into it."""

    home: Path
    store: Store
    clock: ManualClock
    source: Customers
    together: int

    @property
    def root(self) -> Path:
        return self.home / "landing"

    @property
    def folder(self) -> Path:
        return self.root / _SOURCE.name / _STREAM.name

    def extract(self) -> LoadResult:
        return extract_with(
            self.source,
            _SOURCE,
            _STREAM,
            landing_root=self.root,
            store=self.store,
            clock=self.clock,
            together=self.together,
        )


def written(home: Path, hours: int, customers: int, together: int) -> Landing:
    """A landing after so many hours, a load in each."""
    source = Customers([record(n) for n in range(customers)])
    landing = Landing(home, Store.open(home / "state.db"), ManualClock(_START), source, together)
    for hour in range(hours):
        landing.clock.sleep(3600)
        source.edit(hour, landing.clock.now())
        assert landing.extract().load_id is not None
    return landing


def nothing_new(landing: Landing) -> None:
    """What a run does whose sources tell nothing new."""
    assert landing.extract().load_id is None
    fingerprint(landing.root)


def tables(landing: Landing) -> None:
    """What a run does whose sources told something."""
    with in_memory() as con:
        create_views(con, landing.root, {"shopware": systems()["shopware"]})
        [(live,)] = con.execute("select count(*) from landing.shopware_customers").fetchall()
    assert live == len(landing.source.records)


def cache(landing: Landing) -> None:
    """What a run does whose cache was lost."""
    for file in landing.folder.glob("current.db*"):
        file.unlink()
    CurrentVersions(landing.folder).close()


WORK: dict[str, Callable[[Landing], None]] = {
    "nothing new, s": nothing_new,
    "tables, s": tables,
    "cache anew, s": cache,
}


def measured(landings: dict[str, Landing], turns: int) -> dict[str, dict[str, float]]:
    """Landing → work → median seconds; in turns."""
    seconds: dict[tuple[str, str], list[float]] = {}
    for _ in range(turns):
        for work, does in WORK.items():
            for name, landing in landings.items():
                start = time.perf_counter()
                does(landing)
                seconds.setdefault((name, work), []).append(time.perf_counter() - start)
    return {
        name: {work: statistics.median(seconds[name, work]) for work in WORK} for name in landings
    }


def _row(name: str, landing: Landing, spent: float, found: dict[str, float]) -> tuple[Any, ...]:
    held = manifests(landing.folder)
    loads = sum(1 + manifest.loads for manifest in held)
    size = sum(path.stat().st_size for path in landing.folder.glob("load=*/*"))
    return (
        name,
        loads,
        len(held),
        round(size / 1e6, 1),
        *(round(found[work], 3) for work in WORK),
        round(1000 * spent / loads, 1),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=5000)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--out", type=Path, help="keep the result here")
    asked = parser.parse_args()
    systems()  # imported before the clock runs
    with tempfile.TemporaryDirectory() as folder:
        landings, spent = {}, {}
        for number, (name, hours) in enumerate(HOURS.items()):
            home = Path(folder) / str(number)
            start = time.perf_counter()
            together = sys.maxsize if "never" in name else TOGETHER
            landings[name] = written(home, hours, asked.customers, together)
            spent[name] = time.perf_counter() - start
        found = measured(landings, asked.turns)
        rows = tuple(_row(name, landings[name], spent[name], found[name]) for name in landings)
    table = Table(
        f"Hourly loads of {EDITS} edits to {asked.customers:,} customers, held in few",
        ("", "loads", "folders", "MB", *WORK, "ms to write a load"),
        rows,
        f"Medians of {asked.turns}, in turns; the source answers from memory.",
    )
    if asked.out:
        write_result(asked.out, _COMMAND, [table], ("duckdb",))
    print(table.columns, *rows, sep="\n")
    return (
        0
        if found["a year"]["nothing new, s"] <= found["a week, never compacted"]["nothing new, s"]
        else 1
    )


if __name__ == "__main__":
    sys.exit(main())
