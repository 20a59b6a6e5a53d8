"""The century of a birth year that is written in two digits; one rule for all who read one."""

from __future__ import annotations

_OLDEST = 1916  # few customers are older than a hundred, fewer younger than ten


def born_in(year: int) -> int:
    """45 → 1945, 15 → 2015; takes the last two digits of any year."""
    return _OLDEST + (year - _OLDEST) % 100
