"""Where the records of an id were before: each time that one of them belonged to another id.

In: the ledger and the aliases. What was told of that other id in such a time may hold a value of
theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from dedupe.identity.memberships import NOW, Move, members_then, moves_of_records
from dedupe.judgement.record_aliases import Aliases, aliases
from stamm.store import Store


@dataclass(frozen=True)
class Stay:
    """From the build of `since` on, until before that of `until`, a record was this id's."""

    party_id: str
    since: datetime
    until: datetime


def earlier_stays(store: Store, parties: Collection[str]) -> set[Stay]:
    """The stays elsewhere of all records that these ids hold now, under any of their names."""
    held = {move.record_id for party in parties for move in members_then(store, party, NOW)}
    known = aliases(store)
    former = known.former_names(held)
    moves_of: dict[str, list[Move]] = defaultdict(list)
    for move in moves_of_records(store, held | former):
        owner = _owner(known, move)
        if owner in held:
            moves_of[owner].append(move)
    return {stay for stay in _stays(moves_of) if stay.party_id not in parties}


def _owner(known: Aliases, move: Move) -> str:
    """The present name of whoever bore this one when the move was made."""
    name, borne_at = move.record_id, move.occurred_at
    while (told := known.next_name(name)) is not None and told[1] >= borne_at:
        name, borne_at = told
    return name


def _stays(moves_of: Mapping[str, list[Move]]) -> set[Stay]:
    return {
        Stay(move.party_id, move.occurred_at, following.occurred_at)
        for moves in moves_of.values()
        for move, following in pairwise(moves)
    }
