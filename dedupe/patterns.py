"""Patterns: all comparison levels of a pair in one integer, three bits each.

The first comparison has the lowest bits. A pattern is what training counts and scoring weighs.
"""

from __future__ import annotations

from collections.abc import Sequence

from dedupe.levels import level_case
from dedupe.specification import Specification

BITS = 3


def pattern_sql(specification: Specification) -> str:
    """The pattern of the pair (l, r) as a bigint expression."""
    parts = [
        f"(({level_case(comparison)})::bigint << {BITS * place})"
        for place, comparison in enumerate(specification.comparisons)
    ]
    return " | ".join(parts)


def level_sql(specification: Specification, comparison: str, column: str = "pattern") -> str:
    """The level's code of one comparison, taken out of a pattern column."""
    return f"(({column} >> {BITS * specification.position(comparison)}) & 7)"


def contradiction_sql(specification: Specification, column: str = "pattern") -> str:
    """True where a comparison says that these cannot be one party (two birth dates, …)."""
    tests = [
        f"{level_sql(specification, c.name, column)} = {c.code(c.contradicts)}"
        for c in specification.comparisons
        if c.contradicts
    ]
    return "(" + (" or ".join(tests) or "false") + ")"


def pack(codes: Sequence[int]) -> int:
    """Level codes in the order of the comparisons → pattern."""
    return sum(code << (BITS * place) for place, code in enumerate(codes))


def unpack(pattern: int, comparisons: int) -> list[int]:
    """Pattern → level codes."""
    return [(pattern >> (BITS * place)) & 7 for place in range(comparisons)]
