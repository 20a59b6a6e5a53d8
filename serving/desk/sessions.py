"""Sessions: who a browser speaks for, until it is idle, old, or ended on the server.

In: a user that was let in. Out: a random token for a cookie, of which the operational store keeps
only a keyed hash. Times are those of OWASP's cheat sheet for work of middling risk.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from serving.desk.users import User, user
from stamm.store import Store

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
_SEEN_EVERY = timedelta(minutes=1)  # a write per request would wait for every run
DDL = [
    """
    create table desk_sessions (
      session text primary key, name text not null, began_at text not null,
      seen_at text not null, occasion text not null
    )
    """
]


@dataclass(frozen=True)
class Session:
    """`occasion` is what the person said to be working on: why data of people are read."""

    token: str
    user: User
    began_at: datetime
    occasion: str


def prepare(store: Store) -> None:
    """Make the table where it is missing."""
    store.migrate("desk_sessions", DDL)


def begin(store: Store, name: str, *, at: datetime) -> str:
    """A new session; its token, which is told this once. Sessions that are over are forgotten."""
    prepare(store)
    token = secrets.token_urlsafe(32)
    with store.transaction() as db:
        db.execute(
            "delete from desk_sessions where began_at < ? or seen_at < ?",
            ((at - LONGEST).isoformat(), (at - IDLE).isoformat()),
        )
        db.execute(
            "insert into desk_sessions values (?, ?, ?, ?, '')",
            (_hash(store, token), name, at.isoformat(), at.isoformat()),
        )
    return token


def session_of(store: Store, token: str, *, at: datetime) -> Session | None:
    """The session that this token holds, if it is neither idle nor old and its user may still."""
    prepare(store)
    rows = store.query("select * from desk_sessions where session = ?", [_hash(store, token)])
    if not rows:
        return None
    began, seen = (datetime.fromisoformat(rows[0][c]) for c in ("began_at", "seen_at"))
    who = user(store, rows[0]["name"])
    over = at - began >= LONGEST or at - seen >= IDLE
    if who is None or who.closed_at or over or began < who.changed_at:
        end(store, token)
        return None
    if at - seen >= _SEEN_EVERY:
        _update(store, token, "seen_at", at.isoformat())
    return Session(token, who, began, rows[0]["occasion"])


def state_occasion(store: Store, token: str, occasion: str) -> None:
    """What the person works on from now on."""
    _update(store, token, "occasion", occasion)


def end(store: Store, token: str) -> None:
    """From now on the token opens nothing."""
    prepare(store)
    with store.transaction() as db:
        db.execute("delete from desk_sessions where session = ?", (_hash(store, token),))


def csrf_of(store: Store, token: str) -> str:
    """What a form of this session carries; nobody can tell it who has not the page."""
    key = store.secret("desk_csrf")
    return blake2b(token.encode(), key=key, digest_size=24).hexdigest()


def is_csrf(store: Store, token: str, told: str) -> bool:
    """Whether a form is one of this session."""
    return hmac.compare_digest(csrf_of(store, token).encode(), told.encode())


def _update(store: Store, token: str, column: str, value: str) -> None:
    with store.transaction() as db:
        db.execute(
            f"update desk_sessions set {column} = ? where session = ?", (value, _hash(store, token))
        )


def _hash(store: Store, token: str) -> str:
    key = store.secret("desk_sessions")
    return blake2b(token.encode(), key=key, digest_size=32).hexdigest()
