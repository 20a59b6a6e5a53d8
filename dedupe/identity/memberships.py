"""Which record belonged to which golden id, move by move, as the ledger wrote it.

Reads `party_memberships`; `follow_alias` is the one place that adds to it without a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dedupe.identity import ledger
from stamm.store import Store

ALIAS_RUN = "alias"  # the run id of a membership that no run decided


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


def holder(store: Store, record_id: str) -> str | None:
    """The id that holds a record, or held it last; null for a record that no run has seen."""
    moves = moves_of_record(store, record_id)
    return moves[-1].party_id if moves else None


def moves_of_party(store: Store, party: str) -> list[Move]:
    """All records that ever came to an id, and those that left it for another one."""
    concerned = "select record_id from party_memberships where party_id = ?"
    return _moves(store, concerned, "? in (party_id, came_from)", party, party)


def members(store: Store, party: str, as_of: datetime | None = None) -> frozenset[str]:
    """The records that this very id holds, or held last; now or as of a moment."""
    holder = {
        move.record_id: move.party_id
        for move in moves_of_party(store, party)
        if as_of is None or move.occurred_at <= as_of
    }
    return frozenset(record for record, held_by in holder.items() if held_by == party)


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
