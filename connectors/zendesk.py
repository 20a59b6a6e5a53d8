"""Zendesk: users, organisations, tickets, ticket metrics and satisfaction ratings.

Flow: incremental exports and cursor-paged lists of API v2 → landing. Try it: `stamm check`.
Source: Zendesk API reference, "Incremental Exports" and "Pagination". An export leaves out the
last minute, repeats records, and shows deleted tickets with status `deleted`; its counts may lag.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from connectors.bases import CONTRACT, RELATION, SERVICE
from connectors.credentials import basic
from connectors.http import Request
from connectors.iso8601 import first_of
from connectors.paging import Answered, HttpReader, http_reader, member, records_of
from connectors.settings import HttpSource
from connectors.source import About, Basis, Cursor, Record, Stream, System, Window
from stamm.clock import Clock
from stamm.errors import ContractBroken

_UPDATED = Cursor("updated_at", first_of("updated_at"), lag=timedelta(minutes=5))


class ZendeskSource(HttpSource):
    """A Zendesk account and an API token of one of its agents."""

    email: str
    api_token: SecretStr


class Counted:
    """The lists' own count, kept by Zendesk for up to a day."""

    def count(self, stream: Stream) -> Request | None:
        return Request("GET", f"/api/v2/{stream.name}/count.json")

    def counted(self, stream: Stream, body: Any) -> int | None:
        return int(member(stream, body, "count", "value"))


@dataclass(frozen=True)
class CursorExport(Counted):
    """`start_time` once, then `after_cursor` until `end_of_stream`."""

    size: int = 1000

    def first(self, stream: Stream, window: Window) -> Request:
        return Request("GET", stream.path, {**_start(window), "per_page": str(self.size)})

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = _rows(stream, body)
        if member(stream, body, "end_of_stream"):
            return Answered(rows, None)
        cursor = str(member(stream, body, "after_cursor"))
        params = {"cursor": cursor, "per_page": str(self.size)}
        return Answered(rows, Request("GET", request.path, params))


@dataclass(frozen=True)
class TimeExport(Counted):
    """`start_time`, then the `end_time` of each page, until `end_of_stream`."""

    def first(self, stream: Stream, window: Window) -> Request:
        return Request("GET", stream.path, _start(window))

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = _rows(stream, body)
        if member(stream, body, "end_of_stream"):
            return Answered(rows, None)
        return Answered(rows, request.having(start_time=str(member(stream, body, "end_time"))))


@dataclass(frozen=True)
class CursorPages(Counted):
    """`page[after]` as long as the answer says that there is more."""

    size: int = 100

    def first(self, stream: Stream, window: Window) -> Request:  # noqa: ARG002 - always all of it
        return Request("GET", stream.path, {"page[size]": str(self.size)})

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = records_of(stream, body, stream.name)
        if not member(stream, body, "meta", "has_more"):
            return Answered(rows, None)
        after = str(member(stream, body, "meta", "after_cursor"))
        return Answered(rows, request.having(**{"page[after]": after}))


def _start(window: Window) -> dict[str, str]:
    return {"start_time": str(int(window.since.timestamp()) if window.since else 0)}


def _rows(stream: Stream, body: Any) -> list[Record]:
    rows = records_of(stream, body, stream.name)
    if not rows and not member(stream, body, "end_of_stream"):
        raise ContractBroken(
            f"{stream.name}: a page of the export is empty, and not the last",
            hint="Nothing is lost; the next run asks for this page again.",
        )
    return rows


def _is_deleted(ticket: Record) -> bool:
    return ticket.get("status") == "deleted"


def _exported(name: str, path: str, basis: Basis, paginate: object, **more: Any) -> Stream:
    return Stream(
        name,
        ("id",),
        basis,
        f"/api/v2/incremental/{path}",
        cursor=_UPDATED,
        paginate=paginate,
        sweep=timedelta(days=1),
        total_is_exact=False,
        **more,
    )


def _listed(name: str, basis: Basis) -> Stream:
    return Stream(
        name,
        ("id",),
        basis,
        f"/api/v2/{name}.json",
        cursor=_UPDATED,
        incremental=False,  # the list filters by creation, and these change later
        paginate=CursorPages(),
        total_is_exact=False,
        mandatory=("ticket_id",),
    )


STREAMS = (
    _exported("users", "users/cursor.json", CONTRACT, CursorExport(), mandatory=("role",)),
    _exported("organizations", "organizations.json", RELATION, TimeExport()),
    _exported(
        "tickets",
        "tickets/cursor.json",
        SERVICE,
        CursorExport(),
        mandatory=("requester_id", "created_at"),
        deleted=_is_deleted,
    ),
    _listed("ticket_metrics", SERVICE),
    _listed("satisfaction_ratings", SERVICE),
)


def _open(source: ZendeskSource, clock: Clock) -> HttpReader:
    credentials = basic(f"{source.email}/token", source.api_token.get_secret_value())
    return http_reader(source, credentials, clock)


ABOUT = About(
    title="Zendesk Support",
    category="support",
    rights="An API token of an administrator: incremental exports are theirs alone.",
    limits="10 exports a minute, 1,000 records each; 429 tells when to go on.",
    verified="the vendor's specification of incremental exports served by Prism, and the sandbox.",
    traps=(
        "An export leaves out the last minute and repeats records.",
        "Counts lag by up to a day, so that a record that is missing counts as deleted only if"
        " the count agrees.",
        "Deleted tickets are shown with the status deleted.",
        "Ticket metrics and ratings change after their creation and can be filtered by that only:"
        " they are read whole.",
    ),
)

SYSTEM = System("zendesk", ZendeskSource, STREAMS, _open, ABOUT)
