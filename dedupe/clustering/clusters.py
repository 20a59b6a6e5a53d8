"""Scored pairs → clusters of records held to be one party.

Connected components alone chain people together, so each component that is not a clean clique
is taken apart and merged again greedily: best average match weight between two parts first,
while that average stays above `ENOUGH`. Vetoes and judgements keep parts from being merged.
Records are positions 0 … size-1 in a canonical order; everything is integer arithmetic on
weights in thousandths of a bit, so neither row order nor thread count changes the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from dedupe.clustering.merging import merged, stacks

# Measured on a household-rich million records: without a floor one bad pair parts a family of
# good ones; -3 bits says "rather not" without saying "never".
FLOOR = -3_000
# Two parts are one party from here on. A little below zero, because records of one party also
# differ by time and system, which pulls averages down: on two sandbox companies cluster F1 had
# its flat top between -2 and -0.5 bits, for people as for firms, half a point above the one at 0.
ENOUGH = -1_000
# Components are cut more generously than parts are merged: a doubtful pair brings records
# together whose other pairs no blocking rule made, and those are scored then.
GENEROUS = -2_000
_MORE_GENEROUS = 1_000  # than a merge threshold that is lower than the usual one
# Chains are cut at ever higher weights before each of their pairs is scored.
LARGEST_COMPONENT = 1_000
FEW_MISSING = 2_000  # pairs of 64 records of whom nobody knows another
_STEP = 2_000
_NOBODY = np.iinfo(np.int64).max

Pair = tuple[int, int]
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class ScoredPairs:
    """Arrays of one length: both positions (left < right), weight in 1/1000 bit, veto."""

    left: Positions
    right: Positions
    weight: Positions
    veto: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.left)

    def where(self, mask: NDArray[np.bool_]) -> ScoredPairs:
        return ScoredPairs(self.left[mask], self.right[mask], self.weight[mask], self.veto[mask])

    @staticmethod
    def of(rows: Iterable[tuple[int, int, int, bool]]) -> ScoredPairs:
        """From (left, right, weight, veto) rows, each pair once."""
        table = list(rows)
        columns = zip(*table, strict=True) if table else ((), (), (), ())
        left, right, weight, veto = (list(column) for column in columns)
        return ScoredPairs(_ints(left), _ints(right), _ints(weight), np.array(veto, dtype=bool))


def joined(*tables: ScoredPairs) -> ScoredPairs:
    """The pairs of all tables, one after the other."""
    return ScoredPairs(
        np.concatenate([table.left for table in tables]),
        np.concatenate([table.right for table in tables]),
        np.concatenate([table.weight for table in tables]),
        np.concatenate([table.veto for table in tables]),
    )


@dataclass(frozen=True)
class Decisions:
    """What people judged: pairs that belong together (oldest first) and pairs kept apart.

    `named` are all records that are in such a pair, even where the other one is not here.
    """

    together: tuple[Pair, ...] = ()
    apart: frozenset[Pair] = frozenset()
    named: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Clustering:
    """`labels[i]` is the smallest position in the cluster of record i."""

    labels: Positions
    contradictions: tuple[Pair, ...] = ()


ScoreMissing = Callable[[Positions, Positions], ScoredPairs]


def component_threshold(enough: int) -> int:
    """Weight above which a pair holds a component together, for this merge threshold."""
    return min(GENEROUS, enough - _MORE_GENEROUS)


def components(size: int, left: Positions, right: Positions) -> Positions:
    """Connected components; the label is the component's smallest position."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    _, numbers = connected_components(graph, directed=False)
    first = np.empty(size, dtype=np.int64)
    first[numbers[::-1]] = np.arange(size - 1, -1, -1)  # the smallest position is written last
    return np.asarray(first[numbers])


