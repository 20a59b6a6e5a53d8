"""Who must not be shown, sent or written to any more, whatever a build says.

Append-only, in the operational store. The next run keeps suppressed parties and addresses out of
the outbox; readers of published builds leave them out at once, in older builds as well.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from stamm.errors import UsageError
from stamm.store import Store, append_only

Reason = Literal["objection", "restriction", "erasure"]

DDL = [
    """
    create table suppressions (
      seq integer primary key, party_id text, address text, reason text not null,
      since text not null, check ((party_id is null) <> (address is null))
    )
    """,
    *append_only("suppressions"),
    # How far the ledger of ids went; null where it was empty, and in entries older than this.
    "alter table suppressions add column memberships_seq integer",
    "alter table suppressions add column events_seq integer",
]
_LEDGER = ("party_memberships", "party_events")


@dataclass(frozen=True)
class Suppression:
    """One entry: of a party id as it was named, or of an address in canonical spelling.

    `memberships_seq` and `events_seq`: how far the ledger of ids went when it was stated.
    """

    party_id: str | None
    address: str | None
    reason: str
    since: datetime
    memberships_seq: int | None = None
    events_seq: int | None = None


def suppress_party(store: Store, party_id: str, *, reason: Reason, at: datetime) -> None:
    """From now on this party, and whatever it is merged into, leaves no read path."""
    _append(store, party_id, None, reason, at)


def suppress_address(store: Store, address: str, *, reason: Reason, at: datetime) -> None:
    """From now on this e-mail address or phone number is given to nobody."""
    canonical = canonical_address(address)
    if not canonical:
        raise UsageError("expected an e-mail address or a phone number, found none")
    _append(store, None, canonical, reason, at)


def suppressions(store: Store) -> list[Suppression]:
    """All entries in order; a store that never held one has none."""
    if not store.has_table("suppressions"):
        return []
    store.migrate("suppressions", DDL)
    rows = store.query("select * from suppressions order by seq")
    return [
        Suppression(
            row["party_id"],
            row["address"],
            row["reason"],
            datetime.fromisoformat(row["since"]),
            row["memberships_seq"],
            row["events_seq"],
        )
        for row in rows
    ]


def canonical_address(address: str, channel: str | None = None) -> str:
    """One spelling per address: mailboxes in lower case, numbers as `+` and digits.

    For `post` the words and numbers in lower case: the digits alone are those of strangers too.
    """
    trimmed = address.strip().lower()
    if "@" in trimmed or channel == "email":
        return trimmed
    if channel == "post" and any(map(str.isalpha, trimmed)):
        return _words(address)
    return re.sub(r"[^0-9+]", "", trimmed)


def _words(address: str) -> str:
    """Letters and numbers, all else a space; letter by letter, as SQL makes them small."""
    small = "".join(letter.lower()[0] for letter in unicodedata.normalize("NFC", address))
    return re.sub(r"[\W_]+", " ", small).strip()


def _append(
    store: Store, party_id: str | None, address: str | None, reason: Reason, at: datetime
) -> None:
    if reason not in get_args(Reason):
        raise UsageError(f"expected a reason ({', '.join(get_args(Reason))}), found {reason!r}")
    store.migrate("suppressions", DDL)
    with store.transaction() as db:
        db.execute(
            "insert into suppressions (party_id, address, reason, since, memberships_seq,"
            " events_seq) values (?, ?, ?, ?, ?, ?)",
            (party_id, address, reason, at.astimezone(UTC).isoformat(), *_ledger_ends(store)),
        )


def _ledger_ends(store: Store) -> list[int | None]:
    """A run that is at work dates what it writes by its start, so a moment does not tell."""
    if not store.has_table(_LEDGER[0]):
        return [None, None]
    return [store.query(f"select max(seq) as n from {table}")[0]["n"] for table in _LEDGER]
