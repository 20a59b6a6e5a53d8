"""Run history in the operational store: what ran, how long each stage took, how it ended.

Its moments are the machine's own, also where the sandbox's clock stands still.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from stamm.clock import Clock, SystemClock
from stamm.store import Store

_TABLES = """
create table runs (
  run_id text primary key, started_at text not null, as_of text not null, full integer not null,
  ended_at text, outcome text, build_id text
);
create table run_stages (
  run_id text not null, stage text not null, seconds real not null, counts text not null,
  primary key (run_id, stage)
);
"""


class RunLog:
    """Append-only history of runs."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        store.migrate("runs", [_TABLES])
        self._store = store
        self._clock = clock or SystemClock()

    def begin(self, run_id: str, as_of: str, *, full: bool) -> None:
        with self._store.transaction() as db:
            db.execute(
                "insert or ignore into runs (run_id, started_at, as_of, full) values (?, ?, ?, ?)",
                (run_id, self._now(), as_of, int(full)),
            )

    @contextmanager
    def stage(self, run_id: str, stage: str) -> Iterator[dict[str, Any]]:
        """Times a stage; what the caller puts into the dict is kept as its counts."""
        counts: dict[str, Any] = {}
        start = time.perf_counter()
        try:
            yield counts
        finally:
            seconds = time.perf_counter() - start
            with self._store.transaction() as db:
                db.execute(
                    "insert into run_stages values (?, ?, ?, ?) on conflict (run_id, stage) do "
                    "update set seconds = seconds + excluded.seconds, counts = excluded.counts",
                    (run_id, stage, seconds, json.dumps(counts, default=str)),
                )

    def end(self, run_id: str, outcome: str, build_id: str | None = None) -> None:
        """`outcome` is `done` or the kind of error; a later end of the same run replaces it."""
        with self._store.transaction() as db:
            db.execute(
                "update runs set ended_at = ?, outcome = ?, build_id = ? where run_id = ?",
                (self._now(), outcome, build_id, run_id),
            )

    def close(self, run_id: str) -> None:
        """A run that ends without having said how, neither published nor stopped by an error."""
        if self._store.query("select 1 from runs where run_id = ? and outcome is null", [run_id]):
            self.end(run_id, "not published")

    def stages(self, run_id: str) -> dict[str, tuple[float, dict[str, Any]]]:
        """Seconds and counts per stage, in the order they ran."""
        rows = self._store.query(
            "select stage, seconds, counts from run_stages where run_id = ? order by rowid",
            [run_id],
        )
        return {row["stage"]: (row["seconds"], json.loads(row["counts"])) for row in rows}

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")

    def last_ended(self) -> tuple[str, str] | None:
        """(run id, moment) of the run that ended last, however it did."""
        rows = self._store.query(
            "select run_id, ended_at from runs where ended_at is not null"
            " order by ended_at desc, rowid desc limit 1"
        )
        return (rows[0]["run_id"], rows[0]["ended_at"]) if rows else None

    def latest(self) -> dict[str, Any] | None:
        rows = self._store.query("select * from runs order by rowid desc limit 1")
        return dict(rows[0]) if rows else None
