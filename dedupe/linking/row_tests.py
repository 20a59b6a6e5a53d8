"""Conditions and levels of the specification → functions of two records held as tuples.

`place` says where a record's tuple holds a column. A function never raises, and a missing value
(None or NaN) never agrees. The in-memory engine and look-ups use them; `dedupe.linking.levels` says
the same in SQL, and tests hold them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dedupe.linking import text_tests
from dedupe.specification import Comparison, Condition

Row = Sequence[Any]
Test = Callable[[Row, Row], bool]
Place = Mapping[str, int]


def row_test(condition: Condition, place: Place) -> Test:
    """The condition as a function of two records."""
    if condition.test == "any_of":
        parts = [row_test(part, place) for part in condition.of]
        return lambda left, right: any(part(left, right) for part in parts)
    return _TESTS[condition.test](condition, place)


def level_of(comparison: Comparison, place: Place) -> Callable[[Row, Row], int]:
    """The comparison as a function of two records: the level's code, 0 where a value is missing."""
    needs = [place[column] for column in comparison.needs]
    silent = [row_test(condition, place) for condition in comparison.silent_when]
    levels = [
        (comparison.code(level.name), [row_test(condition, place) for condition in level.when])
        for level in comparison.levels[:-1]
    ]

    def code(left: Row, right: Row) -> int:
        for i in needs:
            if left[i] is None or right[i] is None:
                return 0
        for test in silent:
            if test(left, right):
                return 0
        for found, tests in levels:
            for test in tests:  # a look-up asks this ten thousand times: no generator for all()
                if not test(left, right):
                    break
            else:
                return found
        return 1

    return code


def _of_texts(condition: Condition, place: Place) -> Test:
    """A test of two texts in one column."""
    i, holds = place[condition.column], text_tests.one(condition)

    def test(left: Row, right: Row) -> bool:
        ours, theirs = left[i], right[i]
        return isinstance(ours, str) and isinstance(theirs, str) and holds(ours, theirs)

    return test


def _same(ours: Any, theirs: Any) -> bool:
    return bool(ours == theirs) and isinstance(ours, str)  # most differ


def _equal(condition: Condition, place: Place) -> Test:
    i = place[condition.column]
    return lambda left, right: left[i] == right[i] and isinstance(left[i], str)


def _overlap(condition: Condition, place: Place) -> Test:
    i = place[condition.column]

    def test(left: Row, right: Row) -> bool:
        ours, theirs = left[i], right[i]
        if isinstance(ours, list) and isinstance(theirs, list):
            for value in ours:  # one or two: a set would cost more
                if value in theirs:
                    return True
        return False

    return test


def _crossed(condition: Condition, place: Place) -> Test:
    i, j = place[condition.column], place[condition.other]
    return lambda left, right: _same(left[i], right[j]) or _same(left[j], right[i])


def _swapped(condition: Condition, place: Place) -> Test:
    i, j = place[condition.column], place[condition.other]
    return lambda left, right: _same(left[i], right[j]) and _same(left[j], right[i])


_TESTS: dict[str, Callable[[Condition, Place], Test]] = {
    "equal": _equal, "overlap": _overlap, "crossed": _crossed, "swapped": _swapped,
    **dict.fromkeys(("jaro_winkler", "levenshtein", "slip", "initial", "starts_with"), _of_texts),
}  # fmt: skip
