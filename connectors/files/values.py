"""Cells → values of a record: dates as ISO, numbers with a point, everything else as it came."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from stamm.birth_years import born_in

DATES = frozenset({"birth_date", "updated_at", "estimated_on"})
BIRTHS = frozenset({"birth_date"})
DAYS = DATES - {"updated_at"}
NUMBERS = frozenset({"estimated_annual_spend_eur"})
_FORMATS = (
    "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%Y%m%d", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M",
)  # fmt: skip
_ALL_DIGITS = re.compile(r"(%[YymdHMS])+")  # strptime reads 1985111, whose day nobody knows
_HAS_TIME = re.compile(r"%[HIcX]")
_BEGINS_ISO = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}T\d{4}")
_LAST_SERIAL = 2958465  # 31 December 9999, the last day that Excel knows
_NUMBER = {
    ".": re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?"),
    ",": re.compile(r"[+-]?(\d{1,3}([. ]\d{3})+|\d+)(,\d+)?"),
}


def plain(value: Any) -> Any:
    """What JSON can hold; empty text is no value."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | timedelta):
        return str(value) if value == value else None  # noqa: PLR0124 - NaN is not itself
    if isinstance(value, float):
        # Excel keeps 50667 as 50667.0
        return str(int(value)) if value.is_integer() else value if isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex() or None
    if isinstance(value, str):
        return value.strip() or None
    return value


def from_serial(value: Any, epoch: datetime) -> Any:
    """A day number of Excel as its moment; what cannot be one (19850207) stays as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if not 1 <= value <= _LAST_SERIAL:
        return value
    from openpyxl.utils.datetime import from_excel

    return from_excel(value, epoch)


def as_day(value: Any) -> Any:
    """The day of a moment: Excel knows moments only."""
    return value.partition("T")[0] if isinstance(value, str) else value


def iso_date(text: str, date_format: str | None, *, birth: bool = False) -> str | None:
    """ISO date or moment; None if it is no date in the declared or a usual form.

    A `birth` year of two digits is read as all of this project read one.
    """
    if date_format is None and _BEGINS_ISO.match(text):
        return _iso(text)
    for form in (date_format,) if date_format else _FORMATS:
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 - as local as it is written
        except ValueError:
            continue
        if _ALL_DIGITS.fullmatch(form) and moment.strftime(form) != text:
            continue
        if birth and "%y" in form:
            moment = moment.replace(year=born_in(moment.year))
        return (moment if _HAS_TIME.search(form) else moment.date()).isoformat()
    return None


def _iso(text: str) -> str | None:
    kind = date if len(text) == len("2026-06-30") else datetime
    try:
        return kind.fromisoformat(text).isoformat()
    except ValueError:
        return None


def number(text: str, decimal: str) -> str | None:
    """`1.234,56` (decimal sign `,`) as `1234.56`; None if it is no number in that notation."""
    if not _NUMBER[decimal].fullmatch(text):
        return None
    grouping = ". " if decimal == "," else ","
    return text.translate({ord(sign): None for sign in grouping}).replace(decimal, ".")
