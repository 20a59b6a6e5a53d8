"""Request Tracker: users, tickets and the tickets' transactions.

Flow: REST 2 `/REST/2.0/<collection>` → landing. Try it: `stamm check`.
Source: Request Tracker 5, "RT::REST2"; verified against a running server. A bound in a query is
read in the account's time zone; deleted tickets vanish from every list; unset moments are 1970.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from connectors import iso8601
from connectors.bases import RELATION, SERVICE
from connectors.credentials import basic
from connectors.http import Request
from connectors.paging import (
    Answered,
    HttpReader,
    highest_id,
    http_reader,
    in_order,
    member,
    records_of,
)
from connectors.settings import HttpSource
from connectors.source import About, Cursor, Record, Stream, System, Window
from stamm.clock import Clock

# A bound is read in the account's own time zone: up to 12 hours later where that is west.
_LAG = timedelta(hours=14, minutes=5)
_UNSET = 1970
_WIRE = "%Y-%m-%d %H:%M:%S"
_OWN_ADDRESS = "_url"  # names the host: behind another address every record would look changed
_SIZE = 100  # more are not given


class RtSource(HttpSource):
    """A Request Tracker and a user who may see queues, tickets and users."""

    username: str
    password: SecretStr


def moment_of(field: str) -> Callable[[Record], datetime | None]:
    """Reads an ISO moment; the year 1970 stands for none."""

    def read(record: Record) -> datetime | None:
        wire = record.get(field)
        at = iso8601.moment(wire) if wire else None
        return None if at is None or at.year == _UNSET else at

    return read


@dataclass(frozen=True)
class SearchPages:
    """A search by id, each page beginning after the last id of the one before."""

    fields: str
    only: str = "id > 0"
    changed: str = "LastUpdated"
    size: int = _SIZE

    def first(self, stream: Stream, window: Window) -> Request:
        query = self.only
        if window.since:
            query += f" AND {self.changed} >= '{window.since:{_WIRE}}'"
        if window.end:
            query += f" AND {self.changed} <= '{window.end + _LAG:{_WIRE}}'"
        return self._after(stream.path, query, 0)

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = _records(stream, body)
        if not rows:
            return Answered(rows, None)
        last = highest_id(stream, rows)
        return Answered(rows, self._after(request.path, request.note, last))

    def count(self, stream: Stream) -> Request:
        return Request("GET", stream.path, {"query": self.only, "per_page": "1"})

    def counted(self, stream: Stream, body: Any) -> int | None:
        return _total(stream, body)

    def _after(self, path: str, query: str, last: int) -> Request:
        params = {
            "query": f"({query}) AND id > {last}",
            "orderby": "id",
            "order": "ASC",
            "per_page": str(self.size),
            "fields": self.fields,
        }
        return Request("GET", path, params, note=query)


@dataclass(frozen=True)
class ListPages:
    """A list that cannot be searched in order of ids: numbered pages, with the total."""

    fields: str
    size: int = _SIZE

    def first(self, stream: Stream, window: Window) -> Request:  # noqa: ARG002 - always all of it
        return Request("GET", stream.path, self._params(page=1, size=self.size))

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows, total = _records(stream, body), _total(stream, body)
        page = int(request.params["page"])
        # The server tells the pages that there are; an asked size may have been cut.
        if page >= int(member(stream, body, "pages")):
            return Answered(rows, None, total)
        return Answered(rows, request.having(page=str(page + 1)), total)

    def count(self, stream: Stream) -> Request:
        return Request("GET", stream.path, self._params(page=1, size=1))

    def counted(self, stream: Stream, body: Any) -> int | None:
        return _total(stream, body)

    def _params(self, page: int, size: int) -> dict[str, str]:
        # Who was disabled has written tickets all the same.
        every = {"find_disabled_rows": "1", "fields": self.fields}
        return {"per_page": str(size), "page": str(page), **every}


def _records(stream: Stream, body: Any) -> list[Record]:
    return [in_order(row, without=_OWN_ADDRESS) for row in records_of(stream, body, "items")]


def _total(stream: Stream, body: Any) -> int | None:
    """None where the server would have to look at each record's rights to know."""
    total = member(stream, body, "total")
    return None if total is None else int(total)


STREAMS = (
    Stream(
        "users",
        ("id",),
        RELATION,
        "/REST/2.0/users",
        cursor=Cursor("LastUpdated", moment_of("LastUpdated"), lag=_LAG),
        incremental=False,
        paginate=ListPages(
            "Name,EmailAddress,RealName,Organization,WorkPhone,MobilePhone,Address1,Address2,City,"
            "Zip,Country,Lang,Created,LastUpdated"
        ),
    ),
    Stream(
        "tickets",
        ("id",),
        SERVICE,
        "/REST/2.0/tickets",
        cursor=Cursor("LastUpdated", moment_of("LastUpdated"), lag=_LAG),
        paginate=SearchPages(
            "Subject,Status,Queue,Owner,Creator,Requestor,Cc,Priority,Created,Started,Resolved,"
            "LastUpdated"
        ),
        sweep=timedelta(days=1),
        mandatory=("Created",),
    ),
    Stream(
        "transactions",
        ("id",),
        SERVICE,
        "/REST/2.0/transactions",
        cursor=Cursor("Created", moment_of("Created"), lag=_LAG),
        paginate=SearchPages(
            "Type,Field,OldValue,NewValue,ObjectId,Creator,Created",
            only="ObjectType = 'RT::Ticket'",
            changed="Created",
        ),
        sweep=timedelta(days=7),
        mandatory=("ObjectId", "Created"),
    ),
)

ABOUT = About(
    title="Request Tracker 5",
    category="support",
    rights="A user with SeeQueue, ShowTicket and AdminUsers (to see users); a privileged one.",
    limits="None of the server's own; a page holds 100 records at most.",
    verified="Request Tracker 5.0, the server from Debian's packages, SQLite.",
    traps=(
        "A bound in a query is read in the time zone of the account.",
        "Deleted tickets vanish from every list and count; their transactions stay.",
        "A ticket merged into another vanishes in the same way; its transactions keep its id.",
        "A page size above 100 is cut to 100 in silence.",
        "Unset moments come as 1970-01-01.",
        "Fields come in another order with each answer.",
        "Disabled users are left out unless asked for, and the list does not say who is one.",
        "A user's id is its name: one who is renamed is another record.",
        "The total is null for accounts whose rights differ from ticket to ticket.",
    ),
)


def _open(source: RtSource, clock: Clock) -> HttpReader:
    return http_reader(source, basic(source.username, source.password.get_secret_value()), clock)


SYSTEM = System("rt", RtSource, STREAMS, _open, ABOUT)
