"""Alerts that were raised, and to whom they were told, in the operational store.

An alert is raised once, whoever sees the failure: the command, the sensor, or both. It waits for
each channel by itself until that channel took it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from orchestration.alerts.kinds import KINDS, Alert
from orchestration.runs import Failure, RunLog
from stamm.clock import Clock
from stamm.ids import new_ulid
from stamm.redaction import redact
from stamm.store import Store

_TABLES = """
create table alerts (
  alert_id text primary key, kind text not null, run_id text not null, stage text not null,
  checks text not null, raised_at text not null, unique (kind, run_id, stage, checks)
);
create table alert_deliveries (
  alert_id text not null, channel text not null, delivered_at text, attempts integer not null,
  tried_at text, reason text not null, primary key (alert_id, channel)
);
"""
_REFUSALS = "alter table alert_deliveries add column refusals integer not null default 0"
_MOST_REFUSALS = 5
_AGAIN = timedelta(hours=24)  # a failure that goes on is told once a day, not once an hour


@dataclass(frozen=True)
class Delivery:
    """One alert at one channel. `delivered_at` is None as long as it waits, or for ever if it is
    given up because the receiver itself refused it, once a day, for five days."""

    alert: Alert
    channel: str
    delivered_at: str | None
    attempts: int
    tried_at: str
    refusals: int
    reason: str

    @property
    def is_given_up(self) -> bool:
        return self.delivered_at is None and self.refusals >= _MOST_REFUSALS

    @property
    def state(self) -> str:
        """When it was taken, or why not."""
        if self.is_given_up:
            return f"given up: {self.reason}"
        return self.delivered_at or f"waits: {self.reason or 'not tried yet'}"


class AlertLedger:
    """The only writer of its tables."""

    def __init__(self, store: Store, clock: Clock) -> None:
        RunLog(store)  # whether a failure goes on is read from its tables
        store.migrate("alerts", [_TABLES, _REFUSALS])
        self._store = store
        self._clock = clock

    def note(self, kind: str, run_id: str, failure: Failure, channels: Iterable[str]) -> str | None:
        """Raise an alert for these channels; None if it is known already, or told of late."""
        checks = ", ".join(failure.checks)
        with self._store.transaction() as db:
            if self._is_known(db, kind, run_id, failure.stage, checks):
                return None
            alert_id = new_ulid(self._clock)
            db.execute(
                "insert into alerts values (?, ?, ?, ?, ?, ?)",
                (alert_id, kind, run_id, failure.stage, checks, self._now()),
            )
            db.executemany(
                "insert into alert_deliveries (alert_id, channel, attempts, reason)"
                " values (?, ?, 0, '')",
                [(alert_id, channel) for channel in channels],
            )
        return alert_id

    def _is_known(
        self, db: sqlite3.Connection, kind: str, run_id: str, stage: str, checks: str
    ) -> bool:
        """The same of this run, or of one before it with no run between them that ended well."""
        lately = (self._clock.now() - _AGAIN).isoformat()
        return bool(
            db.execute(
                "select 1 from alerts a where kind = ? and stage = ? and checks = ? and"
                " (run_id = ? or (raised_at > ? and kind <> 'test' and not exists ("
                " select 1 from runs r where r.outcome = 'done' and r.ended_at > a.raised_at"
                " and r.run_id <> ?)))",
                (kind, stage, checks, run_id, lately, run_id),
            ).fetchone()
        )

    def waiting(self) -> list[Delivery]:
        """What no channel took yet and is not given up, oldest first."""
        return [d for d in self.undelivered() if not d.is_given_up]

    def due(self) -> list[Delivery]:
        """Of what waits: what was never refused, or last a day ago."""
        yesterday = (self._clock.now() - _AGAIN).isoformat(timespec="seconds")
        return [d for d in self.waiting() if not d.refusals or d.tried_at <= yesterday]

    def undelivered(self) -> list[Delivery]:
        """What no channel took, oldest first, also what is given up."""
        return [d for d in self.all() if d.delivered_at is None]

    def all(self) -> Sequence[Delivery]:
        """Every alert at every channel, oldest first."""
        rows = self._store.query(
            "select a.*, d.channel, d.delivered_at, d.attempts, d.tried_at, d.refusals,"
            " d.reason from alerts a"
            " join alert_deliveries d using (alert_id) order by alert_id, channel"
        )
        return [
            Delivery(
                _alert(row),
                row["channel"],
                row["delivered_at"],
                row["attempts"],
                row["tried_at"] or "",
                row["refusals"],
                row["reason"],
            )
            for row in rows
        ]

    def raised(self) -> list[Alert]:
        """Every alert, oldest first, also those raised while nobody was to be told."""
        return [_alert(row) for row in self._store.query("select * from alerts order by alert_id")]

    def told(self, delivery: Delivery, reason: str = "", *, refused: bool = False) -> None:
        """The channel took it; or it did not, for this reason; or its receiver refused it."""
        with self._store.transaction() as db:
            db.execute(
                "update alert_deliveries set attempts = attempts + 1, tried_at = ?, reason = ?,"
                " refusals = refusals + ?, delivered_at = ? where alert_id = ? and channel = ?",
                (self._now(), redact(reason), refused, None if reason else self._now(),
                 delivery.alert.alert_id, delivery.channel),
            )  # fmt: skip

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")


def _alert(row: sqlite3.Row) -> Alert:
    checks = tuple(row["checks"].split(", ")) if row["checks"] else ()
    return Alert(
        row["alert_id"], KINDS[row["kind"]], row["run_id"], row["stage"], checks, row["raised_at"]
    )
