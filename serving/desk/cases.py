"""The queue of the review: most valuable case first, less what was decided since it was made.

In: the bench of the last run, with who is hidden, and the judgements. Out: the next case. The list
is made once per run and then only shortened, so that a verdict does not cost a new list; it is made
anew when it is empty.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass

from dedupe.judgement.judgements import Judgement
from dedupe.judgement.review import Case, ReviewItem, review
from serving.desk.copies import Bench
from serving.desk.deciding import standing
from serving.stakes import stakes
from stamm.store import Store

_MOST = 1_000


@dataclass(frozen=True)
class _Made:
    run: object
    until: int  # judgements that the list knows
    items: tuple[ReviewItem, ...]


@dataclass(frozen=True)
class Queue:
    """What waits, most valuable first."""

    items: tuple[ReviewItem, ...]

    def next(self, taken: Collection[frozenset[str]], skipped: int) -> ReviewItem | None:
        """The first that nobody else has open; where others have all of them, the first."""
        free = [one for one in self.items if key(one) not in taken] or list(self.items)
        return free[skipped % len(free)] if free else None


def key(item: ReviewItem) -> frozenset[str]:
    """A case, whichever way round."""
    return frozenset((item.left_record, item.right_record))


class Cases:
    """Keeps the list of one run."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._made: _Made | None = None

    def queue(self, bench: Bench, store: Store) -> Queue:
        """Nobody hidden is in it."""
        told = standing(store)
        with self._turn:
            made = self._made
            if made is None or made.run != bench.run:
                made = self._made = _make(bench, store, told)
            waiting = _waiting(made, told, bench.hidden)
            if not waiting and made.items and _last(told) != made.until:
                made = self._made = _make(bench, store, told)
                waiting = _waiting(made, told, bench.hidden)
        return Queue(tuple(waiting))


def _make(bench: Bench, store: Store, told: list[Judgement]) -> _Made:
    case = Case(bench.con, store, told, bench.thresholds, stakes(bench.con, store))
    return _Made(bench.run, _last(told), tuple(review(case, _MOST)))


def _waiting(made: _Made, told: list[Judgement], hidden: frozenset[str]) -> list[ReviewItem]:
    since = [one for one in told if one.seq > made.until]
    return [
        item
        for item in made.items
        if not {item.left_party, item.right_party} & hidden
        and not any(_settles(one, item) for one in since)
    ]


def _settles(judged: Judgement, item: ReviewItem) -> bool:
    left, right = item.left_record, item.right_record
    return (left in judged.left and right in judged.right) or (
        right in judged.left and left in judged.right
    )


def _last(told: list[Judgement]) -> int:
    return max((one.seq for one in told), default=0)
