"""What happened to a golden id or a record: which id answers at a moment, and every event.

Reads the ledger, the judgements and the aliases: opaque ids, and the reasons that people gave.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from dedupe.identity import ledger
from dedupe.identity.ledger import LedgerEvent
from dedupe.identity.memberships import (
    ALIAS_RUN,
    Move,
    members,
    moves_of_party,
    moves_of_record,
)
from dedupe.judgement.judgements import Judgement, judgements
from dedupe.judgement.record_aliases import aliases
from stamm.errors import InputError
from stamm.store import Store

Life = Literal["alive", "merged", "retired", "not yet minted"]
_FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """Who answers for what was asked. `party_id` is null where a record was nobody's yet.

    `life` is that of the very id that was asked for, or of the party of the record.
    """

    asked: str
    as_of: datetime | None
    party_id: str | None
    life: Life
    records: tuple[str, ...]


@dataclass(frozen=True)
class Happening:
    """One thing that happened; `other` is another id, or the record that came or went."""

    at: datetime
    what: str
    other: str | None
    run_id: str | None
    why: str


def answer(store: Store, asked: str, as_of: datetime | None = None) -> Answer:
    """The golden id that answers for an id or a record, now or as of a moment.

    Raises InputError for what no run has seen.
    """
    if ledger.is_minted(store, asked):
        party: str | None = ledger.resolve(store, asked, as_of)
        life = _life(store, asked, as_of)
    else:
        past = [
            m for m in _moves_by_any_name(store, asked) if m.occurred_at <= (as_of or _FOR_EVER)
        ]
        party = ledger.resolve(store, past[-1].party_id, as_of) if past else None
        life = _life(store, party, as_of) if party else "not yet minted"
    records = members(store, party, as_of) if party else ()
    return Answer(asked, as_of, party, life, tuple(sorted(records)))


def history(store: Store, asked: str, unspoken: frozenset[str] = frozenset()) -> list[Happening]:
    """All that happened to a golden id or a record, oldest first.

    A judgement that names one of the records `unspoken` is told without its words.
    """
    if ledger.is_minted(store, asked):
        found = [_of_event(asked, event) for event in ledger.events_about(store, asked)]
        moves = moves_of_party(store, asked)
        found += [_of_move(asked, move) for move in moves]
        records = frozenset(move.record_id for move in moves)  # also those it held once
    else:
        found = [_of_records_move(move) for move in _moves_by_any_name(store, asked)]
        records = frozenset(aliases(store).names(asked))
    judged = [j for j in judgements(store) if records & (j.left | j.right)]
    for one in judged:
        silent = bool(unspoken & (one.left | one.right))
        found.append(replace(_of_judgement(one), why="") if silent else _of_judgement(one))
    return sorted(found, key=lambda h: h.at)


def _life(store: Store, party: str, as_of: datetime | None) -> Life:
    past = [e for e in ledger.events(store, party) if e.occurred_at <= (as_of or _FOR_EVER)]
    if not past:
        return "not yet minted"
    ends: dict[str, Life] = {"merged": "merged", "retired": "retired"}
    return ends.get(past[-1].event, "alive")


def _moves_by_any_name(store: Store, record_id: str) -> list[Move]:
    """A record that was given a new key is one record."""
    names = aliases(store).names(record_id)
    moves = sorted(
        (move for name in names for move in moves_of_record(store, name)), key=lambda m: m.seq
    )
    if not moves:
        raise InputError(
            f"{record_id}: expected a golden id or a record id, no run has seen it",
            hint='Ids: stamm query "select record_id, party_id, source from xref_parties limit 5"',
        )
    return moves


def _of_event(party: str, event: LedgerEvent) -> Happening:
    """`other_party_id` is what an id merged into or was split from; told from either side."""
    if event.party_id == party:
        words = {"merged": "was merged into", "split": "was split from"}
        what = words.get(event.event, f"was {event.event}")
        return Happening(event.occurred_at, what, event.other_party_id, event.run_id, event.cause)
    what = "took in" if event.event == "merged" else "lost a part to"
    return Happening(event.occurred_at, what, event.party_id, event.run_id, event.cause)


def _of_move(party: str, move: Move) -> Happening:
    came = move.party_id == party
    why = f"from {move.came_from}" if came and move.came_from else ""
    return Happening(
        move.occurred_at,
        "record came" if came else "record went",
        move.record_id,
        move.run_id,
        why if came else f"to {move.party_id}",
    )


def _of_records_move(move: Move) -> Happening:
    if move.run_id == ALIAS_RUN:
        return Happening(move.occurred_at, "was given a new key", move.record_id, None, "")
    why = f"before {move.came_from}" if move.came_from else ""
    return Happening(move.occurred_at, "belongs to", move.party_id, move.run_id, why)


def _of_judgement(judgement: Judgement) -> Happening:
    sides = f"{len(judgement.left)} records against {len(judgement.right)}"
    why = f"{sides}, by {judgement.judged_by}: {judgement.reason}"
    return Happening(judgement.judged_at, f"was judged {judgement.verdict}", None, None, why)
