"""The log of reads: whose data went to whom and why, for answers under Art. 15 (1) c GDPR.

In: one entry per person and answer. Out: rows of `api_reads` in the operational store, appended.
Entries that come while others are written share the next transaction, and an answer leaves when
its own are durable. While a run holds the store longer than an answer may wait, the answer goes and
its entries stay queued until they are written, at the latest when the server ends.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from serving.api.keys import DDL as KEYS
from stamm.errors import StoreBusy
from stamm.store import Store, append_only

WAIT_SECONDS = 2.0
_AGAIN_SECONDS = 1.0

DDL = [
    """
    create table api_reads (
      seq integer primary key, at text not null, key_id text not null, purpose text not null,
      operation text not null, build_id text not null, party_id text
    );
    create index api_reads_by_party on api_reads (party_id);
    """,
    *append_only("api_reads"),
]


@dataclass(frozen=True)
class Read:
    """One person's data in one answer; `party_id` is None where the whole build went out."""

    at: datetime
    key_id: str
    purpose: str
    operation: str
    build_id: str
    party_id: str | None


class ReadLog:
    """Writes in a thread of its own, with a connection of its own."""

    def __init__(self, store: Store, wait_seconds: float = WAIT_SECONDS) -> None:
        store.migrate("api_reads", DDL)
        self._store, self._wait = store, wait_seconds
        self._changed = threading.Condition()
        self._queue: list[Read] = []
        self._taken = self._written = 0  # entries queued, entries durable; both only grow
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="reads", daemon=True)
        self._thread.start()

    def add(self, reads: Sequence[Read]) -> bool:
        """Queues the entries; True if they are durable, False if they still wait for the store."""
        if not reads:
            return True
        with self._changed:
            self._queue += reads
            self._taken += len(reads)
            mine = self._taken
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._written >= mine, self._wait)

    def close(self) -> None:
        """Writes what is left, however long that takes."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                batch, self._queue = self._queue, []
            if not batch:
                return
            self._write(batch)
            with self._changed:
                self._written += len(batch)
                self._changed.notify_all()

    def _write(self, batch: list[Read]) -> None:
        rows = [
            (r.at.isoformat(), r.key_id, r.purpose, r.operation, r.build_id, r.party_id)
            for r in batch
        ]
        while True:
            try:
                with self._store.transaction() as db:
                    db.executemany(_INSERT, rows)
            except (StoreBusy, sqlite3.OperationalError) as busy:
                logging.getLogger("stamm").warning("%d reads wait for the store: %s",
                                                   len(rows), busy)  # fmt: skip
                threading.Event().wait(_AGAIN_SECONDS)
            else:
                return


_INSERT = (
    "insert into api_reads (at, key_id, purpose, operation, build_id, party_id)"
    " values (?, ?, ?, ?, ?, ?)"
)


def reads_of(store: Store, parties: Collection[str]) -> list[tuple[Read, str]]:
    """Who was told of these ids and when, oldest first, each with the name of its key.

    Answers that held a whole build are among them, whether or not the ids were in that build. A
    page of the Desk has no key: its `key_id` is `desk:` and the user, and so is the name.
    """
    store.migrate("api_reads", DDL)
    store.migrate("api_keys", KEYS)
    among = ", ".join("?" * len(parties))
    rows = store.query(
        "select r.*, coalesce(k.name, r.key_id) as name"
        " from api_reads as r left join api_keys as k using (key_id)"
        f" where r.party_id is null or r.party_id in ({among}) order by r.seq",
        sorted(parties),
    )
    return [
        (
            Read(
                datetime.fromisoformat(row["at"]).astimezone(UTC),
                *(row["key_id"], row["purpose"], row["operation"]),
                *(row["build_id"], row["party_id"]),
            ),
            row["name"],
        )
        for row in rows
    ]
