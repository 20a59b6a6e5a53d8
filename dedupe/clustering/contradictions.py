"""Judgements that contradict each other through third records.

"a is b" and "b is c" contradict "a is not c". Clustering lets "different" win; this says which
judgements are involved, so that a person can look again. A pure function of the judgements.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass

from dedupe.judgement.judgements import Judgement, latest_verdicts


@dataclass(frozen=True)
class Contradiction:
    """`different` is the judgement that parts left and right, `same` those that join them."""

    left: str
    right: str
    different: int
    same: tuple[int, ...]


def contradictions(judgements: Collection[Judgement]) -> list[Contradiction]:
    """One per judgement "different" that a chain of "same" contradicts, by the shortest chain."""
    latest = latest_verdicts(judgements)
    joined: dict[str, dict[str, int]] = defaultdict(dict)
    for (one, other), (seq, verdict) in latest.items():
        if verdict == "same":
            joined[one][other] = joined[other][one] = seq
    found: dict[int, Contradiction] = {}
    for (one, other), (seq, verdict) in sorted(latest.items()):
        if verdict == "different" and seq not in found:
            chain = _chain(joined, one, other)
            if chain:
                found[seq] = Contradiction(one, other, seq, chain)
    return [found[seq] for seq in sorted(found)]


def _chain(joined: dict[str, dict[str, int]], start: str, end: str) -> tuple[int, ...]:
    """The judgements on the shortest way from one record to the other; empty without one."""
    came_from: dict[str, tuple[str, int]] = {start: (start, 0)}
    waiting = deque([start])
    while waiting and end not in came_from:
        here = waiting.popleft()
        for near, seq in sorted(joined.get(here, {}).items()):
            if near not in came_from:
                came_from[near] = (here, seq)
                waiting.append(near)
    if end not in came_from:
        return ()
    chain = []
    while end != start:
        end, seq = came_from[end]
        chain.append(seq)
    return tuple(sorted(set(chain)))
