"""Which record belonged to which golden id, move by move, as the ledger wrote it.

Reads `party_memberships`; `follow_alias` is the one place that adds to it without a run.

The old name of a record that was given a new key stays where it was last seen, for the ledger is
append-only: where the record goes from there, it goes under the new one. What a run that began
after the new key was stated says of the old name is about somebody who was given it later.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from dedupe.identity import ledger
from dedupe.judgement.record_aliases import Aliases, aliases_of
from stamm.store import Store

ALIAS_RUN = "alias"  # the run id of a membership that no run decided


@dataclass(frozen=True)
class Moment:
    """A moment, and the last number of the ledger's tables then, where it was noted.

    The dates of the ledger do not tell what it knew at a moment: a run dates by its own start what
    it writes later.
    """

    at: datetime
    memberships: int | None = None
    events: int | None = None

    def knew(self, move: Move) -> bool:
        """Whether the ledger held this move already."""
        if self.memberships is None:
            return move.occurred_at <= self.at
        return move.seq <= self.memberships

    def knew_event(self, event: ledger.LedgerEvent) -> bool:
        """Whether the ledger held this event already."""
        return event.occurred_at <= self.at if self.events is None else event.seq <= self.events


NOW = Moment(datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Move:
    """From this moment on the record belongs to `party_id`; before it to `came_from`, if any."""

    seq: int
    run_id: str
    occurred_at: datetime
    record_id: str
    party_id: str
    came_from: str | None


def moves_of_record(store: Store, record_id: str) -> list[Move]:
    """All ids that a record ever belonged to, in order."""
    return _moves(store, "?", "true", record_id)


def moves_of_records(store: Store, records: Collection[str]) -> list[Move]:
    """All ids that these records ever belonged to, in order."""
    named = "select value from json_each(?)"
    return _moves(store, named, "true", json.dumps(sorted(records)))


def holder(store: Store, record_id: str) -> str | None:
    """The id that holds a record, or held it last; null for a record that no run has seen."""
    moves = moves_of_record(store, record_id)
    return moves[-1].party_id if moves else None


def moves_of_party(store: Store, party: str) -> list[Move]:
    """All records that ever came to an id, and those that left it for another one."""
    concerned = "select record_id from party_memberships where party_id = ?"
    return _moves(store, concerned, "? in (party_id, came_from)", party, party)


def members(store: Store, party: str, as_of: datetime | None = None) -> frozenset[str]:
    """The records that this very id holds, or held last; now or as of a moment.

    An old name of a record is there as long as the id holds the new one, too.
    """
    moment = NOW if as_of is None else Moment(as_of)
    return frozenset(move.record_id for move in members_then(store, party, moment))


def members_then(store: Store, party: str, then: Moment) -> list[Move]:
    """As `members`, with the move that brought each record."""
    last = {move.record_id: move for move in moves_of_party(store, party) if then.knew(move)}
    held = [move for move in last.values() if move.party_id == party]
    named = present_names(store, held, then)
    here = {move.record_id for move in held}
    return [move for move in held if named[move.record_id] in here]


def present_names(store: Store, moves: Collection[Move], then: Moment = NOW) -> dict[str, str]:
    """Record of a move → the name that it bears, now or then: the latest one that has a party."""
    known = aliases_of(store, [move.record_id for move in moves])
    return {move.record_id: _present_name(store, known, move, then) for move in moves}


def present_holders(store: Store, moves: Collection[Move]) -> set[str]:
    """The ids that hold the records of these moves now, under the names that they bear now."""
    return ledger.holders(store, set(present_names(store, moves).values()))


def _present_name(store: Store, known: Aliases, move: Move, then: Moment) -> str:
    name, borne_at = move.record_id, move.occurred_at
    while (told := known.next_name(name)) is not None:
        newer, stated_at = told
        if stated_at > then.at or _last_move(store, newer, then) is None:
            break
        last = _last_move(store, name, then)
        if stated_at < borne_at and last is not None and last.occurred_at > stated_at:
            break  # given to somebody else
        name, borne_at = newer, stated_at
    return name


def _last_move(store: Store, record_id: str, then: Moment) -> Move | None:
    past = [move for move in moves_of_record(store, record_id) if then.knew(move)]
    return past[-1] if past else None


def follow_alias(store: Store, old: str, new: str, *, run_id: str, at: datetime) -> bool:
    """A record that was given a new key belongs where it belonged; False if there is no need.

    Parts that were cut from it (`<record>#org`) follow. A new name that already has a party keeps
    that one.
    """
    ledger.prepare(store)
    with store.transaction() as db:
        moved = db.execute(
            "insert into party_memberships (run_id, occurred_at, record_id, party_id)"
            " select $run, $at, $new || substr(m.record_id, length($old) + 1), m.party_id"
            " from party_memberships as m where m.seq in (select max(seq) from party_memberships"
            "  where record_id = $old or (record_id > $old || '#' and record_id < $old || '$')"
            "  group by record_id)"
            " and not exists (select 1 from party_memberships as p"
            "  where p.record_id = $new || substr(m.record_id, length($old) + 1)) order by m.seq",
            {"run": run_id, "at": at.isoformat(), "old": old, "new": new},
        )
    return moved.rowcount > 0


def _moves(store: Store, concerned: str, condition: str, *values: str) -> list[Move]:
    """Only the records concerned are looked at, by their index: the ledger may be long."""
    ledger.prepare(store)
    rows = store.query(
        "select * from (select seq, run_id, occurred_at, record_id, party_id,"
        " lag(party_id) over (partition by record_id order by seq) as came_from"
        f" from party_memberships where record_id in ({concerned})) where {condition} order by seq",
        values,
    )
    return [
        Move(
            row["seq"],
            row["run_id"],
            datetime.fromisoformat(row["occurred_at"]),
            row["record_id"],
            row["party_id"],
            row["came_from"],
        )
        for row in rows
    ]
