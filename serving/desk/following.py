"""What would follow from a verdict: ids, orders, revenue, open tickets, consents.

In: the published build, the ledger, one or two parties. Out: each side, and what they would be as
one. The older id survives (constitution, rule 2); a merge never widens a permission, so the
stricter of both stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from serving.api.views import Row, View
from stamm.store import Store

CHANNELS = ("email", "sms", "phone", "post")


@dataclass(frozen=True)
class Weighed:
    """What hangs on one party; `permissions` are the channels that we may use."""

    party_id: str
    name: str
    records: int
    orders: int
    revenue_eur: float
    open_tickets: int
    permissions: frozenset[str]


@dataclass(frozen=True)
class Following:
    """`merged` is there for two parties; `taken_back` are permissions that one of them had."""

    sides: tuple[Weighed, ...]
    merged: Weighed | None
    taken_back: frozenset[str]


def following(view: View, store: Store, parties: Sequence[str]) -> Following:
    """A party that no build holds yet has no figures."""
    sides = tuple(_weighed(view, party) for party in parties)
    if len(sides) != 2:
        return Following(sides, None, frozenset())
    one, other = sides
    both = one.permissions & other.permissions
    survivor = _older(store, one.party_id, other.party_id)
    merged = replace(
        one if survivor == one.party_id else other,
        records=one.records + other.records,
        orders=one.orders + other.orders,
        revenue_eur=one.revenue_eur + other.revenue_eur,
        open_tickets=one.open_tickets + other.open_tickets,
        permissions=both,
    )
    return Following(sides, merged, (one.permissions | other.permissions) - both)


def _weighed(view: View, party: str) -> Weighed:
    row = view.customer(party) or {}
    return Weighed(
        party,
        name_of(row),
        row.get("records") or 0,
        row.get("orders") or 0,
        float(row.get("order_value_eur") or 0),
        row.get("open_tickets") or 0,
        frozenset(channel for channel in CHANNELS if row.get(f"permission_{channel}")),
    )


def name_of(row: Row) -> str:
    """What people call it; the address where there is no name."""
    full = " ".join(filter(None, (row.get("given_name"), row.get("family_name"))))
    said = row.get("company_name") if row.get("party_type") == "organisation" else None
    return said or row.get("full_name") or full or row.get("company_name") or row.get("email") or ""


def _older(store: Store, one: str, other: str) -> str:
    [first, *_] = store.query(
        "select party_id from party_mints where party_id in (?, ?) order by age", [one, other]
    )
    return str(first["party_id"])