def cluster(
    size: int,
    pairs: ScoredPairs,
    score_missing: ScoreMissing,
    decisions: Decisions | None = None,
    enough: int = ENOUGH,
) -> Clustering:
    """Clusters of `size` records. `score_missing` scores pairs that no blocking rule made.

    Two parts are one party while their average weight is above `enough`.
    """
    judged = decisions or Decisions()
    labels = _bounded_components(size, pairs, judged, component_threshold(enough))
    inside = pairs.where(labels[pairs.left] == labels[pairs.right])
    doubtful = _doubtful(labels, inside, judged, enough)
    if not doubtful.any():
        return Clustering(labels)
    known = inside.where(doubtful[inside.left])
    missing = _missing_pairs(labels, doubtful, known)
    scored = joined(known, score_missing(*missing)) if len(missing[0]) else known
    return _repair(labels, doubtful, scored, judged, enough)


def _bounded_components(
    size: int, pairs: ScoredPairs, judged: Decisions, threshold: int
) -> Positions:
    """Components above a threshold; chains among them are cut at ever higher ones."""
    together = _ints([i for pair in judged.together for i in pair]).reshape(-1, 2)
    nodes = np.arange(size)  # those that are not bounded yet; pairs name them by their places
    labels = nodes.copy()
    while True:
        active = pairs.where(pairs.weight > threshold)
        found = components(len(nodes), *_ends(active, together))
        labels[nodes] = nodes[found]
        chains = _chains(found, pairs)
        if not chains[active.left].any():  # what judgements alone hold together may be large
            return labels
        threshold += _STEP
        place = np.cumsum(chains) - 1
        nodes = nodes[chains]
        pairs = pairs.where(chains[pairs.left] & chains[pairs.right])
        pairs = replace(pairs, left=place[pairs.left], right=place[pairs.right])
        together = place[together[chains[together[:, 0]]]]


def _ends(pairs: ScoredPairs, together: Positions) -> tuple[Positions, Positions]:
    left = np.concatenate([pairs.left, together[:, 0]])
    return left, np.concatenate([pairs.right, together[:, 1]])


def _chains(labels: Positions, pairs: ScoredPairs) -> NDArray[np.bool_]:
    """Per record: is its component too large, or large with most of its pairs unknown?

    Records of one party know each other: blocking made most of their pairs. So scoring what is
    missing costs no more than the pairs that are there, small components aside.
    """
    size = len(labels)
    members = np.bincount(labels, minlength=size)
    inside = labels[pairs.left] == labels[pairs.right]
    known = np.bincount(labels[pairs.left[inside]], minlength=size)
    missing = members * (members - 1) // 2 - known
    chains = (members > LARGEST_COMPONENT) | (missing > np.maximum(known, FEW_MISSING))
    return np.asarray(chains[labels])


def _doubtful(
    labels: Positions, inside: ScoredPairs, judged: Decisions, enough: int
) -> NDArray[np.bool_]:
    """Per record: is its component more than one record and not a clean clique?"""
    size = len(labels)
    members = np.bincount(labels, minlength=size)
    clean = (inside.weight > enough) & ~inside.veto
    edges = np.bincount(labels[inside.left[clean]], minlength=size)
    doubtful = edges < members * (members - 1) // 2
    for left, right in (*judged.together, *judged.apart):
        doubtful[labels[left]] |= labels[left] == labels[right]
    return doubtful[labels]


def _missing_pairs(
    labels: Positions, chosen: NDArray[np.bool_], known: ScoredPairs
) -> tuple[Positions, Positions]:
    """All pairs inside the chosen components that are not known yet."""
    lefts, rights = [_ints([])], [_ints([])]
    for stack in stacks(labels, chosen):
        upper = np.triu_indices(stack.shape[1], k=1)
        lefts.append(stack[:, upper[0]].ravel())
        rights.append(stack[:, upper[1]].ravel())
    left, right = np.concatenate(lefts), np.concatenate(rights)
    width = int(max(right.max(initial=0), known.right.max(initial=0))) + 1
    here, there = left * width + right, known.left * width + known.right
    there = np.append(np.sort(there), _NOBODY)
    new = there[np.searchsorted(there, here)] != here
    return left[new], right[new]


