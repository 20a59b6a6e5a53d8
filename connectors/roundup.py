"""Roundup: users, issues, their messages and the states they may have.

Flow: REST `/rest/data/<class>` → landing. Try it: `stamm check`.
Source: Roundup 2.6, "REST API for Roundup"; verified against a running server.
Retiring hides a record, as a delete does elsewhere; restoring shows it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from connectors.bases import RELATION, SERVICE
from connectors.credentials import basic
from connectors.http import Request
from connectors.paging import (
    CHOICE,
    Answered,
    HttpReader,
    http_reader,
    less,
    member,
    page_with,
    records_of,
)
from connectors.settings import HttpSource
from connectors.source import About, Basis, Cursor, Record, Stream, System, Window
from stamm.clock import Clock

# A lower bound is read in the account's own time zone: up to 12 hours later where that is west.
_LAG = timedelta(hours=14, minutes=5)
_WIRE = "%Y-%m-%d.%H:%M:%S"
_OWN_ADDRESS = ("link",)  # names the host: behind another address all would look changed


class RoundupSource(HttpSource):
    """A tracker and a user who may view what is to be read.

    `url` is the tracker's address: https://help.example/support.
    """

    username: str
    password: SecretStr


def moment_of(field: str) -> Callable[[Record], datetime | None]:
    """Reads `2026-03-01.12:00:00`, which is UTC; fractions of a second are left out."""

    def read(record: Record) -> datetime | None:
        wire = record.get(field)
        if not wire:
            return None
        return datetime.strptime(wire.partition(" ")[0][:19], _WIRE).replace(tzinfo=UTC)

    return read


@dataclass(frozen=True)
class NumberedPages:
    """Pages by number in order of the id, with the total on each, `size` records at most.

    Each has the last record of the one before, which proves that none before it was retired
    meanwhile: that would move others over the page's edge, unseen where as many come as go.
    """

    fields: tuple[str, ...]
    size: int = 500

    def first(self, stream: Stream, window: Window) -> Request:
        params = {
            "@fields": ",".join((*self.fields, "creation", "activity")),
            "@verbose": "0",  # links as ids
            "@sort": "id",
            "@page_size": str(self.size),
            "@page_index": "1",
        }
        if window.since:
            until = f"{window.end + _LAG:{_WIRE}}" if window.end else ""
            params["activity"] = f"{window.since:{_WIRE}};{until}"
        return Request("GET", stream.path, params)

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        data = member(stream, body, "data")
        rows = [less(row, _OWN_ADDRESS) for row in records_of(stream, data, "collection")]
        total = self.counted(stream, body)
        begins = int(request.params["@page_size"]) * (int(request.params["@page_index"]) - 1)
        ids = [str(member(stream, row, "id")) for row in rows]
        if begins and request.note not in ids:  # some before this page are retired
            return Answered([], self._with(request, begins // 2, request.note), total)
        # Its link to the next page does not escape values, so only that there is one counts.
        if "next" not in data.get("@links", {}):
            return Answered(rows, None, total)
        return Answered(rows, self._with(request, begins + len(ids) - 1, ids[-1]), total)

    def _with(self, request: Request, place: int, record: str) -> Request:
        """The page with what stands at this place and as much as possible behind it."""
        size, number = page_with(place, max(self.size, CHOICE))
        page = {"@page_size": str(size), "@page_index": str(number)}
        return replace(request.having(**page), note=record)

    def count(self, stream: Stream) -> Request:
        return Request("GET", stream.path, {"@page_size": "1", "@page_index": "1"})

    def counted(self, stream: Stream, body: Any) -> int | None:
        total = int(member(stream, body, "data", "@total_size"))
        return None if total < 0 else total  # more than the server cares to count


def _stream(name: str, path: str, basis: Basis, fields: str, *mandatory: str) -> Stream:
    return Stream(
        name,
        ("id",),
        basis,
        f"/rest/data/{path}",
        cursor=Cursor("activity", moment_of("activity"), lag=_LAG),
        paginate=NumberedPages(tuple(fields.split())),
        sweep=timedelta(days=1),
        mandatory=mandatory,
    )


STREAMS = (
    _stream(
        "users", "user", RELATION,
        "username realname address alternate_addresses phone organisation roles", "username",
    ),
    _stream(
        "issues", "issue", SERVICE,
        "title creator assignedto nosy status priority keyword messages", "title", "creator",
    ),
    _stream("messages", "msg", SERVICE, "author recipients date summary messageid", "author"),
    _stream("statuses", "status", SERVICE, "name order", "name"),
)  # fmt: skip

ABOUT = About(
    title="Roundup 2.6",
    category="support",
    rights="A user with the permissions REST Access and View of user, issue, msg and status; other"
    " users' addresses are shown to those only who may view them.",
    limits="The tracker's own (api_calls_per_interval): its X-RateLimit headers are kept to, so"
    " that no request is refused. A page holds 500 records.",
    verified="Roundup 2.6, the server from its package, SQLite, with its limiter on.",
    traps=(
        "Pages go by number: retiring a record moves those behind it to the page before.",
        "Retired records vanish from the lists; restored ones come back as they were.",
        "A lower bound in a query is read in the time zone of the account.",
        "The link to the next page does not escape its values.",
        "Once the server's limit of counted rows is passed, the total is -1.",
    ),
)


def _open(source: RoundupSource, clock: Clock) -> HttpReader:
    credentials = basic(source.username, source.password.get_secret_value())
    return http_reader(source, credentials, clock, {"X-Requested-With": "stamm"})


SYSTEM = System("roundup", RoundupSource, STREAMS, _open, ABOUT)
