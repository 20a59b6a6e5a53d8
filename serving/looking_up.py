"""Look-ups for a person's or a system's eyes: nobody who is suppressed, no suppressed address.

In: a `dedupe.lookup.Lookup` in memory and the operational store, asked anew at each look-up, so
that a suppression counts from the moment it is stated. Out: the hits that may be shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dedupe.lookup import Card, Hit, Lookup
from serving.explaining import without_addresses
from serving.suppressed import Suppressed, suppressed
from stamm.store import Store


def find_shown(lookup: Lookup, store: Store, card: Card, limit: int = 5) -> list[Hit]:
    """As `Lookup.find`, without what is suppressed now."""
    return find_without(lookup.find, suppressed(store), card, limit)


def find_without(
    find: Callable[[Card, int], list[Hit]], hidden: Suppressed, card: Card, limit: int = 5
) -> list[Hit]:
    """As `find`, which is `Lookup.find` or asks it, without these people and addresses."""
    hits = find(card, limit + len(hidden.parties))
    shown = [hit for hit in hits if hit.party_id not in hidden.parties]
    return [
        replace(hit, steps=tuple(without_addresses(step, hidden.addresses) for step in hit.steps))
        for hit in _first_of_each_type(shown, limit)
    ]


def _first_of_each_type(hits: list[Hit], limit: int) -> list[Hit]:
    """At most `limit` people and as many firms, in their order."""
    kept: list[Hit] = []
    for hit in hits:
        if sum(other.party_type == hit.party_type for other in kept) < limit:
            kept.append(hit)
    return kept
