"""Run history in the operational store: what ran, how long each stage took, how it ended."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from stamm.store import Store

_TABLES = """
create table runs (
  run_id text primary key, started_at text not null, as_of text not null, full integer not null,
  ended_at text, outcome text, build_id text, summary text
);
create table run_stages (
  run_id text not null, stage text not null, seconds real not null, counts text not null,
  primary key (run_id, stage)
);
"""


class RunLog:
    """Append-only history of runs."""

    def __init__(self, store: Store) -> None:
        store.migrate("runs", [_TABLES])
        self._store = store

    def begin(self, run_id: str, started_at: datetime, as_of: str, *, full: bool) -> None:
        with self._store.transaction() as db:
            db.execute(
                "insert or ignore into runs (run_id, started_at, as_of, full) values (?, ?, ?, ?)",
                (run_id, started_at.isoformat(), as_of, int(full)),
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

    def end(self, run_id: str, ended_at: datetime, outcome: str, **facts: Any) -> None:
        with self._store.transaction() as db:
            db.execute(
                "update runs set ended_at = ?, outcome = ?, build_id = ?, summary = ? "
                "where run_id = ?",
                (
                    ended_at.isoformat(),
                    outcome,
                    facts.get("build_id"),
                    json.dumps(facts, default=str),
                    run_id,
                ),
            )

    def stages(self, run_id: str) -> dict[str, tuple[float, dict[str, Any]]]:
        """Seconds and counts per stage, in the order they ran."""
        rows = self._store.query(
            "select stage, seconds, counts from run_stages where run_id = ? order by rowid",
            [run_id],
        )
        return {row["stage"]: (row["seconds"], json.loads(row["counts"])) for row in rows}

    def latest(self) -> dict[str, Any] | None:
        rows = self._store.query("select * from runs order by started_at desc, run_id desc limit 1")
        return dict(rows[0]) if rows else None
