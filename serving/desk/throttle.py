"""Guessing passwords is slow: so many failures, by name and by address, then a wait.

In: each failure to log in. Out: seconds to wait. Names are kept as keyed hashes only, because
people type their password there; the failures outlive a restart of the server.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

from stamm.store import Store

WINDOW = timedelta(minutes=15)
BY_NAME = 10
BY_ADDRESS = 50
DDL = [
    """
    create table desk_failures (by text not null, at text not null);
    create index desk_failures_by on desk_failures (by, at);
    """
]


def seconds_to_wait(store: Store, name: str, address: str, *, at: datetime) -> int:
    """0 if this name may be tried from this address now."""
    store.migrate("desk_failures", DDL)
    limits = ((_of(store, "name", name), BY_NAME), (_of(store, "address", address), BY_ADDRESS))
    return max(_wait(store, by, limit, at) for by, limit in limits)


def failed(store: Store, name: str, address: str, *, at: datetime) -> None:
    """Count one failure; those that are too old to matter are forgotten."""
    store.migrate("desk_failures", DDL)
    rows = [(_of(store, "name", name), at.isoformat()),
            (_of(store, "address", address), at.isoformat())]  # fmt: skip
    with store.transaction() as db:
        db.execute("delete from desk_failures where at < ?", ((at - WINDOW).isoformat(),))
        db.executemany("insert into desk_failures values (?, ?)", rows)


def succeeded(store: Store, name: str) -> None:
    """Failures with this name count no more; those from the address do."""
    store.migrate("desk_failures", DDL)
    with store.transaction() as db:
        db.execute("delete from desk_failures where by = ?", (_of(store, "name", name),))


def _wait(store: Store, by: str, limit: int, at: datetime) -> int:
    """Until the failure that is `limit` back leaves the window."""
    rows = store.query(
        "select at from desk_failures where by = ? and at > ? order by at desc limit 1 offset ?",
        [by, (at - WINDOW).isoformat(), limit - 1],
    )
    if not rows:
        return 0
    free = datetime.fromisoformat(rows[0]["at"]) + WINDOW
    return max(int((free - at).total_seconds()) + 1, 1)


def _of(store: Store, kind: str, value: str) -> str:
    key = store.secret("desk_failures")
    return blake2b(f"{kind}:{value}".encode(), key=key, digest_size=16).hexdigest()
