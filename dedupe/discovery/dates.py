"""Birth dates in any usual format → eight digits, year first.

A column is read by the formats that its own values bear out: `04/05/1980` is the fifth of April
where another value says `04/23/1980`. Digits that are no real date stay, as slips do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dedupe.discovery.roles import known_words
from dedupe.standardise.folding import plain
from stamm.birth_years import born_in

_YEAR_FIRST = re.compile(r"^-?(\d{4})\s?[-./]\s?(\d{1,2})\s?[-./]\s?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"^(\d{1,2})\s?[-./]\s?(\d{1,2})\s?[-./]\s?(\d{4}|\d{2})(?!\d)")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(\.0)?$")
_COMPACT_LAST = re.compile(r"^(\d\d)(\d\d)((?:18|19|20)\d\d)(?:\.0)?$")
_DAY_WORD = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)?[./ -]+([a-z]{3,9})[./, -]+(\d{4}|\d{2})$")
_WORD_DAY = re.compile(r"^([a-z]{3,9})[. ]+(\d{1,2})(?:st|nd|rd|th)?[, ]+(\d{4}|\d{2})$")
_WEEKDAY = re.compile(r"^(?:mo|di|mi|do|fr|sa|so|tu|we|th|su)[a-z]*[., ]+")
_NEVER_SET = frozenset(["0000", "0001"])  # years that stand for none
_MONTHS = {
    "ja": 1, "f": 2, "mar": 3, "mae": 3, "mrz": 3, "ap": 4, "mai": 5, "may": 5, "jun": 6,
    "jul": 7, "au": 8, "s": 9, "o": 10, "n": 11, "d": 12,
}  # fmt: skip
_OLDEST, _NEWEST = 1000, 2100


def month_first(values: Sequence[str]) -> bool:
    """Whether `05/04/1980` means the fourth of May in a column with these values."""
    first, second = _beyond_twelve(values)
    return second > first


def is_ambiguous(values: Sequence[str]) -> bool:
    """Whether day and month stand before the year and no value tells which is which."""
    written = sum(bool(_year_last(_bare(value))) for value in values)
    return written > len(values) / 2 and not any(_beyond_twelve(values))


def _beyond_twelve(values: Sequence[str]) -> tuple[int, int]:
    """How often the first and the second number cannot be a month."""
    parts = [found for value in values if (found := _year_last(_bare(value)))]
    return sum(int(part[0]) > 12 for part in parts), sum(int(part[1]) > 12 for part in parts)


def _bare(text: str) -> str:
    """Plain, without the day of the week."""
    return _WEEKDAY.sub("", plain(text).strip())


def _year_last(value: str) -> tuple[str, str, str] | None:
    """Two numbers, of which one is the day, and the year."""
    if found := _YEAR_LAST.match(value):
        return found[1], found[2], found[3]
    found = _COMPACT_LAST.match(value)  # read with the year first it would have no month
    if found and _are_day_and_month(int(found[1]), int(found[2])):
        return found[1], found[2], found[3]
    return None


def _are_day_and_month(one: int, other: int) -> bool:
    return 1 <= min(one, other) <= 12 and max(one, other) <= 31


def birth_digits(text: str, *, month_first: bool = False) -> str | None:
    """`3. Mai 1980`, `03.05.1980` and `1980-05-03` → 19800503; None if it is no date or none."""
    value = _bare(text)
    if parts := _year_last(value):
        one, other, year = parts
        day, month = (other, one) if month_first else (one, other)
        return _joined(year, month, day)
    if found := (_YEAR_FIRST.match(value) or _COMPACT.match(value)):
        return _joined(*found.groups()[:3])
    if found := _DAY_WORD.match(value):
        return _in_words(found[3], found[2], found[1])
    if found := _WORD_DAY.match(value):
        return _in_words(found[3], found[1], found[2])
    return None


def month_words() -> dict[str, str]:
    """Folded word → number of its month: `maerz` → 3."""
    return {word: number for word in sorted(known_words()["month"]) if (number := _month(word))}


def is_date(text: str) -> bool:
    """Whether a text is a date: its month and day may be slips, its year may not."""
    digits = birth_digits(text)
    return digits is not None and _OLDEST <= int(digits[:4]) <= _NEWEST and int(digits[6:]) <= 39


def _in_words(year: str, word: str, day: str) -> str | None:
    """`12 Nord 34` is an address: before a year of two digits stands the word for a month."""
    known = len(year) == 4 or word in known_words()["month"]
    return _joined(year, _month(word) if known else None, day)


def _joined(year: str, month: str | None, day: str) -> str | None:
    if month is None or year in _NEVER_SET or not int(year + month + day):
        return None
    if len(year) == 2:
        year = str(born_in(int(year)))
    return f"{year}{int(month):02}{int(day):02}"


def _month(word: str) -> str | None:
    for length in (3, 2, 1):
        if word[:length] in _MONTHS:
            return str(_MONTHS[word[:length]])
    return None
