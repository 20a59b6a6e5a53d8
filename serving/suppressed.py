"""Whom suppressions mean today: the suppressed parties through merges and splits, and addresses.

In: suppressions and the ledger of ids, both in the operational store. Out: `Suppressed`, which
the run's outbox (through `serving.exports`) and every reader of a build (`serving.reading`) obey.
"""

from __future__ import annotations

from dataclasses import dataclass

from dedupe.identity.ledger import LedgerEvent, end_of_chain, events, successors
from privacy.suppressions import Suppression, suppressions
from stamm.store import Store


@dataclass(frozen=True)
class Suppressed:
    """Ids that are alive or were, and addresses in canonical spelling."""

    parties: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.parties or self.addresses)


NOTHING = Suppressed()


def suppressed(store: Store) -> Suppressed:
    """All that must leave no read path now."""
    entries = suppressions(store)
    named = [entry for entry in entries if entry.party_id]
    return Suppressed(
        frozenset(_through_history(named, events(store)) if named else ()),
        frozenset(entry.address for entry in entries if entry.address),
    )


def _through_history(named: list[Suppression], history: list[LedgerEvent]) -> set[str]:
    """The ids that hold, or in an older build held, records of a suppressed party.

    A merge hands the suppression on to the survivor, a later split to the part that leaves: the
    strictest stands. What was parted before the suppression stays as it is.
    """
    held: set[str] = set()
    waiting = sorted(named, key=lambda entry: entry.since)
    past: list[LedgerEvent] = []
    for event in history:
        while waiting and waiting[0].since < event.occurred_at:
            held.add(_alive(waiting.pop(0), past))
        past.append(event)
        if event.event == "merged" and event.other_party_id and event.party_id in held:
            held.add(event.other_party_id)
        if event.event == "split" and event.other_party_id in held:
            held.add(event.party_id)
    held |= {_alive(entry, past) for entry in waiting}
    into = successors(history)
    return held | {party for party in into if end_of_chain(into, party) in held}


def _alive(entry: Suppression, past: list[LedgerEvent]) -> str:
    """The id that answered for the named one when the suppression began."""
    assert entry.party_id is not None
    return end_of_chain(successors(past), entry.party_id)
