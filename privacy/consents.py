"""Consents and withdrawals that were given to us and not to a source: append-only, with evidence.

In: what a form, an API or a clerk heard. Out: `consent_events` in the operational store, which
the marts read beside the sources' own events (through `serving.exports`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Literal

from privacy.suppressions import canonical_address
from stamm.errors import UsageError
from stamm.store import Store, append_only

Channel = Literal["email", "sms", "phone", "post"]
Event = Literal["granted", "confirmed", "withdrawn"]

DDL = [
    """
    create table consent_events (
      consent_event_id text primary key, record_id text, address text not null,
      channel text not null check (channel in ('email', 'sms', 'phone', 'post')),
      purpose text not null, occurred_at text not null, evidence text,
      event text not null check (event in ('granted', 'confirmed', 'withdrawn'))
    )
    """,
    *append_only("consent_events"),
]


@dataclass(frozen=True)
class ConsentEvent:
    """One statement about an address, a channel and a purpose; `record_id` if it is known."""

    address: str
    channel: Channel
    event: Event
    occurred_at: datetime
    evidence: str | None
    record_id: str | None = None
    purpose: str = "marketing"


def record_consent(store: Store, stated: ConsentEvent) -> str:
    """Append the event and return its id; telling it twice of the same record adds nothing.

    Raises UsageError for a grant or a confirmation that nothing proves.
    """
    if stated.event != "withdrawn" and not (stated.evidence or "").strip():
        raise UsageError(
            f"expected evidence for a consent that was {stated.event}, found none",
            hint="Say where and how it was given; Art. 7 (1) GDPR asks for proof.",
        )
    store.migrate("consent_events", DDL)
    moment = stated.occurred_at.astimezone(UTC).isoformat()
    address = canonical_address(stated.address, stated.channel)
    told = (stated.channel, stated.event, address, stated.purpose, moment, stated.record_id)
    content = "|".join(part for part in told if part is not None)
    event_id = blake2b(content.encode(), digest_size=16).hexdigest()
    row = (
        *(event_id, stated.record_id, address, stated.channel, stated.purpose),
        *(moment, stated.evidence, stated.event),
    )
    with store.transaction() as db:
        db.execute("insert or ignore into consent_events values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return event_id
