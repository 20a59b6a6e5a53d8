"""The id constitution: (previous ledger state, new clusters) → (assignment, events).

1. An id is never reused and never silently changed: every change is an event.
2. The part that holds an id's founder (its earliest record when it was minted) keeps the id;
   next comes the largest overlap; ties go to the older id. When clusters merge, the oldest
   living id survives and the others resolve to it. When a cluster splits, a part that had an
   id of its own before gets that one back. A founder that vanished stays as a tombstone.
3. The result depends on the previous state and the clusters, on nothing else: not on their
   order, and the same clusters again bring no event.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

EventName = Literal["created", "merged", "split", "retired", "restored"]
Mint = Callable[[str, int], str]


@dataclass(frozen=True)
class Party:
    """An id ever minted. `age` counts up from the oldest; `into` is set while merged away."""

    founder: str
    age: int
    alive: bool = True
    into: str | None = None


@dataclass(frozen=True)
class State:
    """What the ledger knew before this run.

    `holder`: record → the id it last belonged to, also for records that are gone.
    `history`: id → all records that ever belonged to it.
    """

    parties: Mapping[str, Party] = field(default_factory=dict)
    holder: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def resolve(self, party_id: str) -> str:
        """The id that answers for this one today; a retired id answers for itself."""
        while (into := self.parties[party_id].into) is not None:
            party_id = into
        return party_id


@dataclass(frozen=True)
class Member:
    """A record of a cluster, with what decides which is the earliest."""

    record_id: str
    created_at: datetime | None = None

    @property
    def seniority(self) -> tuple[datetime, str]:
        return (self.created_at or datetime.max, self.record_id)  # noqa: DTZ901  (UTC, like all)


@dataclass(frozen=True)
class Event:
    """Something that happened to an id; `other` is the id it merged into or split from."""

    party_id: str
    event: EventName
    other: str | None
    cause: str


@dataclass(frozen=True)
class Decision:
    """Result of a run: record → id, the events in order, and the state for the next run."""

    assignment: Mapping[str, str]
    events: tuple[Event, ...]
    state: State


def party_id(secret: bytes, founder: str, number: int) -> str:
    """`P` and 20 base32 characters: opaque, and the same again after a crash."""
    digest = hashlib.blake2b(f"{founder}\x1f{number}".encode(), key=secret, digest_size=16)
    return "P" + base64.b32encode(digest.digest()).decode()[:20]


def assign(
    previous: State,
    clusters: Sequence[Sequence[Member]],
    mint: Mint,
    next_age: int | None = None,
) -> Decision:
    """Give each cluster its id. Clusters are disjoint and not empty.

    Where `previous` is a part of the ledger that stands for itself, `next_age` is the number of
    ids in the whole of it.
    """
    return _Assembly(previous, clusters, mint, next_age).decide()


class _Assembly:
    """One sitting: clusters in canonical order claim ids, step by step, by the constitution."""

    def __init__(
        self,
        previous: State,
        clusters: Sequence[Sequence[Member]],
        mint: Mint,
        next_age: int | None,
    ) -> None:
        self.previous = previous
        self.mint = mint
        self.next_age = len(previous.parties) if next_age is None else next_age
        ordered = [sorted(cluster, key=lambda m: m.seniority) for cluster in clusters]
        ordered.sort(key=lambda members: members[0].seniority)
        self.clusters = [[member.record_id for member in members] for members in ordered]
        self.cluster_of = {r: i for i, records in enumerate(self.clusters) for r in records}
        self.given: dict[int, str] = {}
        self.taken: set[str] = set()
        self.parties = dict(previous.parties)
        self.events: list[Event] = []
        self.by_age = sorted(previous.parties, key=lambda p: previous.parties[p].age)

    def decide(self) -> Decision:
        self.founders_keep_living_ids()
        self.overlap_keeps_living_ids()
        self.founders_get_former_ids_back()
        self.records_get_former_ids_back()
        self.mint_for_the_rest()
        self.close_ids_without_cluster()
        return self._decision()

    def founders_keep_living_ids(self) -> None:
        for party in self.by_age:
            cluster = self._founders_cluster(party)
            if self.parties[party].alive and cluster is not None:
                self._give(cluster, party)

    def overlap_keeps_living_ids(self) -> None:
        """Largest overlap first; a part with an id of its own leaves this one to the others."""
        claims = []
        for party, parts in self._living_overlaps().items():
            own = {c for c in parts if self._had_own_id(c, party)}
            for cluster, overlap in parts.items():
                leaves_it = cluster in own and len(own) < len(parts)
                claims.append((leaves_it, -overlap, self.parties[party].age, cluster, party))
        for *_, cluster, party in sorted(claims):
            self._give(cluster, party)

    def founders_get_former_ids_back(self) -> None:
        for party in self.by_age:
            cluster = self._founders_cluster(party)
            if not self.parties[party].alive and cluster is not None:
                self._give_back(cluster, party)

    def records_get_former_ids_back(self) -> None:
        """Only where the founder is gone: a founder elsewhere would claim the id again."""
        claims = []
        for party, records in self.previous.history.items():
            if not self.parties[party].alive and self._founders_cluster(party) is None:
                overlaps = Counter(self.cluster_of[r] for r in records if r in self.cluster_of)
                for cluster, overlap in overlaps.items():
                    claims.append((-overlap, self.parties[party].age, cluster, party))
        for *_, cluster, party in sorted(claims):
            self._give_back(cluster, party)

    def mint_for_the_rest(self) -> None:
        minted = Counter(party.founder for party in self.parties.values())
        for cluster, records in enumerate(self.clusters):
            if cluster in self.given:
                continue
            founder = records[0]
            number = minted[founder]
            # Those minted before the founder had another name do not count by this one.
            while (party := self.mint(founder, number)) in self.parties:
                number += 1
            self.parties[party] = Party(founder, age=self.next_age)
            self.next_age += 1
            self._give(cluster, party)
            self._event(party, "created", None, f"{len(records)} records without an id")
            came_from = self._came_from(records)
            if came_from:
                self._event(party, "split", came_from, "parted by clustering")

    def close_ids_without_cluster(self) -> None:
        overlaps = self._all_overlaps()
        free = [party for party in self.by_age if party not in self.taken]
        # What an id resolves to comes before the id: it is judged by where its chain ends now.
        for party in sorted(free, key=self._steps_to_resolve):
            self._close(party, overlaps.get(party, Counter()))

    def _close(self, party: str, overlaps: Counter[int]) -> None:
        """Living ids merge or retire; ids that are not alive follow their founder."""
        old = self.parties[party]
        cluster = self._founders_cluster(party)
        if cluster is None and old.alive and overlaps:
            cluster = min(overlaps, key=lambda c: (-overlaps[c], c))
        if cluster is not None:
            into = self.given[cluster]
            if old.alive or self._resolve(party) != into:
                cause = "its records were merged" if old.alive else "follows its founder"
                self.parties[party] = replace(old, alive=False, into=into)
                self._event(party, "merged", into, cause)
        elif old.alive:
            self.parties[party] = replace(old, alive=False, into=None)
            self._event(party, "retired", None, "all its records are gone")

    def _resolve(self, party: str) -> str:
        return State(self.parties).resolve(party)

    def _steps_to_resolve(self, party: str) -> int:
        steps = 0
        while (into := self.parties[party].into) is not None:
            party, steps = into, steps + 1
        return steps

    def _founders_cluster(self, party: str) -> int | None:
        return self.cluster_of.get(self.parties[party].founder)

    def _give(self, cluster: int, party: str) -> bool:
        if cluster in self.given or party in self.taken:
            return False
        self.given[cluster] = party
        self.taken.add(party)
        return True

    def _give_back(self, cluster: int, party: str) -> None:
        if not self._give(cluster, party):
            return
        was = self.previous.resolve(party)
        self.parties[party] = replace(self.parties[party], alive=True, into=None)
        if was == party:
            self._event(party, "restored", None, "its records came back")
        else:
            self._event(party, "split", was, "parted by clustering, gets its own id back")

    def _event(self, party: str, name: EventName, other: str | None, cause: str) -> None:
        self.events.append(Event(party, name, other, cause))

    def _living_overlaps(self) -> dict[str, Counter[int]]:
        """Living id without a cluster → cluster without an id → records in common."""
        found: dict[str, Counter[int]] = defaultdict(Counter)
        for cluster, records in enumerate(self.clusters):
            if cluster in self.given:
                continue
            for record in records:
                party = self.previous.holder.get(record)
                if party and self.parties[party].alive and party not in self.taken:
                    found[party][cluster] += 1
        return found

    def _all_overlaps(self) -> dict[str, Counter[int]]:
        found: dict[str, Counter[int]] = defaultdict(Counter)
        for record, cluster in self.cluster_of.items():
            party = self.previous.holder.get(record)
            if party and party not in self.taken:
                found[party][cluster] += 1
        return found

    def _had_own_id(self, cluster: int, now: str) -> bool:
        """Does this part hold the founder, or founderless records, of an id merged into `now`?"""
        former = {p for r in self.clusters[cluster] for p in self._former_ids.get(r, ())}
        return any(self.previous.resolve(party) == now for party in former)

    @cached_property
    def _former_ids(self) -> dict[str, set[str]]:
        """Record → ids no longer alive that it could win back for its part."""
        found: dict[str, set[str]] = defaultdict(set)
        for party, records in self.previous.history.items():
            if not self.previous.parties[party].alive:
                gone = self._founders_cluster(party) is None
                for record in records if gone else (self.parties[party].founder,):
                    found[record].add(party)
        return found

    def _came_from(self, records: Sequence[str]) -> str | None:
        """The id most of these records had before; the oldest of several."""
        held = Counter(h for r in records if (h := self.previous.holder.get(r)))
        return min(held, key=lambda p: (-held[p], self.parties[p].age)) if held else None

    def _decision(self) -> Decision:
        assignment = {r: self.given[i] for i, records in enumerate(self.clusters) for r in records}
        holder = {**self.previous.holder, **assignment}
        return Decision(assignment, tuple(self.events), self._next_state(holder))

    def _next_state(self, holder: Mapping[str, str]) -> State:
        history = dict(self.previous.history)
        for record, party in holder.items():
            if self.previous.holder.get(record) != party:
                history[party] = history.get(party, frozenset()) | {record}
        return State(self.parties, holder, history)
