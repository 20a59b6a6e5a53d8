"""Holders of equal keys → the pairs in which they meet, each once, with all rules that made it.

Flow: (record, key) of one rule after the other → records sorted by key → pairs inside each block →
one whole number per pair and rule → sorted and united. Pairs come out in order, so that comparing
reads one record many times while it is at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

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
    """left < right; bit i of `rules` says that rule i made the pair."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    rules: NDArray[np.int64]


def candidate_pairs(holders: Iterable[Holders], *, threads: int) -> Iterator[CandidatePairs]:
    """All pairs of blocks that are neither lone nor hot, in slices, in order."""
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(_meetings, one) for one in holders]
        found = np.concatenate([one.result() for one in waiting] or [np.zeros(0, np.uint64)])
        waiting.clear()
        yield from pool.map(_united, _slices(found, threads))


def _meetings(holders: Holders) -> Meetings:
    highest = int(holders.rids.max(initial=0))
    if highest >= MOST_RECORDS or holders.rule >= MOST_RULES:
        raise UsageError(
            f"expected record numbers below {MOST_RECORDS:,} and at most {MOST_RULES} blocking"
            f" rules, found record {highest:,} and rule {holders.rule + 1}",
            hint="Link parts of the records by themselves, or state fewer rules.",
        )
    order = np.argsort(holders.keys)
    keys, rids = holders.keys[order], holders.rids[order].astype(np.uint64)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    sizes = np.diff(np.append(starts, len(keys)))
    pairs = [
        _of_size(rids[starts[sizes == size][:, None] + np.arange(size)])
        for size in np.unique(sizes[(sizes > 1) & (sizes <= holders.cap)])
    ]
    found = np.concatenate(pairs or [np.zeros(0, np.uint64)])
    return np.asarray((found << _RULE) | np.uint64(holders.rule))


def _of_size(blocks: NDArray[np.uint64]) -> Meetings:
    """All pairs of blocks of one size, a row each; a record that is twice in one meets itself."""
    one, other = np.triu_indices(blocks.shape[1], k=1)
    left, right = blocks[:, one].ravel(), blocks[:, other].ravel()
    pairs = (np.minimum(left, right) << _RECORD) | np.maximum(left, right)
    return np.asarray(pairs[left != right])


def _slices(found: Meetings, threads: int) -> Iterator[Meetings]:
    """Parts by left record, enough of them that each is of a handy size."""
    parts = max(threads, len(found) // SLICE + 1)
    last = int(found.max(initial=0)) + 1
    edges = [last * part // parts for part in range(parts + 1)]
    # Whole left records: a pair's rules must not fall into two slices.
    whole = int(_RECORD + _RULE)
    edges = [edge >> whole << whole for edge in edges[:-1]] + [last]
    for low, high in pairwise(edges):
        yield found[(found >= np.uint64(low)) & (found < np.uint64(high))]


def _united(meetings: Meetings) -> CandidatePairs:
    meetings.sort()
    pairs = meetings >> _RULE
    first = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]])[: len(pairs)])
    rules = np.int64(1) << (meetings & np.uint64(MOST_RULES)).astype(np.int64)
    pairs = pairs[first]
    return CandidatePairs(
        (pairs >> _RECORD).astype(np.int32),
        (pairs & np.uint64(MOST_RECORDS - 1)).astype(np.int32),
        np.bitwise_or.reduceat(rules, first) if len(first) else np.zeros(0, np.int64),
    )
