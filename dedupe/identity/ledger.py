"""The append-only ledger of golden ids in the operational store.

Flow: clusters of a run → `record_run` → events and changed memberships appended in one
transaction. `resolve` answers for every id ever minted, today or as of a moment. Opaque record
ids are all it knows of a person.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import get_args

from dedupe.identity.constitution import (
    Decision,
    Event,
    EventName,
    Member,
    Mint,
    Party,
    State,
    assign,
    party_id,
)
from dedupe.judgement.record_aliases import aliases
from stamm.errors import InputError, StoreError
from stamm.store import Store, append_only

_MIGRATIONS = [
    """
    create table party_mints (
      age integer primary key, party_id text not null unique,
      founder_record_id text not null, number integer not null,
      run_id text not null, occurred_at text not null
    );
    create table party_events (
      seq integer primary key, run_id text not null, occurred_at text not null,
      party_id text not null, event text not null, other_party_id text, cause text not null
    );
    create table party_memberships (
      seq integer primary key, run_id text not null, occurred_at text not null,
      record_id text not null, party_id text not null
    );
    create index party_memberships_by_record on party_memberships (record_id, seq);
    create index party_events_by_party on party_events (party_id, seq);
    """,
    *append_only("party_mints", "party_events", "party_memberships"),
    "create index party_memberships_by_party on party_memberships (party_id)",
    "create index party_mints_by_founder on party_mints (founder_record_id)",
    "create index party_events_by_event on party_events (event, party_id)"
    " where event in ('merged', 'retired')",
    "create index party_events_by_other on party_events (other_party_id)",
]


@dataclass(frozen=True)
class LedgerEvent:
    """An event with its place in the ledger."""

    seq: int
    run_id: str
    occurred_at: datetime
    party_id: str
    event: EventName
    other_party_id: str | None
    cause: str


@dataclass(frozen=True)
class RetiredParty:
    """An id that is not alive; `resolves_to` is None where nothing took its place."""

    party_id: str
    resolves_to: str | None
    retired_at: datetime


def prepare(store: Store) -> None:
    """Make the ledger's tables where they are missing."""
    store.migrate("identity", _MIGRATIONS)


def record_run(
    store: Store, clusters: Sequence[Sequence[Member]], *, run_id: str, at: datetime
) -> Decision:
    """Give the clusters their ids and append what changed, all or nothing.

    The same clusters again append nothing, so a run that crashed after this can be repeated.
    """
    prepare(store)
    with store.transaction():
        previous = load_state(store)
        decision = assign(previous, clusters, minting(store))
        append(store, previous, decision, run_id=run_id, at=at)
    return decision


def minting(store: Store) -> Mint:
    """The store's own way to make ids."""
    secret = store.secret("party")
    return lambda founder, number: party_id(secret, founder, number)


def load_state(store: Store) -> State:
    """What the ledger knows, as the constitution reads it; founders by their present names."""
    prepare(store)
    known = aliases(store)
    parties = {
        row["party_id"]: Party(known.current(row["founder_record_id"]), row["age"])
        for row in store.query("select * from party_mints order by age")
    }
    for event in events(store):
        parties[event.party_id] = after(parties[event.party_id], event.event, event.other_party_id)
    holder: dict[str, str] = {}
    history: dict[str, set[str]] = defaultdict(set)
    for row in store.query("select record_id, party_id from party_memberships order by seq"):
        holder[row["record_id"]] = row["party_id"]
        history[row["party_id"]].add(row["record_id"])
    return State(parties, holder, {party: frozenset(r) for party, r in history.items()})


def founders(store: Store) -> dict[str, str]:
    """Id → the record that it was minted for, by its present name: where that is, the id is."""
    prepare(store)
    known = aliases(store)
    rows = store.query("select party_id, founder_record_id from party_mints")
    return {row["party_id"]: known.current(row["founder_record_id"]) for row in rows}


def events(store: Store, party: str | None = None) -> list[LedgerEvent]:
    """All events in order, or those of one id."""
    prepare(store)
    return _events(store, "true") if party is None else _events(store, "party_id = ?", party)


def events_about(store: Store, party: str) -> list[LedgerEvent]:
    """The events of one id and those of others that name it, in order."""
    prepare(store)
    return _events(store, "? in (party_id, other_party_id)", party)


def _events(store: Store, condition: str, *values: str | None) -> list[LedgerEvent]:
    rows = store.query(f"select * from party_events where {condition} order by seq", values)
    return [
        LedgerEvent(
            row["seq"],
            row["run_id"],
            datetime.fromisoformat(row["occurred_at"]),
            row["party_id"],
            _event_name(row["event"]),
            row["other_party_id"],
            row["cause"],
        )
        for row in rows
    ]


