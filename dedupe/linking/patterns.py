"""Patterns: all comparison levels of a pair in one integer, three bits each.

The first comparison has the lowest bits. A pattern is what training counts and scoring weighs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.specification import Specification
from dedupe.trained import Trained

BITS = 3
# Matches with two birth dates were 0.4 % on a sandbox company, where the veto gains; 5 % on
# Febrl 4 (10 % with two given names), where it cost 14 points of recall.
TRUSTED = 0.02


def level_sql(specification: Specification, comparison: str, column: str = "pattern") -> str:
    """The level's code of one comparison, taken out of a pattern column."""
    return f"(({column} >> {BITS * specification.position(comparison)}) & 7)"


def contradiction_sql(trained: Trained, column: str = "pattern") -> str:
    """True where a comparison says that these cannot be one party (two birth dates, …).

    Only comparisons whose values the records keep right count: where matches contradict each
    other more often than TRUSTED, as training found, a contradiction is a mistake like others.
    """
    tests = [
        f"{level_sql(trained.specification, c.name, column)} = {c.code(c.contradicts)}"
        for place, c in enumerate(trained.specification.comparisons)
        if c.contradicts and trained.m[place][c.code(c.contradicts) - 1] <= TRUSTED
    ]
    return "(" + (" or ".join(tests) or "false") + ")"


def pack(codes: Sequence[int]) -> int:
    """Level codes in the order of the comparisons → pattern."""
    return sum(code << (BITS * place) for place, code in enumerate(codes))


def unpack(pattern: int, comparisons: int) -> list[int]:
    """Pattern → level codes."""
    return [(pattern >> (BITS * place)) & 7 for place in range(comparisons)]


def level_counts(
    specification: Specification, rows: Iterable[tuple[int, int]]
) -> list[NDArray[np.float64]]:
    """(pattern, pairs) rows → pairs per comparison, by level code − 1; missing counts nowhere."""
    counts = [np.zeros(len(comparison.levels)) for comparison in specification.comparisons]
    for pattern, pairs in rows:
        for place, code in enumerate(unpack(pattern, len(counts))):
            if code:
                counts[place][code - 1] += pairs
    return counts
