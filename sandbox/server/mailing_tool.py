"""Brevo v3: contacts, lists, campaigns and e-mail events; `limit`/`offset`, newest first.

Source: Brevo API reference. Events are those of `/smtp/statistics/events`; a campaign is known
by its tag.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.server import credentials
from sandbox.server.shelf import Selection, Shelf, live

# path → (stream, member of the answer, largest limit, limit when none is asked for)
LISTS = {
    "/v3/contacts": ("contacts", "contacts", 1000, 50),
    "/v3/contacts/lists": ("lists", "lists", 50, 10),
    "/v3/emailCampaigns": ("campaigns", "campaigns", 100, 50),
    "/v3/smtp/statistics/events": ("events", "events", 2500, 2500),
}


def routes(shelf: Shelf) -> list[Route]:
    """One route per list."""

    def listed(request: Request) -> Response:
        return _answer(shelf, request)

    return [Route(path, listed) for path in LISTS]


def _answer(shelf: Shelf, request: Request) -> Response:
    if request.headers.get("api-key") != credentials.BREVO_API_KEY:
        return JSONResponse({"code": "unauthorized", "message": "Key not found"}, 401)
    path = request.url.path[request.url.path.index("/v3/") :]
    stream, member, largest, default = LISTS[path]
    query = request.query_params
    try:
        limit, offset = int(query.get("limit", default)), int(query.get("offset", 0))
        chosen = _selection(
            query.get("modifiedSince"), query.get("startDate"), query.get("endDate")
        )
    except ValueError:
        return _invalid("Invalid date or number in the query")
    if not 0 < limit <= largest:
        return _invalid(f"Limit exceeds max value, it should be between 1 and {largest}")
    direction = "asc" if query.get("sort") == "asc" else "desc"
    order = f"created_at {direction}, sort_key {direction}"
    rows = shelf.page("brevo", stream, chosen, order=order, limit=limit, offset=offset)
    found = ",".join(row[3] for row in rows)
    count = "" if stream == "events" else f',"count":{shelf.count("brevo", stream, chosen)}'
    return Response(f'{{"{member}":[{found}]{count}}}', media_type="application/json")


def _selection(modified: str | None, start: str | None, end: str | None) -> Selection:
    chosen = live()
    if modified:
        chosen = chosen.also("changed_at >= ?", _milliseconds(datetime.fromisoformat(modified)))
    if start:
        chosen = chosen.also("changed_at >= ?", _milliseconds(_day(start)))
    if end:
        following = _day(end) + timedelta(days=1)
        chosen = chosen.also("changed_at < ?", _milliseconds(following))
    return chosen


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _milliseconds(moment: datetime) -> int:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _invalid(message: str) -> JSONResponse:
    return JSONResponse({"code": "invalid_parameter", "message": message}, 400)