def _repair(
    labels: Positions,
    doubtful: NDArray[np.bool_],
    pairs: ScoredPairs,
    judged: Decisions,
    enough: int,
) -> Clustering:
    by_hand = np.zeros(len(labels), dtype=bool)  # by label: components that somebody judged
    for pair in (*judged.together, *judged.apart):
        by_hand[labels[list(pair)]] = True
    repaired = labels.copy()
    _merge_stacks(labels, doubtful & ~by_hand[labels], pairs, enough, repaired)
    evidence = _Evidence.by_component(labels, pairs.where(by_hand[labels[pairs.left]]), judged)
    contradictions: list[Pair] = []
    for stack in stacks(labels, doubtful & by_hand[labels]):
        for members in stack.tolist():
            parts, refused = merge(members, evidence.get(members[0], _Evidence()), enough)
            contradictions += refused
            for part in parts:
                repaired[part] = part[0]
    return Clustering(repaired, tuple(sorted(contradictions)))


def _merge_stacks(
    labels: Positions,
    chosen: NDArray[np.bool_],
    pairs: ScoredPairs,
    enough: int,
    repaired: Positions,
) -> None:
    """Merge the chosen components, many of one size at a time; writes into `repaired`."""
    order = np.argsort(labels[pairs.left], kind="stable")
    of_pair = labels[pairs.left][order]
    place = np.zeros(len(labels), dtype=np.int64)
    for stack in stacks(labels, chosen):
        count, size = stack.shape
        place[stack] = np.arange(size)
        names = labels[stack[:, 0]]
        low = np.searchsorted(of_pair, names, side="left")
        many = np.searchsorted(of_pair, names, side="right") - low
        group = np.repeat(np.arange(count), many)
        rows = order[np.arange(len(group)) + np.repeat(low - np.cumsum(many) + many, many)]
        one, other = place[pairs.left[rows]], place[pairs.right[rows]]
        weights = np.full((count, size, size), FLOOR)
        vetoes = np.zeros((count, size, size), dtype=bool)
        weights[group, one, other] = weights[group, other, one] = pairs.weight[rows]
        vetoes[group, one, other] = vetoes[group, other, one] = pairs.veto[rows]
        first = merged(weights, vetoes, FLOOR, enough)
        repaired[stack] = np.take_along_axis(stack, first, axis=1)


@dataclass
class _Evidence:
    """All that is known about the pairs of one component."""

    weights: dict[Pair, int] = field(default_factory=dict)
    vetoes: set[Pair] = field(default_factory=set)
    together: list[Pair] = field(default_factory=list)
    apart: set[Pair] = field(default_factory=set)

    @staticmethod
    def by_component(
        labels: Positions, pairs: ScoredPairs, judged: Decisions
    ) -> dict[int, _Evidence]:
        found: dict[int, _Evidence] = {}
        columns = (labels[pairs.left], pairs.left, pairs.right, pairs.weight, pairs.veto)
        for label, left, right, weight, veto in zip(*(c.tolist() for c in columns), strict=True):
            evidence = found.setdefault(label, _Evidence())
            evidence.weights[left, right] = weight
            if veto:
                evidence.vetoes.add((left, right))
        for left, right in judged.together:
            found.setdefault(int(labels[left]), _Evidence()).together.append((left, right))
        for left, right in judged.apart:
            if labels[left] == labels[right]:
                found.setdefault(int(labels[left]), _Evidence()).apart.add((left, right))
        return found


def merge(
    members: Sequence[int], evidence: _Evidence, enough: int = ENOUGH
) -> tuple[list[list[int]], list[Pair]]:
    """Greedy average linkage. Gives the parts (each sorted) and the judgements it refused.

    A pair without a weight counts as the floor. Judged "same" comes first and outranks vetoes;
    judged "different" outranks everything.
    """
    parts = _Parts(members, evidence, enough)
    refused = [pair for pair in evidence.together if not parts.put_together(*pair)]
    parts.merge_while_enough()
    return sorted(sorted(part) for part in parts.members.values()), refused


