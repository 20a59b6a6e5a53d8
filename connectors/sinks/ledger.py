"""What each target holds, and what was tried: the memory of the sinks, in the operational store.

An intent is written before its change is sent and goes only with a result that is final (sent or
refused). Whatever happens between, the next push finds it and sends the same change id again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.sinks.difference import ABSENT, Held, Wish, after, given_up, serves
from connectors.sinks.sink import Change, Result
from stamm.clock import Clock
from stamm.redaction import redact
from stamm.store import Store, append_only

_TABLES = """
create table sink_rows (
  sink text not null, party_id text not null, state text not null, external_key text,
  into_party_id text, field_values text not null, uncertain text not null, refused text,
  operation text not null, outcome text not null, reason text not null,
  attempts integer not null, changed_at text not null, primary key (sink, party_id)
);
create table sink_intents (
  sink text not null, party_id text not null, change_id text not null unique,
  operation text not null, fields text not null, varied text not null, into_party_id text,
  tried integer not null, intended_at text not null, primary key (sink, party_id)
);
create table sink_log (
  seq integer primary key, sink text not null, change_id text not null, party_id text not null,
  operation text not null, outcome text not null, reason text not null, noted_at text not null
);
create table sink_sent (
  seq integer primary key, sink text not null, external_key text not null,
  party_id text not null, field text not null, value text, sent_at text not null
);
create index sink_sent_by_key on sink_sent (sink, external_key);
"""
MIGRATIONS = [_TABLES, *append_only("sink_log")]


@dataclass(frozen=True)
class Letter:
    """A row that the target does not hold as it should: what was tried last, and what it said."""

    party_id: str
    operation: str
    outcome: str
    reason: str
    attempts: int
    changed_at: str


class Ledger:
    """Of one target."""

    def __init__(self, store: Store, sink: str, clock: Clock) -> None:
        store.migrate("sinks", MIGRATIONS)
        self._store = store
        self._sink = sink
        self._clock = clock

    def held(self) -> dict[str, Held]:
        """What the target holds, by party."""
        rows = self._store.query("select * from sink_rows where sink = ?", [self._sink])
        return {row["party_id"]: _held(row) for row in rows}

    def intents(self) -> list[Change]:
        """Changes of which nobody knows whether they arrived, in the order they were meant."""
        rows = self._store.query(
            "select i.*, r.external_key, s.external_key as into_external_key from sink_intents as i"
            " left join sink_rows as r on r.sink = i.sink and r.party_id = i.party_id"
            " left join sink_rows as s on s.sink = i.sink and s.party_id = i.into_party_id"
            " where i.sink = ? order by i.rowid",
            [self._sink],
        )
        return [_change(row) for row in rows]

    def intend(self, changes: Iterable[Change]) -> None:
        """Note what is about to be sent; what was noted before is sent once more."""
        with self._store.transaction() as db:
            for change in changes:
                before = self._intent(db, change)
                if before is None:
                    self._open(db, change)
                else:
                    self._retry(db, change, before)

    def _open(self, db: sqlite3.Connection, change: Change) -> None:
        db.execute(
            "insert into sink_intents values (?, ?, ?, ?, ?, '[]', ?, 0, ?)",
            (self._sink, change.party_id, change.change_id, change.operation,
             json.dumps(dict(change.fields)), change.into_party_id, self._now()),
        )  # fmt: skip

    def _retry(self, db: sqlite3.Connection, change: Change, before: sqlite3.Row) -> None:
        sent = json.loads(before["fields"])
        varied = {name for name, value in change.fields.items() if sent[name] != value}
        db.execute(
            "update sink_intents set tried = tried + 1, varied = ? where change_id = ?",
            (json.dumps(sorted({*json.loads(before["varied"]), *varied})), change.change_id),
        )

    def has_intent(self, change: Change) -> bool:
        """Whether it is open, so that it may have been sent."""
        return bool(
            self._store.query("select 1 from sink_intents where change_id = ?", [change.change_id])
        )

    def forget(self, parties: Iterable[str]) -> None:
        """Keep no value of these, who are gone: only what the target has yet to be told.

        What came back from there stays known as sent until the target deleted it.
        """
        with self._store.transaction() as db:
            db.executemany(
                "update sink_rows set field_values = '{}', uncertain = '[]'"
                " where sink = ? and party_id = ?",
                [(self._sink, party) for party in parties],
            )

    def forget_sent(self, parties: Iterable[str]) -> None:
        """Of these not even that."""
        with self._store.transaction() as db:
            db.executemany(
                "delete from sink_sent where sink = ? and party_id = ?",
                [(self._sink, party) for party in parties],
            )

    def note(self, change: Change, result: Result, wish: Wish) -> None:
        """Note what became of a change, with all that follows from it."""
        with self._store.transaction() as db:
            intent = self._intent(db, change)
            held = self._held_of(db, change.party_id)
            if result.outcome == "sent":
                key = result.external_key or change.external_key or held.external_key
                held = after(held, replace(change, external_key=key), json.loads(intent["varied"]))
                self._remember(db, change, key)
            elif result.outcome == "refused":
                # It may have said yes to the same change before, and not been heard.
                if intent["tried"]:
                    held = given_up(held, change.operation, change.fields)
                if serves(change, wish):
                    held = replace(held, refused=wish.digest())
            if result.outcome != "failed":
                self._close(db, change)
            self._write(db, change, held, result)

    def give_up(self, change: Change) -> None:
        """Take back an intent that may not be sent again; it may have arrived."""
        with self._store.transaction() as db:
            held = given_up(self._held_of(db, change.party_id), change.operation, change.fields)
            self._close(db, change)
            reason = "taken back: it is not so any more"
            self._write(db, change, held, Result(change.change_id, "refused", None, reason))

    def letters(self) -> list[Letter]:
        """Rows that were refused, failed when tried last, or went without something; by party."""
        rows = self._store.query(
            "select * from sink_rows where sink = ? and (outcome <> 'sent' or reason <> '') "
            "order by party_id",
            [self._sink],
        )
        return [Letter(*(row[name] for name in Letter.__dataclass_fields__)) for row in rows]

    def _remember(self, db: sqlite3.Connection, change: Change, key: str | None) -> None:
        """Values that come back from there say nothing new; of who is deleted nothing stays."""
        if change.operation == "delete":
            db.execute(
                "delete from sink_sent where sink = ? and party_id = ?",
                (self._sink, change.party_id),
            )
        if key is None or not change.fields:
            return
        db.executemany(
            "insert into sink_sent (sink, external_key, party_id, field, value, sent_at)"
            " values (?, ?, ?, ?, ?, ?)",
            [
                (self._sink, key, change.party_id, name, _text(value), self._now())
                for name, value in change.fields.items()
            ],
        )

    def _intent(self, db: sqlite3.Connection, change: Change) -> Any:
        return db.execute(
            "select fields, varied, tried from sink_intents where change_id = ?",
            (change.change_id,),
        ).fetchone()

    def _close(self, db: sqlite3.Connection, change: Change) -> None:
        db.execute("delete from sink_intents where change_id = ?", (change.change_id,))

    def _held_of(self, db: sqlite3.Connection, party_id: str) -> Held:
        row = db.execute(
            "select * from sink_rows where sink = ? and party_id = ?", (self._sink, party_id)
        ).fetchone()
        return _held(row) if row else ABSENT

    def _write(self, db: sqlite3.Connection, change: Change, held: Held, result: Result) -> None:
        reason = redact(result.reason)
        said = (change.operation, result.outcome, reason)
        db.execute(
            "insert into sink_rows values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)"
            " on conflict (sink, party_id) do update set state = excluded.state,"
            " external_key = excluded.external_key, into_party_id = excluded.into_party_id,"
            " field_values = excluded.field_values, uncertain = excluded.uncertain,"
            " refused = excluded.refused, operation = excluded.operation,"
            " outcome = excluded.outcome, reason = excluded.reason,"
            " changed_at = excluded.changed_at,"
            " attempts = case when outcome = 'sent' then 1 else attempts + 1 end",
            (self._sink, change.party_id, held.state, held.external_key, held.into_party_id,
             json.dumps(dict(held.values)), json.dumps(sorted(held.uncertain)), held.refused,
             *said, self._now()),
        )  # fmt: skip
        db.execute(
            "insert into sink_log (sink, change_id, party_id, operation, outcome, reason, noted_at)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (self._sink, change.change_id, change.party_id, *said, self._now()),
        )

    def _now(self) -> str:
        return self._clock.now().isoformat()


def names(store: Store) -> list[str]:
    """All targets that were ever told something, also those that are not declared any more."""
    if not store.has_table("sink_rows"):
        return []
    return [row["sink"] for row in store.query("select distinct sink from sink_rows order by 1")]


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the ledger keeps and compares them: texts, numbers, truth and nothing."""
    return {name: value if _is_plain(value) else str(value) for name, value in values.items()}


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | bool | int | float)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _held(row: sqlite3.Row) -> Held:
    return Held(
        row["state"],
        row["external_key"],
        row["into_party_id"],
        json.loads(row["field_values"]),
        frozenset(json.loads(row["uncertain"])),
        row["refused"],
    )


def _change(row: sqlite3.Row) -> Change:
    return Change(
        row["change_id"],
        row["operation"],
        row["party_id"],
        json.loads(row["fields"]),
        row["external_key"],
        row["into_party_id"],
        row["into_external_key"],
    )
