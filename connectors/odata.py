"""OData V2 as SAP Gateway speaks it: wire types, lower bounds and pages.

Dates come as `/Date(ms)/`, times as `PT8H5M3S`, totals as strings. Pages are ordered by the
key, which never changes; the server's own `__next` wins over `$skip`.
Source: OData 2.0 protocol, "URI Conventions" and "JSON Format".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.http import Request
from connectors.paging import Answered, distinct, member, records_of
from connectors.source import Record, Stream, Window

_DATE = re.compile(r"^/Date\((-?\d+)(?:[+-]\d{4})?\)/$")
_TIME = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Bound = Callable[[datetime, str], str]  # a moment and `ge` or `le` → a filter


def moment(wire: str | None) -> datetime | None:
    """`/Date(1700000000000+0060)/` in UTC; the offset tells a zone, the number is UTC already."""
    if wire is None:
        return None
    match = _DATE.match(wire)
    if match is None:
        raise ValueError(f"expected /Date(…)/, found {wire[:40]!r}")
    return _EPOCH + timedelta(milliseconds=int(match.group(1)))


def duration(wire: str | None) -> timedelta:
    """`PT8H5M3S`; no value is midnight."""
    if not wire:
        return timedelta()
    match = _TIME.match(wire)
    if match is None:
        raise ValueError(f"expected PT…H…M…S, found {wire[:40]!r}")
    hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def moment_of(field: str) -> Callable[[Record], datetime | None]:
    """Reads a `DateTimeOffset` field."""
    return lambda record: moment(record.get(field))


def day_and_time(*pairs: tuple[str, str]) -> Callable[[Record], datetime | None]:
    """Reads the first pair of date and time fields that has a date."""

    def read(record: Record) -> datetime | None:
        for day_field, time_field in pairs:
            day = moment(record.get(day_field))
            if day is not None:
                return day + duration(record.get(time_field))
        return None

    return read


def changed_since(*fields: str) -> Bound:
    """A bound on moments (`Edm.DateTimeOffset`)."""
    return lambda at, operator: " or ".join(
        f"{field} {operator} datetimeoffset'{at:%Y-%m-%dT%H:%M:%SZ}'" for field in fields
    )


def changed_since_day(*fields: str) -> Bound:
    """A bound on days (`Edm.DateTime`): the whole first and last day are read again."""
    return lambda at, operator: " or ".join(
        f"{field} {operator} datetime'{at:%Y-%m-%dT00:00:00}'" for field in fields
    )


def _without_envelope(row: Any) -> Any:
    """The entity, and what is expanded in it, without its own address and its links.

    They are the protocol's, not the record's, and name the host: behind another address every
    record would look changed.
    """
    if not isinstance(row, dict):
        return row
    return {
        name: _without_envelope(value)
        for name, value in row.items()
        if not _is_envelope(name, value)
    }


def _is_envelope(name: str, value: Any) -> bool:
    return name == "__metadata" or (isinstance(value, dict) and "__deferred" in value)


@dataclass(frozen=True)
class KeyOrderedPages:
    """`$skip` and `$top` in key order with the total on each page.

    A page has the last record of the one before, which proves that none before it was deleted
    meanwhile: that would move others over the page's edge, unseen where as many come as go. Where
    the server gives a link, that is followed as it is, and proves nothing.
    """

    since: Bound | None = None
    size: int = 1000
    expand: str = ""

    def first(self, stream: Stream, window: Window) -> Request:
        params = {
            "$format": "json",
            "$inlinecount": "allpages",
            "$orderby": ",".join(stream.primary_key),
            "$top": str(self.size),
            "$skip": "0",
        }
        if self.expand:
            params["$expand"] = self.expand
        if window.since and self.since:
            params["$filter"] = self.since(window.since, "ge")
            if window.end:
                params["$filter"] = f"({params['$filter']}) and ({self.since(window.end, 'le')})"
        return Request("GET", stream.path, params)

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = [_without_envelope(row) for row in records_of(stream, body, "d", "results")]
        total = int(member(stream, body, "d", "__count"))
        asked, came, last = _noted(request)
        keys = [_key(stream, row) for row in rows]
        skipped = int(asked["$skip"])
        is_link = not request.params
        if skipped and not is_link and last not in keys:  # some before this page are deleted
            return Answered([], _further(stream, asked, skipped // 2, last), total)
        came += distinct(stream, rows)
        following = body["d"].get("__next")
        if following:
            note = json.dumps([asked, came, last])
            return Answered(rows, Request("GET", following, note=note), total)
        # The server's links end where `$top` ends, and a page may be shorter than asked for: only
        # the total tells where the end is.
        if not rows or skipped + came >= total:
            return Answered(rows, None, total)
        return Answered(rows, _further(stream, asked, skipped + came - 1, keys[-1]), total)

    def count(self, stream: Stream) -> Request:
        params = {"$format": "json", "$inlinecount": "allpages", "$top": "1", "$skip": "0"}
        return Request("GET", stream.path, params)

    def counted(self, stream: Stream, body: Any) -> int:
        return int(member(stream, body, "d", "__count"))


def _noted(request: Request) -> tuple[dict[str, str], int, list[Any] | None]:
    """The parameters that were asked with, the records that came so far, the key before them."""
    if not request.note:
        return dict(request.params), 0, None
    asked, came, last = json.loads(request.note)
    return asked, came, last


def _further(stream: Stream, asked: dict[str, str], skip: int, last: list[Any] | None) -> Request:
    params = {**asked, "$skip": str(skip)}
    return Request("GET", stream.path, params, note=json.dumps([params, 0, last]))


def _key(stream: Stream, row: Any) -> list[Any]:
    return [row.get(name) if isinstance(row, dict) else None for name in stream.primary_key]
