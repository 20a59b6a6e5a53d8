"""Conditions and levels → SQL. `l` and `r` are the two records of a pair.

Pure: nothing is executed here. It is what a condition means, on standardised columns, and what
Splink is given; `dedupe.linking.batches` says the same of numbers, `dedupe.linking.in_memory` in
recordlinkage's words, and tests hold the three against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby

from dedupe.specification import Comparison, Condition, Level


def condition_sql(condition: Condition) -> str:
    """A boolean expression; null where a value is missing, which counts as false."""
    if condition.test == "any_of":
        return "(" + " or ".join(condition_sql(part) for part in condition.of) + ")"
    return _SQL[condition.test](condition)


def silence_sql(comparison: Comparison) -> str:
    """True where the comparison says nothing: a value is missing, or another one tells it."""
    silent = [f"l.{c} is null or r.{c} is null" for c in comparison.needs]
    silent += [condition_sql(condition) for condition in comparison.silent_when]
    return " or ".join(silent)


def level_sql(level: Level) -> str:
    """The conditions of a level; empty for the last one."""
    return " and ".join(condition_sql(condition) for condition in level.when)


def level_case(comparison: Comparison) -> str:
    """The level's code of one comparison, 0 to 7."""
    cases = [f"when {silence_sql(comparison)} then 0"]
    for _, levels in groupby(comparison.levels[:-1], _similarity):
        cases.append(_when(comparison, list(levels)))
    return f"case {' '.join(cases)} else 1 end"


def _similarity(level: Level) -> str:
    """Levels of one similarity of one column have one name: it is asked once for all of them."""
    first = level.when[0]
    alone = len(level.when) == 1 and first.test == "jaro_winkler"
    return f"similarity of {first.column}" if alone else f"level {level.name}"


def _when(comparison: Comparison, levels: list[Level]) -> str:
    """`when` for levels from the best to the worst of which the worst includes the others."""
    *better, worst = levels
    code = str(comparison.code(worst.name))
    if better:
        inner = " ".join(
            f"when {level_sql(level)} then {comparison.code(level.name)}" for level in better
        )
        code = f"(case {inner} else {code} end)"
    return f"when {level_sql(worst)} then {code}"


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


_SQL: Mapping[str, Callable[[Condition], str]] = {
    "equal": _equal, "crossed": _crossed, "swapped": _swapped, "overlap": _overlap,
    "jaro_winkler": _jaro_winkler, "levenshtein": _levenshtein, "slip": _slip,
    "initial": _initial, "starts_with": _starts_with,
}  # fmt: skip
