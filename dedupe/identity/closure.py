"""The part of the ledger that a change can touch: it stands for itself and is small.

Records and ids hang together where a record holds, held or founded an id, where an id was merged
into another one, and where records are in one cluster now. What hangs together with a changed
record, to a fixed point, is all that `assign` needs: no claim reaches beyond it. So the cost of
a run follows the change, and the events are those that all clusters together would bring.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dedupe.identity import ledger
from dedupe.identity.constitution import Decision, Member, Party, State, assign
from dedupe.judgement.record_aliases import Aliases, aliases
from stamm.store import Store

# The present clusters of these records; a record that is gone is in none.
ClustersOf = Callable[[Collection[str]], Sequence[Sequence[Member]]]


@dataclass(frozen=True)
class Position:
    """How far the ledger and the aliases go; what is later was not seen by who noted this."""

    memberships: int = 0
    events: int = 0
    aliases: int = 0


@dataclass
class _Part:
    """What was reached so far."""

    records: set[str] = field(default_factory=set)
    parties: set[str] = field(default_factory=set)
    clusters: dict[str, Sequence[Member]] = field(default_factory=dict)


def record_change(
    store: Store, changed: Collection[str], clusters_of: ClustersOf, *, run_id: str, at: datetime
) -> Decision:
    """Give ids to all clusters that these records touch and append what changed.

    The decision is that of `ledger.record_run` over all clusters, without those that stay.
    """
    ledger.prepare(store)
    with store.transaction():
        known = aliases(store)
        part = _closed(store, changed, clusters_of, known)
        previous = _state_of(store, part, known)
        minted = store.query("select count(*) as n from party_mints")[0]["n"]
        decision = assign(previous, list(part.clusters.values()), ledger.minting(store), minted)
        ledger.append(store, previous, decision, run_id=run_id, at=at)
    return decision


def position(store: Store) -> Position:
    """Where the ledger ends now."""
    ledger.prepare(store)
    aliases(store)
    tables = ("party_memberships", "party_events", "record_aliases")
    ends = [store.query(f"select coalesce(max(seq), 0) as n from {t}")[0]["n"] for t in tables]
    return Position(*ends)


def changed_since(store: Store, noted: Position) -> set[str]:
    """Records that the ledger says something new of, as when a run died after writing it."""
    ledger.prepare(store)
    known = aliases(store)
    moved = store.query(
        "select record_id from party_memberships where seq > ?", [noted.memberships]
    )
    founders = store.query(
        "select founder_record_id as record_id from party_mints where party_id in"
        " (select party_id from party_events where seq > ?)",
        [noted.events],
    )
    renamed = store.query(
        "select old_record_id as record_id from record_aliases where seq > ?"
        " union all select new_record_id from record_aliases where seq > ?",
        [noted.aliases, noted.aliases],
    )
    named = {row["record_id"] for row in (*moved, *founders, *renamed)}
    return {name for record in named for name in known.names(record)}


def _closed(
    store: Store, changed: Collection[str], clusters_of: ClustersOf, known: Aliases
) -> _Part:
    """Everything that hangs together with these records."""
    part, records, parties = _Part(), set(changed), set[str]()
    former = _former_names(known)
    while records or parties:
        part.records |= records
        part.parties |= parties
        for members in clusters_of(records) if records else ():
            part.clusters[min(member.record_id for member in members)] = members
        beside = {m.record_id for members in part.clusters.values() for m in members}
        ids = _parties_of(store, records, former) | _merged_with(store, parties)
        held = _records_of(store, parties, known)
        records = (beside | held) - part.records
        parties = ids - part.parties
    return part


def _former_names(known: Aliases) -> dict[str, set[str]]:
    former: dict[str, set[str]] = defaultdict(set)
    for old in known.newer:
        for name in known.names(old)[1:]:
            former[name].add(old)
    return former


def _parties_of(store: Store, records: set[str], former: dict[str, set[str]]) -> set[str]:
    """Ids that these records hold, held or founded, under any of their names."""
    founders = {name for r in records for name in (r, *_older(former, r))}
    held = _ids(store, "select party_id as id from party_memberships where record_id in", records)
    return held | _ids(
        store, "select party_id as id from party_mints where founder_record_id in", founders
    )


def _older(former: dict[str, set[str]], record: str) -> Iterable[str]:
    whole, cut, part = record.partition("#")
    return (name + cut + part for name in former.get(whole, ()))


def _records_of(store: Store, parties: set[str], known: Aliases) -> set[str]:
    """Records that hold, held or founded these ids, by their present names."""
    held = _ids(store, "select record_id as id from party_memberships where party_id in", parties)
    founders = _ids(
        store, "select founder_record_id as id from party_mints where party_id in", parties
    )
    return held | {known.current(founder) for founder in founders}


def _merged_with(store: Store, parties: set[str]) -> set[str]:
    """Ids that these were ever merged into, and those that were merged into them."""
    into = "select other_party_id as id from party_events where event = 'merged' and party_id in"
    of = "select party_id as id from party_events where event = 'merged' and other_party_id in"
    return _ids(store, into, parties) | _ids(store, of, parties)


def _ids(store: Store, sql: str, values: Collection[str]) -> set[str]:
    if not values:
        return set()
    chosen = "(select value from json_each(?))"
    rows = store.query(f"select distinct id from ({sql} {chosen})", [json.dumps(sorted(values))])
    return {row["id"] for row in rows}


def _state_of(store: Store, part: _Part, known: Aliases) -> State:
    """The ledger's word on these ids and records."""
    chosen = [json.dumps(sorted(part.parties))]
    among = "(select value from json_each(?))"
    parties = {
        row["party_id"]: Party(known.current(row["founder_record_id"]), row["age"])
        for row in store.query(
            f"select * from party_mints where party_id in {among} order by age", chosen
        )
    }
    for row in store.query(
        "select party_id, event, other_party_id from party_events"
        f" where party_id in {among} order by seq",
        chosen,
    ):
        party = row["party_id"]
        parties[party] = ledger.after(parties[party], row["event"], row["other_party_id"])
    holder: dict[str, str] = {}
    history: dict[str, set[str]] = defaultdict(set)
    for row in store.query(
        f"select record_id, party_id from party_memberships where party_id in {among} order by seq",
        chosen,
    ):
        holder[row["record_id"]] = row["party_id"]
        history[row["party_id"]].add(row["record_id"])
    return State(parties, holder, {party: frozenset(r) for party, r in history.items()})
