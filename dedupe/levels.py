"""Conditions and levels → SQL. `l` and `r` are the two records of a pair.

Pure: nothing is executed here. `dedupe.in_memory` says the same in recordlinkage's words, and a
test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable

from dedupe.specification import Comparison, Condition


def condition_sql(condition: Condition) -> str:
    """A boolean expression; null where a value is missing, which counts as false."""
    return _TESTS[condition.test](condition)


def level_case(comparison: Comparison) -> str:
    """The level's code of one comparison, 0 to 7."""
    silent = [f"l.{c} is null or r.{c} is null" for c in comparison.needs]
    silent += [condition_sql(condition) for condition in comparison.silent_when]
    cases = [f"when {' or '.join(silent)} then 0"]
    for level in comparison.levels[:-1]:
        tests = " and ".join(condition_sql(condition) for condition in level.when)
        cases.append(f"when {tests} then {comparison.code(level.name)}")
    return f"case {' '.join(cases)} else 1 end"


def _equal(c: Condition) -> str:
    return f"l.{c.column} = r.{c.column}"


def _crossed(c: Condition) -> str:
    return f"(l.{c.column} = r.{c.other} or l.{c.other} = r.{c.column})"


def _swapped(c: Condition) -> str:
    return f"(l.{c.column} = r.{c.other} and l.{c.other} = r.{c.column})"


def _overlap(c: Condition) -> str:
    return f"list_has_any(l.{c.column}, r.{c.column})"


def _jaro_winkler(c: Condition) -> str:
    return f"jaro_winkler_similarity(l.{c.column}, r.{c.column}) >= {c.at_least}"


def _levenshtein(c: Condition) -> str:
    return f"levenshtein(l.{c.column}, r.{c.column}) <= {c.at_most}"


def _slip(c: Condition) -> str:
    """One letter added, lost, replaced or swapped with its neighbour."""
    left, right = f"l.{c.column}", f"r.{c.column}"
    return (  # what costs more is asked of fewer pairs
        f"case when abs(length({left}) - length({right})) > 1 then false"
        f" when levenshtein({left}, {right}) > 2 then false"
        f" else damerau_levenshtein({left}, {right}) = 1 end"
    )


def _initial(c: Condition) -> str:
    """One side holds a single letter, and the other one starts with it."""
    return (
        f"(least(length(l.{c.column}), length(r.{c.column})) = 1"
        f" and left(l.{c.column}, 1) = left(r.{c.column}, 1))"
    )


def _starts_with(c: Condition) -> str:
    """One value is the beginning of the other, at least `at_most` letters long."""
    left, right = f"l.{c.column}", f"r.{c.column}"
    return (
        f"(least(length({left}), length({right})) >= {c.at_most}"
        f" and (starts_with({left}, {right}) or starts_with({right}, {left})))"
    )


def _any_of(c: Condition) -> str:
    return "(" + " or ".join(condition_sql(part) for part in c.of) + ")"


_TESTS: dict[str, Callable[[Condition], str]] = {
    "equal": _equal, "crossed": _crossed, "swapped": _swapped, "overlap": _overlap,
    "jaro_winkler": _jaro_winkler, "levenshtein": _levenshtein, "slip": _slip,
    "initial": _initial, "starts_with": _starts_with, "any_of": _any_of,
}  # fmt: skip
