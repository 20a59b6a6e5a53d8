"""Brevo v3: contacts, lists, campaigns and e-mail events; `limit`/`offset`, newest first.

Source: Brevo API reference. Events are those of `/smtp/statistics/events`; a campaign is known
by its tag. The order of creation is the order of ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.server import credentials
from sandbox.server.faults import page_cap
from sandbox.server.filters import milliseconds
from sandbox.server.shelf import LIVE, Order, Selection, Shelf

_REPORT_DAYS = 90  # the longest range a report answers
_DEFAULT_DAYS = 30


@dataclass(frozen=True)
class Listed:
    """One list: its stream (also the member of the answer) and its page sizes."""

    stream: str
    largest: int
    default: int
    counted: bool = True


LISTS = {
    "/v3/contacts": Listed("contacts", 1000, 50),
    "/v3/contacts/lists": Listed("lists", 50, 10),
    "/v3/emailCampaigns": Listed("campaigns", 100, 50),
    "/v3/smtp/statistics/events": Listed("events", 5000, 2500, counted=False),
}


class BadQuery(ValueError):
    """A parameter Brevo would refuse."""


def routes(shelf: Shelf) -> list[Route]:
    """One route per list."""

    async def listed(request: Request) -> Response:
        return _answer(shelf, request)

    return [Route(path, listed) for path in LISTS]


def _answer(shelf: Shelf, request: Request) -> Response:
    if request.headers.get("api-key") != credentials.BREVO_API_KEY:
        return JSONResponse({"code": "unauthorized", "message": "Key not found"}, 401)
    path = request.url.path
    one = LISTS[path[path.index("/v3/") :]]
    try:
        return _page(shelf, one, request)
    except BadQuery as failure:
        return JSONResponse({"code": "invalid_parameter", "message": str(failure)}, 400)


def _page(shelf: Shelf, one: Listed, request: Request) -> Response:
    query = request.query_params
    limit, offset = _number(query, "limit", one.default), _number(query, "offset", 0)
    if not 0 < limit <= one.largest:
        raise BadQuery(f"Limit exceeds max value, it should be between 1 and {one.largest}")
    if query.get("sort", "desc") not in {"asc", "desc"}:
        raise BadQuery("Sort should be either asc or desc")
    chosen = _report(shelf, query) if one.stream == "events" else _since(query)
    order = Order("sort_key", descending=query.get("sort") != "asc")
    rows = shelf.page(
        "brevo",
        one.stream,
        chosen,
        order=order,
        limit=page_cap(request.scope, limit),
        offset=offset,
    )
    found = ",".join([row.body for row in rows])
    count = f',"count":{shelf.count("brevo", one.stream, chosen)}' if one.counted else ""
    return Response(f'{{"{one.stream}":[{found}]{count}}}', media_type="application/json")


def _since(query: QueryParams) -> Selection:
    chosen = LIVE
    if "modifiedSince" in query:
        chosen = chosen.changed_since(_moment(query, "modifiedSince"))
    if "createdSince" in query:
        chosen = chosen.also("created_at >= ?", _moment(query, "createdSince"))
    return chosen


def _report(shelf: Shelf, query: QueryParams) -> Selection:
    """Events of whole days, UTC; without a range the last 30 of them."""
    start, end = _range(shelf.now().date(), query)
    following = end + timedelta(days=1)
    return LIVE.changed_since(_midnight(start)).also("+changed_at < ?", _midnight(following))


def _range(today: date, query: QueryParams) -> tuple[date, date]:
    if ("startDate" in query) != ("endDate" in query):
        raise BadQuery("startDate and endDate are mandatory together")
    if "startDate" not in query:
        days = _number(query, "days", _DEFAULT_DAYS)
        if not 0 < days <= _REPORT_DAYS:
            raise BadQuery(f"Days should be between 1 and {_REPORT_DAYS}")
        return today - timedelta(days=days - 1), today
    start, end = _day(query, "startDate"), _day(query, "endDate")
    if not timedelta(0) <= end - start < timedelta(days=_REPORT_DAYS):
        raise BadQuery(f"Date range should not exceed {_REPORT_DAYS} days")
    return start, end


def _number(query: QueryParams, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise BadQuery(f"{name} should be a number")
    return int(text)


def _moment(query: QueryParams, name: str) -> int:
    try:
        return milliseconds(query[name])
    except ValueError:
        raise BadQuery(f"Invalid {name} date format") from None


def _day(query: QueryParams, name: str) -> date:
    try:
        return date.fromisoformat(query[name])
    except ValueError:
        raise BadQuery(f"{name} should be YYYY-MM-DD") from None


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