class _Parts:
    """Parts of a component, each named by its smallest member."""

    def __init__(self, members: Sequence[int], evidence: _Evidence, enough: int) -> None:
        self._enough = enough
        self.members = {member: [member] for member in members}
        self._part_of = {member: member for member in members}
        # Sums of (weight - FLOOR): never negative, and an unscored pair adds nothing.
        self._above_floor: dict[int, dict[int, int]] = {member: {} for member in members}
        self._judged_apart: dict[int, set[int]] = {member: set() for member in members}
        self._apart: dict[int, set[int]] = {member: set() for member in members}
        for (left, right), weight in evidence.weights.items():
            self._above_floor[left][right] = max(weight, FLOOR) - FLOOR
            self._above_floor[right][left] = max(weight, FLOOR) - FLOOR
        for left, right in evidence.apart:
            _connect(self._judged_apart, left, right)
        for left, right in evidence.apart | evidence.vetoes:
            _connect(self._apart, left, right)

    def put_together(self, left: int, right: int) -> bool:
        """Follow a judgement; False if another judgement forbids it."""
        one, other = self._part_of[left], self._part_of[right]
        if one == other:
            return True
        if other in self._judged_apart[one]:
            return False
        self._join(one, other)
        return True

    def merge_while_enough(self) -> None:
        queue = [
            self._candidate(one, other)
            for one, other in combinations(sorted(self.members), 2)
            if self._may_merge(one, other)
        ]
        heapify(queue)
        while queue:
            _, one, other, members = heappop(queue)
            if self._size(one, other) != members:
                continue
            if other in self._apart[one]:
                continue
            kept = self._join(one, other)
            for neighbour in self._above_floor[kept]:
                pair = (min(kept, neighbour), max(kept, neighbour))
                if self._may_merge(*pair):
                    heappush(queue, self._candidate(*pair))

    def _may_merge(self, one: int, other: int) -> bool:
        possible = len(self.members[one]) * len(self.members[other])
        above = self._above_floor[one].get(other, 0)
        return other not in self._apart[one] and above + FLOOR * possible > self._enough * possible

    def _candidate(self, one: int, other: int) -> tuple[float, int, int, Pair]:
        """Best average first; ties go to the part with the earliest record."""
        members = self._size(one, other)
        # Division of two integers is correctly rounded, so this float is the same everywhere.
        average = self._above_floor[one][other] / (members[0] * members[1])
        return (-average, one, other, members)

    def _size(self, one: int, other: int) -> Pair:
        return len(self.members.get(one, ())), len(self.members.get(other, ()))

    def _join(self, one: int, other: int) -> int:
        kept, gone = min(one, other), max(one, other)
        for member in self.members[gone]:
            self._part_of[member] = kept
        self.members[kept] += self.members.pop(gone)
        for neighbour, above in self._above_floor.pop(gone).items():
            del self._above_floor[neighbour][gone]
            if neighbour != kept:
                total = self._above_floor[kept].get(neighbour, 0) + above
                self._above_floor[kept][neighbour] = total
                self._above_floor[neighbour][kept] = total
        _rename(self._apart, gone, kept)
        _rename(self._judged_apart, gone, kept)
        return kept


def _connect(links: dict[int, set[int]], left: int, right: int) -> None:
    links[left].add(right)
    links[right].add(left)


def _rename(links: dict[int, set[int]], gone: int, kept: int) -> None:
    for neighbour in links.pop(gone):
        links[neighbour].discard(gone)
        if neighbour != kept:
            _connect(links, kept, neighbour)


def _ints(values: Sequence[int]) -> Positions:
    return np.array(values, dtype=np.int64)
