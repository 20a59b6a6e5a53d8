"""Run history in the operational store: what ran, how long each stage took, how it ended.

Its moments are the machine's own, also where the sandbox's clock stands still.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


_FAILURES = """
create table run_failures (
  run_id text not null, stage text not null, error text not null, checks text not null,
  found_by text not null, primary key (run_id, stage, error)
);
"""
_ROWS = "alter table run_stages add column row_count integer"
_CUT_OFF = "CutOff"  # no error was raised; stands in its place


@dataclass(frozen=True)
class Failure:
    """What ended a stage: the class of the error, and the checks that it names."""

    stage: str
    error: str
    checks: tuple[str, ...] = ()


class RunLog:
    """History of runs: what ran, what failed and was not made good by a second try."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        store.migrate("runs", [_TABLES, _FAILURES, _ROWS])
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
        """Times a stage; what the caller puts into the dict is kept as its counts.

        `row_count` among them is how many rows the stage wrote, and is kept beside them.
        """
        counts: dict[str, Any] = {}
        start = time.perf_counter()
        try:
            yield counts
        finally:
            seconds = time.perf_counter() - start
            with self._store.transaction() as db:
                db.execute(
                    "insert into run_stages (row_count, run_id, stage, seconds, counts)"
                    " values (?, ?, ?, ?, ?) on conflict (run_id, stage) do update set"
                    " seconds = seconds + excluded.seconds, counts = excluded.counts,"
                    " row_count = excluded.row_count",
                    (
                        counts.pop("row_count", None),
                        run_id,
                        stage,
                        seconds,
                        json.dumps(counts, default=str),
                    ),
                )

    def failed(self, run_id: str, failure: Failure, *, found_by: str = "") -> None:
        """A stage ended with this error; another try that goes well takes it back."""
        checks = ", ".join(failure.checks)
        with self._store.transaction() as db:
            db.execute(
                "insert or replace into run_failures values (?, ?, ?, ?, ?)",
                (run_id, failure.stage, failure.error, checks, found_by or run_id),
            )

    def trying(self, run_id: str, stage: str) -> None:
        """A stage begins, maybe once more: what ended it before counts no more."""
        with self._store.transaction() as db:
            db.execute("delete from run_failures where run_id = ? and stage = ?", (run_id, stage))
            db.execute(
                "update runs set outcome = iif(build_id is null, null, 'done'),"
                " ended_at = iif(build_id is null, null, ended_at) where run_id = ?"
                " and outcome <> 'done' and not exists"
                " (select 1 from run_failures f where f.run_id = runs.run_id)",
                (run_id,),
            )

    def failures(self, run_id: str) -> list[tuple[str, Failure]]:
        """(run, failure) of this run, and of those that it found cut off when it began."""
        rows = self._store.query(
            "select * from run_failures where found_by = ? order by rowid", [run_id]
        )
        return [(row["run_id"], Failure(row["stage"], row["error"], _checks(row))) for row in rows]

    def cut_off(self, found_by: str) -> list[str]:
        """Note that all runs but this one ended without a word; only who is alone may know that."""
        rows = self._store.query(
            "select run_id from runs where ended_at is null and run_id <> ?", [found_by]
        )
        for row in rows:
            stages = list(self.stages(row["run_id"]))
            last = f"after {stages[-1]}" if stages else "in its first stage"
            self.failed(row["run_id"], Failure(last, _CUT_OFF), found_by=found_by)
            self.end(row["run_id"], "cut off")
        return [row["run_id"] for row in rows]

    def end(self, run_id: str, outcome: str, build_id: str | None = None) -> None:
        """`outcome` is `done` or the kind of error; a later end of the same run replaces it,
        but not the build that it published."""
        with self._store.transaction() as db:
            db.execute(
                "update runs set ended_at = ?, outcome = ?, build_id = coalesce(?, build_id)"
                " where run_id = ?",
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

    def statistics(self) -> list[dict[str, Any]]:
        """One row per run and stage, oldest first: seconds, rows written, how the run ended."""
        rows = self._store.query(
            "select r.run_id, r.started_at, r.ended_at, r.as_of, r.full, r.outcome, r.build_id,"
            " s.stage, s.seconds, s.row_count from runs r join run_stages s using (run_id)"
            " order by r.rowid, s.rowid"
        )
        return [dict(row) for row in rows]

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")

    def last_ended(self) -> tuple[str, str] | None:
        """(run id, moment) of the run that ended last, however it did."""
        rows = self._store.query(
            "select run_id, ended_at from runs where ended_at is not null"
            " order by ended_at desc, rowid desc limit 1"
        )
        return (rows[0]["run_id"], rows[0]["ended_at"]) if rows else None

    def last_good(self) -> str | None:
        """When the run ended that was the last to end well."""
        rows = self._store.query("select max(ended_at) as at from runs where outcome = 'done'")
        return str(rows[0]["at"]) if rows[0]["at"] else None

    def quarantined(self) -> int:
        """Rows in quarantine, by each gate's latest word."""
        rows = self._store.query(
            "select counts from run_stages s where stage like 'gate %' and rowid ="
            " (select max(rowid) from run_stages where stage = s.stage)"
        )
        return sum(json.loads(row["counts"]).get("quarantined", 0) for row in rows)

    def latest(self) -> dict[str, Any] | None:
        rows = self._store.query("select * from runs order by rowid desc limit 1")
        return dict(rows[0]) if rows else None


def _checks(row: sqlite3.Row) -> tuple[str, ...]:
    return tuple(row["checks"].split(", ")) if row["checks"] else ()
