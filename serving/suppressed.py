"""Whom suppressions mean today: the suppressed parties through merges and splits, and addresses.

In: suppressions and the ledger of ids, both in the operational store. Out: `Suppressed`, which
the run's outbox (through `serving.exports`) and every reader of a build (`serving.reading`) obey.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import get_args

from dedupe.identity.ledger import LedgerEvent, end_of_chain, events, successors
from dedupe.identity.memberships import Moment, members_then, moves_of_party, present_holders
from dedupe.identity.stays import Stay, earlier_stays
from privacy.suppressions import Reason, Suppression, suppressions
from stamm.store import Store


@dataclass(frozen=True)
class Suppressed:
    """Ids that are alive or were, and addresses in canonical spelling."""

    parties: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    # Times when somebody who may be seen held a record of theirs: what is told of then is mixed.
    mixed: frozenset[Stay] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.parties or self.addresses)

    def digest(self) -> str:
        """Equal for the same people and addresses; empty for none."""
        if not self:
            return ""
        told: list[object] = [sorted(self.parties), sorted(self.addresses)]
        if self.mixed:
            told.append(sorted(f"{s.party_id} {s.since} {s.until}" for s in self.mixed))
        content = json.dumps(told)
        return blake2b(content.encode(), digest_size=16).hexdigest()


NOTHING = Suppressed()


def suppressed(store: Store, reasons: Collection[Reason] = get_args(Reason)) -> Suppressed:
    """All that must leave no read path now, for one of these reasons."""
    entries = [entry for entry in suppressions(store) if entry.reason in reasons]
    named = [entry for entry in entries if entry.party_id]
    parties = frozenset(_reached(store, named) if named else ())
    return Suppressed(
        parties,
        frozenset(entry.address for entry in entries if entry.address),
        frozenset(earlier_stays(store, parties) if parties else ()),
    )


def _reached(store: Store, named: list[Suppression]) -> set[str]:
    """The ids that hold a record of a suppressed party, and those that answer through them.

    What is suppressed are the records that the party held when the suppression began: a merge
    hands it on to the survivor and a split to each part that holds one of them. Whoever was only
    merged with them for a time, as by a run that a gate stopped, is free when they are parted.
    """
    history = events(store)
    into = successors(history)
    held: set[str] = set()
    for entry in named:
        held |= _hidden_by(store, entry, history, into)
    return held | {party for party in into if end_of_chain(into, party) in held}


def _hidden_by(
    store: Store, entry: Suppression, history: list[LedgerEvent], into: Mapping[str, str]
) -> set[str]:
    """Where a record is gone, the id that held it last tells where the suppression went."""
    moment = Moment(entry.since, entry.memberships_seq, entry.events_seq)
    asked = str(entry.party_id)
    then = end_of_chain(successors([e for e in history if moment.knew_event(e)]), asked)
    records = members_then(store, then, moment)
    holders = present_holders(store, records)
    came_later = [
        move
        for move in moves_of_party(store, then)
        if move.party_id == then and not moment.knew(move)
    ]
    # The id itself goes on into another one: with whatever it still held.
    went_on = {end_of_chain(into, then)} & present_holders(store, came_later)
    return {asked, then} | holders | {end_of_chain(into, one) for one in holders} | went_on
