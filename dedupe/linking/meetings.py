"""Holders of equal keys → the pairs in which they meet, each once, with its first rule.

Flow: (record, key) of one rule after the other → records sorted by key → pairs inside each block →
one whole number per pair and rule → sorted and united. Pairs come out in order, so that comparing
reads one record many times while it is at hand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe.linking.ahead import worked_ahead
from stamm.errors import UsageError

# A meeting is left record, right record and rule in one number: 29 + 29 + 6 bits.
_RECORD, _RULE = np.uint64(29), np.uint64(6)
MOST_RECORDS, MOST_RULES = 1 << 29, 63
SLICE = 8_000_000  # meetings united at once

Meetings = NDArray[np.uint64]


@dataclass(frozen=True)
class Holders:
    """The records of one rule's keys, one entry per record and key; none is missing."""

    rule: int
    cap: int
    rids: NDArray[np.int64]
    keys: NDArray[np.uint64]


@dataclass(frozen=True)
class CandidatePairs:
    """left < right; `rule` is the first one that made the pair."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    rule: NDArray[np.uint8]


def candidate_pairs(
    holders: Iterable[Holders], *, records: int, threads: int
) -> Iterator[CandidatePairs]:
    """All pairs of blocks that are neither lone nor hot, in slices, in order.

    Who meets whom is found at once, eight bytes a pair and rule, and united slice by slice as it is
    asked for. `records` is the highest record number.
    """
    with ThreadPoolExecutor(threads) as pool:
        found = [one.result() for one in [pool.submit(_meetings, one) for one in holders]]
        total = sum(map(len, found))
        edges = _edges(records, max(threads, total // SLICE + 1))
        # Each rule's meetings are let go of as they are cut.
        cut = [pool.submit(_cut, found.pop(), edges) for _ in range(len(found))]
        slices = deque(zip(*[one.result() for one in cut], strict=True))
    # Each slice's meetings are let go of with it; the next ones are united meanwhile.
    return worked_ahead(_united, (slices.popleft() for _ in range(len(slices))))


def _edges(records: int, slices: int) -> Meetings:
    """The first meeting of each slice but the first one: whole left records.

    The left one is the lesser of two, so that low numbers have more meetings than high ones.
    """
    shares = 1.0 - np.sqrt(1.0 - np.arange(1, slices) / slices)
    firsts = (shares * (records + 1)).astype(np.uint64)
    return np.asarray(firsts << (_RECORD + _RULE))


def _meetings(holders: Holders) -> Meetings:
    """Each pair of one rule's blocks as a number."""
    highest = int(holders.rids.max(initial=0))
    if highest >= MOST_RECORDS or holders.rule >= MOST_RULES:
        raise UsageError(
            f"expected record numbers below {MOST_RECORDS:,} and at most {MOST_RULES} blocking"
            f" rules, found record {highest:,} and rule {holders.rule + 1}",
            hint="Link parts of the records by themselves, or state fewer rules.",
        )
    order = _by_key(holders.keys)
    rids = holders.rids.astype(np.uint64)[order]
    pairs = [
        _of_size(rids[starts[:, None] + np.arange(size)])
        for size, starts in _by_size(holders.keys[order], holders.cap)
    ]
    found = np.concatenate(pairs or [np.zeros(0, np.uint64)])
    found <<= _RULE
    found |= np.uint64(holders.rule)
    return np.asarray(found)


def _by_key(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The order of sorted keys.

    Numbers are sorted several times faster than places, so that each place is written into the
    last bits of its key; the few keys that differ in these bits only are put right.
    """
    if len(keys) >= MOST_RECORDS:
        return np.argsort(keys)
    last = np.uint64(MOST_RECORDS - 1)
    fronts = (keys & ~last) | np.arange(len(keys), dtype=np.uint64)
    fronts.sort()
    order = (fronts & last).astype(np.int64)
    fronts &= ~last
    found = keys[order]
    mixed = np.unique(fronts[1:][(fronts[1:] == fronts[:-1]) & (found[1:] != found[:-1])])
    starts, ends = np.searchsorted(fronts, mixed), np.searchsorted(fronts, mixed, side="right")
    for start, end in zip(starts, ends, strict=True):
        order[start:end] = order[start:end][np.argsort(found[start:end])]
    return order


def _by_size(keys: NDArray[np.uint64], cap: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Each size of blocks that are neither lone nor hot, and where those begin; of sorted keys."""
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    sizes = np.diff(starts, append=len(keys))
    kept = (sizes > 1) & (sizes <= cap)
    starts, sizes = starts[kept], sizes[kept]
    small = np.min_scalar_type(cap)  # is sorted by its digits
    ordered = starts[np.argsort(sizes.astype(small), kind="stable")]
    ends = np.cumsum(np.bincount(sizes, minlength=1))
    for size in np.flatnonzero(np.diff(ends, prepend=0)).tolist():
        yield size, ordered[ends[size - 1] : ends[size]]


def _cut(meetings: Meetings, edges: Meetings) -> list[Meetings]:
    """The meetings of each slice, each to be let go of by itself; sorts what it is given."""
    meetings.sort()
    return [part.copy() for part in np.split(meetings, np.searchsorted(meetings, edges))]


def _of_size(blocks: NDArray[np.uint64]) -> Meetings:
    """All pairs of blocks of one size, a row each; a record that is twice in one meets itself."""
    one, other = np.triu_indices(blocks.shape[1], k=1)
    left, right = blocks[:, one].ravel(), blocks[:, other].ravel()
    pairs = (np.minimum(left, right) << _RECORD) | np.maximum(left, right)
    return np.asarray(pairs[left != right])


def _united(parts: Sequence[Meetings]) -> CandidatePairs:
    meetings = np.concatenate(parts)
    meetings.sort()
    pairs = meetings >> _RULE
    first = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]])[: len(pairs)])
    pairs = pairs[first]
    return CandidatePairs(
        (pairs >> _RECORD).astype(np.int32),
        (pairs & np.uint64(MOST_RECORDS - 1)).astype(np.int32),
        (meetings[first] & np.uint64(MOST_RULES)).astype(np.uint8),
    )
