"""Namesakes: how likely two records of one whole name are one party, told by how many bear it.

Given and family names are not drawn independently, and a name held by six records in a table
where nobody has more than four is held by two people at least. Flow: how many records each name
has (n) and how many people were to be expected to bear it (μ, from its parts) → the chance that
two of its records are one party's. Nothing is labelled: the sizes of parties and the spread of
true over expected bearers are learnt by expectation and maximisation from the counts alone.

Model: K bearers of a name, K ≥ 1 and Poisson(λμ) with λ from a fixed grid; each has s(1), s(2), …
records of that spelling; n is their sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_RECORDS = 60  # names with more are counted as having this many
MOST_BEARERS = 48
ROUNDS = 60
# How many times more people than expected bear a name; names of one origin go together, and the
# more so the more origins a table has: among a million records some were borne 200 times as often.
SPREAD = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0])
# What is believed before any name is seen, worth that many names.
_BELIEVED_SPREAD = np.array([4.0, 6.0, 4.0, 3.0, 1.5, 0.8, 0.4, 0.3, 0.2, 0.1, 0.05, 0.05])
_BELIEVED_NAMES = 10.0
SUREST = 1e-4


@dataclass(frozen=True)
class NameCounts:
    """`names[n, bin]` whole names that have n records, by bins of μ; `expected[bin]` is its μ."""

    names: Floats
    expected: Floats


@dataclass(frozen=True)
class Namesakes:
    """`sizes[n]` is s(n); `spread` the shares of SPREAD; `same[n, bin]` the chance looked for."""

    sizes: Floats
    spread: Floats
    same: Floats


def learn_namesakes(counts: NameCounts, partners: float = 1.0) -> Namesakes:
    """Learn s and the shares of λ, then the chance that two records of a name are one party's.

    Many bearers of few records and few of many look alike where no name is rare. So learning starts
    from what the other fields say: `partners`, the other records of its party that a record has.
    """
    bearers, believed = _bearers(counts.expected), _believed_sizes(partners)
    sizes, spread = believed, _normalised(_BELIEVED_SPREAD)
    for _ in range(ROUNDS):
        sums = _sums(sizes)[1:]
        mixed = np.einsum("l,lkb->kb", spread, bearers)
        per_chance = counts.names / (sums.T @ mixed + 1e-300)
        # What each number of bearers is expected to have had a part in, by bins and by n.
        spread = _normalised(
            spread * np.einsum("lkb,kb->l", bearers, sums @ per_chance) + _BELIEVED_SPREAD
        )
        sizes = _sizes(sizes, sums * (mixed @ per_chance.T), _BELIEVED_NAMES * believed)
    return Namesakes(sizes, spread, _same(sizes, spread, bearers))


def _bearers(expected: Floats) -> Floats:
    """P(K = k | K ≥ 1) for λ, k − 1 and bin."""
    k = np.arange(1, MOST_BEARERS + 1)[None, :, None]
    mean = np.minimum(SPREAD[:, None] * expected[None, :], MOST_BEARERS)[:, None, :]
    factorials = np.array([lgamma(x + 1) for x in range(1, MOST_BEARERS + 1)])[None, :, None]
    chance = np.exp(k * np.log(mean) - factorials - mean)
    return np.asarray(chance / chance.sum(axis=1, keepdims=True))


def _believed_sizes(partners: float) -> Floats:
    """Sizes before any name is seen: geometric, with so many other records beside a record."""
    ratio = partners / (2.0 + partners)
    return _normalised(np.append(0.0, np.maximum(ratio ** np.arange(MOST_RECORDS), 1e-12)))


def _sums(sizes: Floats) -> Floats:
    """P(k bearers have n records together), by k and n."""
    rows = [np.eye(1, MOST_RECORDS + 1)[0]]
    for _ in range(MOST_BEARERS):
        rows.append(np.convolve(rows[-1], sizes)[: MOST_RECORDS + 1])
    return np.array(rows)


def _sizes(sizes: Floats, names: Floats, believed: Floats) -> Floats:
    """The M-step: how many records each bearer is expected to have had; `names` by k − 1 and n."""
    expected, sums = believed.copy(), _sums(sizes)
    for k in range(1, MOST_BEARERS + 1):
        per_sum = names[k - 1] / np.maximum(sums[k], 1e-300)
        shared = np.correlate(per_sum, sums[k - 1], mode="full")[MOST_RECORDS:]
        expected[1:] += k * sizes[1:] * shared[1:]
    return _thinning(_normalised(expected))


def _thinning(sizes: Floats) -> Floats:
    """Parties of more records become rarer ever faster (log-concave), from the second size on.

    Without that one party with forty records would explain what forty namesakes are.
    """
    thin = sizes.copy()
    for n in range(4, len(thin)):
        thin[n] = min(thin[n], thin[n - 1] ** 2 / max(thin[n - 2], 1e-300))
    return _normalised(thin)


def _same(sizes: Floats, spread: Floats, bearers: Floats) -> Floats:
    """Expected pairs of one bearer among all pairs of a name's records."""
    n = np.arange(MOST_RECORDS + 1)
    sums = _sums(sizes)
    mixed = np.einsum("l,lkb->kb", spread, bearers)
    inside = [
        (k + 1) * np.convolve(sizes * n * (n - 1), sums[k])[: MOST_RECORDS + 1]
        for k in range(MOST_BEARERS)
    ]
    found = np.einsum("kb,kn->nb", mixed, np.array(inside))
    seen = np.einsum("kb,kn->nb", mixed, sums[1:])
    pairs = np.maximum(n * (n - 1), 1)[:, None]
    chance = found / np.maximum(seen, 1e-300) / pairs
    return np.asarray(np.clip(chance, SUREST, 1.0 - SUREST))


def _normalised(values: Floats) -> Floats:
    return np.asarray(values / values.sum())