def resolve(store: Store, party: str, as_of: datetime | None = None) -> str:
    """The id that answers for `party`, now or as of a moment.

    A retired id, and an id asked about before its first day, answer for themselves.
    Raises InputError for an id that was never minted.
    """
    prepare(store)
    if not store.query("select 1 from party_mints where party_id = ?", [party]):
        raise InputError(
            f"{party}: expected a golden party id, this one was never minted",
            hint="Ids begin with P; look them up in xref_parties.",
        )
    while True:  # the events of a few ids only: a ledger may hold millions
        past = [e for e in events(store, party) if as_of is None or e.occurred_at <= as_of]
        into = successors(past).get(party)
        if into is None:
            return party
        party = into


def holders(store: Store, records: Collection[str]) -> set[str]:
    """The ids that hold these records now; reads what the ledger says of them alone."""
    prepare(store)
    rows = store.query(
        "select distinct party_id from party_memberships where seq in"
        " (select max(seq) from party_memberships"
        "  where record_id in (select value from json_each(?)) group by record_id)",
        [json.dumps(sorted(records))],
    )
    return {row["party_id"] for row in rows}


def is_minted(store: Store, party: str) -> bool:
    """Whether this was ever a golden id."""
    prepare(store)
    return bool(store.query("select 1 from party_mints where party_id = ?", [party]))


def successors(history: Sequence[LedgerEvent]) -> dict[str, str]:
    """Id merged away → the id it was merged into, after these events."""
    into: dict[str, str] = {}
    for event in history:
        if event.event == "merged" and event.other_party_id:
            into[event.party_id] = event.other_party_id
        elif event.event != "created":
            into.pop(event.party_id, None)
    return into


def end_of_chain(into: Mapping[str, str], party: str) -> str:
    """Follow merges to their end; an id that lives again ends its chain."""
    while party in into:
        party = into[party]
    return party


def retired_parties(store: Store) -> list[RetiredParty]:
    """All ids that are not alive, by id. Reads only the events of ids that once were not."""
    prepare(store)
    closed = "select party_id from party_events where event in ('merged', 'retired')"
    history = _events(store, f"party_id in ({closed})")
    into = successors(history)
    last = {event.party_id: event for event in history}
    return [
        RetiredParty(party, _living(last, end_of_chain(into, party)), event.occurred_at)
        for party, event in sorted(last.items())
        if event.event in ("merged", "retired")
    ]


def _living(last: Mapping[str, LedgerEvent], party: str) -> str | None:
    return None if party in last and last[party].event == "retired" else party


def after(party: Party, event: str, other: str | None) -> Party:
    """What this event made of the id."""
    alive = event not in ("merged", "retired")
    return replace(party, alive=alive, into=other if event == "merged" else None)


def append(store: Store, previous: State, decision: Decision, *, run_id: str, at: datetime) -> None:
    """Write down what a decision changed; what stayed is not written again."""
    stamp = at.isoformat()
    known, mint = aliases(store), minting(store)
    fresh = [(i, p) for i, p in decision.state.parties.items() if i not in previous.parties]
    minted: dict[str, int] = defaultdict(int)
    for party in previous.parties.values():
        minted[party.founder] += 1

    def number(party: str, founder: str) -> int:
        """Behind those that were minted for it; an old name may have had some that do not count."""
        numbers = count(minted[founder])
        is_old = founder in known.newer
        return next(n for n in numbers if not is_old or mint(founder, n) == party)

    with store.transaction() as db:
        db.executemany(
            "insert into party_mints values (?, ?, ?, ?, ?, ?)",
            [(p.age, i, p.founder, number(i, p.founder), run_id, stamp) for i, p in fresh],
        )
        db.executemany(
            "insert into party_events (run_id, occurred_at, party_id, event, other_party_id,"
            " cause) values (?, ?, ?, ?, ?, ?)",
            [(run_id, stamp, *_columns(event)) for event in decision.events],
        )
        db.executemany(
            "insert into party_memberships (run_id, occurred_at, record_id, party_id)"
            " values (?, ?, ?, ?)",
            [
                (run_id, stamp, record, party)
                for record, party in sorted(decision.assignment.items())
                if previous.holder.get(record) != party
            ],
        )


def _columns(event: Event) -> tuple[str, str, str | None, str]:
    return event.party_id, event.event, event.other, event.cause


def _event_name(name: str) -> EventName:
    for known in get_args(EventName):
        if name == known:
            return known  # type: ignore[no-any-return]  # get_args loses the literal type
    raise StoreError(
        f"party_events: expected one of {get_args(EventName)}, found {name!r}",
        hint="A newer Stamm wrote this ledger; use that one.",
    )
