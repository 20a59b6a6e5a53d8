"""Zendesk: incremental exports of tickets, users and organisations, ratings and ticket metrics.

Source: Zendesk API reference, "Incremental Exports" and "Pagination". The last minute of the
sandbox's own clock is left out, deleted tickets are in the export, a cursor is a place in the
order of changes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.server import credentials
from sandbox.server.faults import page_cap
from sandbox.server.shelf import BY_CHANGE, EVERYTHING, LIVE, Row, Selection, Shelf

EXPORT_CAP = 1000
LIST_CAP = 100
_ACCOUNT = f"{credentials.ZENDESK_EMAIL}/token:{credentials.ZENDESK_API_TOKEN}"
_BASIC = base64.b64encode(_ACCOUNT.encode()).decode()
_BY_CURSOR = {"tickets", "users"}
_BY_TIME = {"tickets", "users", "organizations"}
_LISTED = {"satisfaction_ratings", "ticket_metrics"}
_TICKET = "case when deleted then json_set(body, '$.status', 'deleted') else body end"

Answer = Callable[[Shelf, Request], Response]


class BadQuery(ValueError):
    """A parameter is missing or not of its kind."""


def routes(shelf: Shelf) -> list[Route]:
    """The lists and exports under `/api/v2`."""
    paths: dict[str, tuple[set[str], Answer]] = {
        "/api/v2/incremental/{stream}/cursor.json": (_BY_CURSOR, _cursor_export),
        "/api/v2/incremental/{stream}/cursor": (_BY_CURSOR, _cursor_export),
        "/api/v2/incremental/{stream}.json": (_BY_TIME, _time_export),
        "/api/v2/incremental/{stream}": (_BY_TIME, _time_export),
        "/api/v2/{stream}/count.json": (_BY_TIME | _LISTED, _count),
        "/api/v2/{stream}.json": (_LISTED, _list),
    }
    return [_route(shelf, path, *served) for path, served in paths.items()]


def _route(shelf: Shelf, path: str, streams: set[str], answer: Answer) -> Route:
    async def endpoint(request: Request) -> Response:
        if request.headers.get("authorization") != f"Basic {_BASIC}":
            return JSONResponse({"error": "Couldn't authenticate you"}, 401)
        if request.path_params["stream"] not in streams:
            return JSONResponse({"error": "InvalidEndpoint", "description": "Not found"}, 404)
        try:
            return answer(shelf, request)
        except BadQuery as failure:
            return JSONResponse({"error": "InvalidValue", "description": str(failure)}, 400)

    return Route(path, endpoint)


def _exportable(shelf: Shelf, stream: str) -> Selection:
    until = int((shelf.now() - timedelta(minutes=1)).timestamp() * 1000)
    start = EVERYTHING if stream == "tickets" else LIVE
    return start.also("+changed_at <= ?", until)


def _export(
    shelf: Shelf, stream: str, chosen: Selection, size: int, after: tuple[object, ...] | None = None
) -> list[Row]:
    body = _TICKET if stream == "tickets" else "body"
    return shelf.page(
        "zendesk", stream, chosen, order=BY_CHANGE, limit=size, after=after, body=body, peek=True
    )


def _cursor_export(shelf: Shelf, request: Request) -> Response:
    stream, query = request.path_params["stream"], request.query_params
    chosen = _exportable(shelf, stream)
    after: tuple[object, ...] | None = None
    if "cursor" in query:
        after = _position(query["cursor"])
    else:
        chosen = chosen.changed_since(_start(request))
    size = page_cap(request.scope, min(_number(request, "per_page", EXPORT_CAP), EXPORT_CAP))
    rows = _export(shelf, stream, chosen, size, after)
    more, rows = len(rows) > size, rows[:size]
    here = BY_CHANGE.position(rows[-1]) if rows else after or (_start(request), "", "")
    cursor = base64.urlsafe_b64encode(orjson.dumps(here)).decode()
    per_page = f"&per_page={query['per_page']}" if "per_page" in query else ""
    url = f"{request.url.replace(query='')}?cursor={quote(cursor)}{per_page}"
    tail = {
        "after_url": url,
        "after_cursor": cursor,
        "before_url": None,
        "before_cursor": None,
        "end_of_stream": not more,
    }
    return _joined(stream, rows, tail)


def _time_export(shelf: Shelf, request: Request) -> Response:
    """Pages overlap in their last second; one second is never parted, whatever the page size."""
    stream, start = request.path_params["stream"], _start(request)
    chosen = _exportable(shelf, stream).changed_since(start)
    size = page_cap(request.scope, min(_number(request, "per_page", EXPORT_CAP), EXPORT_CAP))
    rows = _export(shelf, stream, chosen, size)
    if len(rows) > size:
        last = rows[size - 1].changed_at // 1000
        if last == start // 1000:  # asking from there again would bring the same page
            within = chosen.also("+changed_at < ?", (last + 1) * 1000)
            rows = _export(shelf, stream, within, shelf.count("zendesk", stream, within))
            end, more = last + 1, True
        else:
            rows, end, more = rows[:size], last, True
    else:
        end, more = (rows[-1].changed_at if rows else start) // 1000, False
    url = f"{request.url.replace(query='')}?start_time={end}"
    tail = {"count": len(rows), "end_time": end, "next_page": url, "end_of_stream": not more}
    return _joined(stream, rows, tail)


def _list(shelf: Shelf, request: Request) -> Response:
    stream, query = request.path_params["stream"], request.query_params
    asked = min(_number(request, "page[size]", LIST_CAP), LIST_CAP)
    size = page_cap(request.scope, asked)
    chosen = LIVE
    if "start_time" in query:
        chosen = chosen.also("created_at >= ?", _start(request))
    after = _position(query["page[after]"]) if "page[after]" in query else None
    rows = shelf.page("zendesk", stream, chosen, limit=size, after=after, peek=True)
    more, rows = len(rows) > size, rows[:size]
    cursor, url = None, None
    if rows:
        position = [rows[-1].sort_key, rows[-1].key]
        cursor = base64.urlsafe_b64encode(orjson.dumps(position)).decode()
    if more:
        kept = f"&start_time={query['start_time']}" if "start_time" in query else ""
        page = f"page%5Bsize%5D={asked}&page%5Bafter%5D={quote(str(cursor))}"
        url = f"{request.url.replace(query='')}?{page}{kept}"
    tail = {
        "meta": {"has_more": more, "after_cursor": cursor, "before_cursor": None},
        "links": {"next": url, "prev": None},
    }
    return _joined(stream, rows, tail)


def _count(shelf: Shelf, request: Request) -> Response:
    stream = request.path_params["stream"]
    chosen = LIVE
    if stream == "tickets":
        chosen = chosen.also("json_extract(body, '$.status') is not 'deleted'")
    value = shelf.count("zendesk", stream, chosen)
    refreshed = shelf.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return JSONResponse({"count": {"value": value, "refreshed_at": refreshed}})


def _start(request: Request) -> int:
    """`start_time` in epoch milliseconds."""
    if "start_time" not in request.query_params:
        raise BadQuery("start_time or cursor is missing")
    return _number(request, "start_time", 0) * 1000


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal():
        raise BadQuery(f"{name} is not a number")
    return int(text)


def _position(cursor: str) -> tuple[object, ...]:
    try:
        return tuple(orjson.loads(base64.urlsafe_b64decode(cursor)))
    except ValueError:
        raise BadQuery("cursor is not one of this export") from None


def _joined(stream: str, rows: list[Row], tail: Mapping[str, object]) -> Response:
    found = ",".join([row.body for row in rows])
    return Response(f'{{"{stream}":[{found}],{json.dumps(tail)[1:]}', media_type="application/json")
