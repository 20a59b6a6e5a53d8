"""The audit trail of the Desk: who did what and when, so that editing shows.

In: one entry per deed. Out: rows that the store refuses to change or to delete, each with a hash
over itself and the one before; `verify` says where the chain breaks. Whoever can write to the file
can also make the whole chain anew: the number and hash of the last entry, noted elsewhere (`Head`),
show that, too.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from stamm.errors import UsageError
from stamm.store import Store, append_only

DDL = [
    """
    create table desk_audit (
      seq integer primary key, at text not null, actor text not null, action text not null,
      subject text not null, detail text not null, digest text not null
    );
    create index desk_audit_by_subject on desk_audit (subject);
    """,
    *append_only("desk_audit"),
]
_BEGINNING = "0" * 64
_LONGEST = 18  # digits of a number that the store can hold


@dataclass(frozen=True)
class Entry:
    """One deed. `subject` is a golden id, a record id, a user, or empty."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    digest: str


@dataclass(frozen=True)
class Head:
    """Where the trail ends: worth noting where nobody of this machine can write."""

    seq: int
    digest: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"

    @staticmethod
    def read(text: str) -> Head:
        """As `str` wrote it. UsageError for other words."""
        seq, _, digest = text.partition(":")
        if not seq.isdecimal() or len(seq) > _LONGEST or len(digest) != len(_BEGINNING):
            raise UsageError(f"expected NUMBER:HASH as `stamm desk audit` tells it, found {text!r}")
        return Head(int(seq), digest)


def note(
    store: Store, actor: str, action: str, *, at: datetime, subject: str = "", detail: str = ""
) -> None:
    """Append a deed; in a transaction of the caller it stands or falls with what is done."""
    store.migrate("desk_audit", DDL)
    with store.transaction() as db:
        [last] = db.execute("select coalesce(max(seq), 0) as seq from desk_audit").fetchall()
        before = head(store).digest
        told = (last["seq"] + 1, at.isoformat(), actor, action, subject, detail)
        digest = _digest(store, before, told)
        db.execute("insert into desk_audit values (?, ?, ?, ?, ?, ?, ?)", (*told, digest))


def head(store: Store) -> Head:
    """The last entry's number and hash."""
    store.migrate("desk_audit", DDL)
    rows = store.query("select seq, digest from desk_audit order by seq desc limit 1")
    return Head(rows[0]["seq"], rows[0]["digest"]) if rows else Head(0, _BEGINNING)


def entries(store: Store, *, limit: int = 100, before: int | None = None) -> list[Entry]:
    """Newest first; `before` is the number of the last one on the page before."""
    store.migrate("desk_audit", DDL)
    rows = store.query(
        "select * from desk_audit where seq < ? order by seq desc limit ?",
        [before if before is not None else 2**62, limit],
    )
    return [_entry(row) for row in rows]


def verify(store: Store, noted: Head | None = None) -> list[str]:
    """What is wrong with the trail, one line each; empty if nothing is."""
    store.migrate("desk_audit", DDL)
    return [*_broken(store), *(_differs(store, noted) if noted else ())]


def _broken(store: Store) -> Iterator[str]:
    before, expected = _BEGINNING, 1
    for row in store.query("select * from desk_audit order by seq"):
        if row["seq"] != expected:
            yield f"entry {expected}: missing, the next one is {row['seq']}"
        told = tuple(row[c] for c in ("seq", "at", "actor", "action", "subject", "detail"))
        if not hmac.compare_digest(_digest(store, before, told), row["digest"]):
            yield f"entry {row['seq']}: it, or what came before it, is not as it was written"
        before, expected = row["digest"], row["seq"] + 1


def _differs(store: Store, noted: Head) -> Iterator[str]:
    rows = store.query("select digest from desk_audit where seq = ?", [noted.seq])
    if not rows:
        yield f"entry {noted.seq}: was noted and is not there any more"
    elif not hmac.compare_digest(rows[0]["digest"], noted.digest):
        yield f"entry {noted.seq}: is not the one that was noted"


def _digest(store: Store, before: str, told: tuple[object, ...]) -> str:
    """Keyed, so that who reads a copy of the table cannot go on with it."""
    content = json.dumps([before, *told], ensure_ascii=False).encode()
    return hmac.new(store.secret("desk_audit"), content, sha256).hexdigest()


def _entry(row: object) -> Entry:
    found = dict(row)  # type: ignore[call-overload]  # a row of SQLite is a mapping
    return Entry(**{**found, "at": datetime.fromisoformat(found["at"])})
