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
]


@dataclass(frozen=True)
class Suppression:
    """One entry: of a party id as it was named, or of an address in canonical spelling."""

    party_id: str | None
    address: str | None
    reason: str
    since: datetime


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
    rows = store.query("select * from suppressions order by seq")
    return [
        Suppression(
            row["party_id"], row["address"], row["reason"], datetime.fromisoformat(row["since"])
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
            "insert into suppressions (party_id, address, reason, since) values (?, ?, ?, ?)",
            (party_id, address, reason, at.astimezone(UTC).isoformat()),
        )
