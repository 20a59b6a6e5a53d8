"""Namesakes of encoded records: whole names → what agreeing in both parts of one is worth.

Flow: whole names counted by records and expected bearers → model (`dedupe.training.namesakes`) →
bits by whole name: what the independent frequencies of its parts are wrong by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

from dedupe.linking.encoding import MISSING, Codes, Encoded
from dedupe.specification import Comparison
from dedupe.trained import Trained
from dedupe.training.namesakes import MOST_RECORDS, Floats, NameCounts, Namesakes, learn_namesakes

BINS_PER_BIT = 3
LOWEST_BIT, HIGHEST_BIT = -20, 8


@dataclass(frozen=True)
class WholeNames:
    """Each name once: its code, those of its parts, its records (n) and its bin of bearers."""

    whole: Codes
    parts: tuple[Codes, Codes]
    records: NDArray[np.int64]
    bin: NDArray[np.int64]


def name_bits(
    trained: Trained,
    comparison: Comparison,
    encoded: Encoded,
    distinct: NDArray[np.bool_],
    bits: Mapping[str, Floats],
) -> Floats:
    """By code of the whole name, for a comparison that `corrects` two others; NaN where unheld.

    `bits` are those of the others' values. Among few records a name tells nothing of namesakes,
    and corrects nothing.
    """
    columns = [_column(trained, name) for name in comparison.corrects]
    whole = comparison.levels[0].term_frequency
    names = _whole_names(encoded, distinct, whole, columns)
    found = np.full(len(encoded.texts[whole]) + 1, np.nan)
    if trained.records < trained.specification.prior.records_needed:
        found[names.whole] = 0.0
        return found
    model = learn_namesakes(_counts(names), trained.match_share * max(trained.records - 1, 0))
    of_parts = sum(
        np.nan_to_num(bits[column]).take(codes)
        for column, codes in zip(columns, names.parts, strict=True)
    )
    independent = _independent_bits(trained, comparison)
    found[names.whole] = independent - _same_bits(model, names) - of_parts
    return found


def _column(trained: Trained, comparison: str) -> str:
    return trained.specification.comparison(comparison).levels[0].term_frequency


def _independent_bits(trained: Trained, comparison: Comparison) -> float:
    """What prior and equality in both parts weigh before frequencies."""
    bits = log2(trained.match_share) - log2(trained.stranger_share)
    for name in comparison.corrects:
        place = trained.specification.position(name)
        bits += log2(trained.m[place][-1]) - log2(trained.u[place][-1])
    return bits


def _whole_names(
    encoded: Encoded, distinct: NDArray[np.bool_], whole: str, columns: list[str]
) -> WholeNames:
    """Parts are those of a name's first record."""
    codes = np.where(distinct, encoded.codes[:, encoded.place[whole]], MISSING)
    held = np.flatnonzero(codes != MISSING)
    first = np.full(len(encoded.texts[whole]) + 1, -1)
    first[codes[held][::-1]] = held[::-1]
    names = np.flatnonzero(first >= 0)
    records = np.bincount(codes[held], minlength=len(first))[names]
    one, other = (encoded.codes[first[names], encoded.place[column]] for column in columns)
    expected = np.bincount(one)[one] * (np.bincount(other)[other] / max(len(names), 1))
    bounded = np.clip(np.log2(expected), LOWEST_BIT, HIGHEST_BIT)
    bins = np.rint(BINS_PER_BIT * bounded).astype(np.int64) - BINS_PER_BIT * LOWEST_BIT
    return WholeNames(names.astype(np.int32), (one, other), np.minimum(records, MOST_RECORDS), bins)


def _counts(names: WholeNames) -> NameCounts:
    bins = BINS_PER_BIT * (HIGHEST_BIT - LOWEST_BIT) + 1
    counted = np.zeros((MOST_RECORDS + 1, bins))
    np.add.at(counted, (names.records, names.bin), 1.0)
    return NameCounts(counted, 2.0 ** (np.arange(bins) / BINS_PER_BIT + LOWEST_BIT))


def _same_bits(model: Namesakes, names: WholeNames) -> Floats:
    """The log odds that two records of a name are one party's.

    A name that one record bears counts as two: it matters only when another record joins it.
    """
    same = model.same[np.maximum(names.records, 2), names.bin]
    return np.asarray(np.round(np.log2(same / (1.0 - same)), 6))
