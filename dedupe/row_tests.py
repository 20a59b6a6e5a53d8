"""Conditions of the specification, tested on two values at a time.

Each test takes the values of both records (`column`, then `other` where the condition names one)
and the condition. It never raises, and a missing value (None or NaN) never agrees. The in-memory
engine and look-ups use them; `dedupe.levels` says the same in SQL, and tests hold them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dedupe.specification import Comparison, Condition

Values = Sequence[Any]


def condition_holds(condition: Condition, left: dict[str, Any], right: dict[str, Any]) -> bool:
    """One condition on two records (column → value)."""
    if condition.test == "any_of":
        return any(condition_holds(part, left, right) for part in condition.of)
    columns = (condition.column, condition.other) if condition.other else (condition.column,)
    ours, theirs = ([side[column] for column in columns] for side in (left, right))
    return ROW_TESTS[condition.test](ours, theirs, condition)


def level_code(comparison: Comparison, left: dict[str, Any], right: dict[str, Any]) -> int:
    """The level's code of one comparison of two records, 0 where a value is missing."""
    if any(side[column] is None for column in comparison.needs for side in (left, right)):
        return 0
    if any(condition_holds(condition, left, right) for condition in comparison.silent_when):
        return 0
    for place, level in enumerate(comparison.levels[:-1]):
        if all(condition_holds(condition, left, right) for condition in level.when):
            return len(comparison.levels) - place
    return 1


def _texts(left: Values, right: Values) -> tuple[str, str] | None:
    both = left[0], right[0]
    return both if isinstance(both[0], str) and isinstance(both[1], str) else None


def _same(left: Any, right: Any) -> bool:
    return isinstance(left, str) and left == right


def _equal(left: Values, right: Values, condition: Condition) -> bool:
    del condition
    return _same(left[0], right[0])


def _jaro_winkler(left: Values, right: Values, condition: Condition) -> bool:
    from rapidfuzz.distance import JaroWinkler

    texts = _texts(left, right)
    return texts is not None and JaroWinkler.similarity(*texts) >= condition.at_least


def _overlap(left: Values, right: Values, condition: Condition) -> bool:
    del condition
    lists = [set(one) for one in (left[0], right[0]) if isinstance(one, list)]
    return len(lists) == 2 and bool(lists[0] & lists[1])


def _levenshtein(left: Values, right: Values, condition: Condition) -> bool:
    from rapidfuzz.distance import Levenshtein

    texts = _texts(left, right)
    return texts is not None and Levenshtein.distance(*texts) <= condition.at_most


def _slip(left: Values, right: Values, condition: Condition) -> bool:
    from rapidfuzz.distance import DamerauLevenshtein

    del condition
    texts = _texts(left, right)
    return texts is not None and DamerauLevenshtein.distance(*texts) == 1


def _initial(left: Values, right: Values, condition: Condition) -> bool:
    del condition
    texts = _texts(left, right)
    return texts is not None and min(map(len, texts)) == 1 and texts[0][0] == texts[1][0]


def _starts_with(left: Values, right: Values, condition: Condition) -> bool:
    texts = _texts(left, right)
    if texts is None:
        return False
    short, long = sorted(texts, key=len)
    return len(short) >= condition.at_most and long.startswith(short)


def _crossed(left: Values, right: Values, condition: Condition) -> bool:
    del condition
    return _same(left[0], right[1]) or _same(left[1], right[0])


def _swapped(left: Values, right: Values, condition: Condition) -> bool:
    del condition
    return _same(left[0], right[1]) and _same(left[1], right[0])


ROW_TESTS: dict[str, Callable[[Values, Values, Condition], bool]] = {
    "equal": _equal, "jaro_winkler": _jaro_winkler, "overlap": _overlap,
    "levenshtein": _levenshtein, "slip": _slip, "initial": _initial,
    "starts_with": _starts_with, "crossed": _crossed, "swapped": _swapped,
}  # fmt: skip
