"""Brevo: contacts with their consent attributes, lists, campaigns and e-mail events.

Flow: API v3 lists → landing. Try it: `stamm check`.
Source: Brevo API reference (contacts, contacts/lists, emailCampaigns, smtp/statistics/events).
Lists come newest first unless sorted, so new contacts would push unread ones to the next page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from pydantic import Field, SecretStr

from connectors.bases import MARKETING, MEASUREMENT, RELATION, birth_date
from connectors.credentials import FixedHeader
from connectors.http import Request
from connectors.iso8601 import first_of
from connectors.paging import Answered, HttpReader, OffsetPages, distinct, http_reader, records_of
from connectors.settings import HttpSource
from connectors.source import About, Cursor, FieldGroup, Stream, System, Window
from stamm.clock import Clock

_SLICE = timedelta(days=89)  # the report refuses longer ranges


class BrevoSource(HttpSource):
    """A Brevo account and an API key of version 3."""

    url: str = Field(default="https://api.brevo.com", validate_default=True)
    api_key: SecretStr


@dataclass(frozen=True)
class ReportPages:
    """A report by days without a total: slice after slice, each until a page is empty."""

    member: str
    size: int = 2500
    first_day: date = date(2018, 1, 1)

    def first(self, stream: Stream, window: Window) -> Request:
        # Days are the account's own, and west of Greenwich one begins after the moment in UTC.
        start = window.since.date() - timedelta(days=1) if window.since else self.first_day
        return self._slice(stream.path, start, window.until.date())

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = records_of(stream, body, self.member) if body.get(self.member) else []
        last, _, doubted = request.note.partition(" ")
        if rows:
            offset = int(request.params["offset"]) + distinct(stream, rows)
            return Answered(rows, replace(request.having(offset=str(offset)), note=last))
        if not doubted:  # nothing else tells the end, so one empty page is not believed
            return Answered(rows, replace(request, note=f"{last} doubted"))
        end, latest = date.fromisoformat(request.params["endDate"]), date.fromisoformat(last)
        following = None
        if end < latest:
            following = self._slice(request.path, end + timedelta(days=1), latest)
        return Answered(rows, following)

    def _slice(self, path: str, start: date, last: date) -> Request:
        params = {
            "startDate": start.isoformat(),
            "endDate": min(start + _SLICE, max(start, last)).isoformat(),
            "sort": "asc",
            "limit": str(self.size),
            "offset": "0",
        }
        return replace(Request("GET", path, params), note=last.isoformat())

    def count(self, stream: Stream) -> None:  # noqa: ARG002 - the report has no total
        return None

    def counted(self, stream: Stream, body: Any) -> None:  # noqa: ARG002 - as above
        return None


STREAMS = (
    Stream(
        "contacts",
        ("id",),
        MARKETING,
        "/v3/contacts",
        cursor=Cursor("modifiedAt", first_of("modifiedAt", "createdAt")),
        paginate=OffsetPages("contacts", size=1000, since="modifiedSince", params={"sort": "asc"}),
        sweep=timedelta(days=7),
        field_groups=(
            birth_date("attributes.GEBURTSDATUM"),
            FieldGroup(
                "company_name",
                ("attributes.FIRMA",),
                RELATION,
            ),
        ),
    ),
    Stream(
        "lists",
        ("id",),
        MARKETING,
        "/v3/contacts/lists",
        paginate=OffsetPages("lists", size=50, params={"sort": "asc"}),
    ),
    Stream(
        "campaigns",
        ("id",),
        MARKETING,
        "/v3/emailCampaigns",
        cursor=Cursor("modifiedAt", first_of("modifiedAt", "createdAt")),
        incremental=False,  # the list cannot be filtered by the moment of change
        paginate=OffsetPages("campaigns", size=100, params={"sort": "asc"}),
    ),
    Stream(
        "events",
        ("messageId", "event", "date", "email"),
        MEASUREMENT,
        "/v3/smtp/statistics/events",
        cursor=Cursor("date", first_of("date"), lag=timedelta(hours=1)),
        paginate=ReportPages("events"),
        mandatory=("event", "date"),
        forgets=True,
    ),
)


def _open(source: BrevoSource, clock: Clock) -> HttpReader:
    credentials = FixedHeader("api-key", source.api_key.get_secret_value())
    return http_reader(source, credentials, clock)


ABOUT = About(
    title="Brevo",
    category="e-mail",
    rights="An API key of version 3; it may read all of the account.",
    limits="1,000 contacts a page, 2,500 events; beyond its hourly limits it answers with 429.",
    verified="the sandbox, held against the vendor's documentation; *unverified against the"
    " vendor's servers*.",
    traps=(
        "Lists come newest first unless sorted, so that new contacts would push unread ones on.",
        "The events' report takes 89 days at most, in days of the account's own time zone.",
        "An empty list may be left out of the answer altogether.",
        "Consent lives in contact attributes that each account names for itself.",
    ),
)

SYSTEM = System("brevo", BrevoSource, STREAMS, _open, ABOUT)
