"""Tests of two texts: what a condition says where two values are not equal.

`one` asks of two texts, `many` and `similarities` of many pairs of them, each distinct pair once.
A letter is a character, whatever its bytes. All distances are rapidfuzz's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dedupe.specification import Condition

if TYPE_CHECKING:
    import pyarrow as pa

Places = NDArray[np.int64]
Holds = Callable[[str, str], bool]


@cache
def one(condition: Condition) -> Holds:
    """The condition as a function of two texts."""
    return _ONE[condition.test](condition)


def many(condition: Condition, texts: pa.Array, left: Places, right: Places) -> NDArray[np.bool_]:
    """Whether the condition holds of the texts at these places; none is null."""

    def asked(ours: Sequence[str], theirs: Sequence[str]) -> NDArray[np.bool_]:
        if condition.test == "levenshtein":
            return np.asarray(_edits(ours, theirs, condition.at_most) <= condition.at_most)
        if condition.test == "slip":
            return np.asarray(_slips(ours, theirs) == 1)
        return np.fromiter(map(one(condition), ours, theirs), np.bool_, len(ours))

    return np.asarray(_of_distinct(asked, texts, left, right), dtype=np.bool_)


def similarities(texts: pa.Array, left: Places, right: Places) -> NDArray[np.float64]:
    """Jaro-Winkler, 0 to 1, of the texts at these places."""
    return np.asarray(_of_distinct(_jaro_winkler_all, texts, left, right), dtype=np.float64)


def _of_distinct(
    ask: Callable[[Sequence[str], Sequence[str]], NDArray[Any]],
    texts: pa.Array,
    left: Places,
    right: Places,
) -> NDArray[Any]:
    import pyarrow as pa

    pairs, place = np.unique((left << 32) | right, return_inverse=True)
    if not len(pairs):
        return np.zeros(0)
    sides = (pairs >> 32, pairs & 0xFFFFFFFF)
    ours, theirs = (texts.take(pa.array(side)).to_pylist() for side in sides)
    return ask(ours, theirs)[place]


def _jaro_winkler_all(ours: Sequence[str], theirs: Sequence[str]) -> NDArray[Any]:
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import cpdist

    return np.asarray(cpdist(ours, theirs, scorer=JaroWinkler.similarity, dtype=np.float64))


def _edits(ours: Sequence[str], theirs: Sequence[str], most: int) -> NDArray[Any]:
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cpdist

    return np.asarray(cpdist(ours, theirs, scorer=Levenshtein.distance, score_cutoff=most))


def _slips(ours: Sequence[str], theirs: Sequence[str]) -> NDArray[Any]:
    from rapidfuzz.distance import DamerauLevenshtein
    from rapidfuzz.process import cpdist

    return np.asarray(cpdist(ours, theirs, scorer=DamerauLevenshtein.distance, score_cutoff=1))


def _jaro_winkler(condition: Condition) -> Holds:
    from rapidfuzz.distance import JaroWinkler

    similarity, least = JaroWinkler.similarity, condition.at_least
    return lambda a, b: similarity(a, b) >= least


def _levenshtein(condition: Condition) -> Holds:
    from rapidfuzz.distance import Levenshtein

    distance, most = Levenshtein.distance, condition.at_most
    return lambda a, b: distance(a, b) <= most


def _slip(condition: Condition) -> Holds:
    """One letter added, lost, replaced or swapped with its neighbour."""
    del condition
    from rapidfuzz.distance import DamerauLevenshtein

    distance = DamerauLevenshtein.distance
    return lambda a, b: distance(a, b, score_cutoff=1) == 1


def _initial(condition: Condition) -> Holds:
    """One is a single letter, and the other one starts with it."""
    del condition
    return lambda a, b: (len(a) == 1 or len(b) == 1) and a[0] == b[0]


def _starts_with(condition: Condition) -> Holds:
    """One is the beginning of the other, at least `at_most` letters long."""
    least = condition.at_most
    return lambda a, b: min(len(a), len(b)) >= least and (a.startswith(b) or b.startswith(a))


_ONE: dict[str, Callable[[Condition], Holds]] = {
    "jaro_winkler": _jaro_winkler, "levenshtein": _levenshtein, "slip": _slip,
    "initial": _initial, "starts_with": _starts_with,
}  # fmt: skip
