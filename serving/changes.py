"""What the change feed tells, as values: entries, what they add up to, and how two states differ.

Pure; `serving.feed` writes and reads them, consumers replay them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Operation = Literal["ADD", "MOD", "DEL", "MERGE", "SPLIT", "WITHDRAW"]
Values = dict[str, Any]

# What a consumer holds of a party. `cohesion` and `last_seen` move without any news about it.
FIELDS = (
    "party_type",
    "title",
    "given_name",
    "family_name",
    "full_name",
    "company_name",
    "legal_form",
    "birth_date",
    "email",
    "phone",
    "street",
    "house_number",
    "postcode",
    "city",
    "country",
    "vat_id",
    "website_domain",
    "restricted",
    "records",
    "sources",
    "first_seen",
)
# Of customers, out of `customer_360`.
PERMISSIONS = ("permission_email", "permission_sms", "permission_phone", "permission_post")


@dataclass(frozen=True)
class Change:
    """One entry. `other_party_id`: whom a MERGE went into, or a SPLIT came out of."""

    cursor: int
    build_id: str
    at: datetime
    operation: Operation
    party_id: str
    other_party_id: str | None
    fields: Values


def replay(
    changes: Iterable[Change], state: Mapping[str, Values] | None = None
) -> dict[str, Values]:
    """What a consumer holds after these changes: party id → values.

    The same change twice does no harm, so that a consumer may begin with a snapshot that is ahead.
    """
    held = dict(state or {})
    for change in changes:
        if change.operation in ("ADD", "SPLIT"):
            held[change.party_id] = dict(change.fields)
        elif change.operation == "MOD" or (change.operation == "WITHDRAW" and change.fields):
            held[change.party_id] = {**held.get(change.party_id, {}), **change.fields}
        else:
            held.pop(change.party_id, None)
    return held


def changes_of(before: Values, now: Values) -> Values:
    """Only the fields whose value differs; those that are no more are None."""
    names = before.keys() | now.keys()
    return {name: now.get(name) for name in sorted(names) if before.get(name) != now.get(name)}


def operation_of(changed: Values) -> Operation:
    """A permission that was taken back makes the change a WITHDRAW."""
    return "WITHDRAW" if any(changed.get(name) is False for name in PERMISSIONS) else "MOD"
