"""Zendesk: incremental exports of tickets, users and organisations, ratings and ticket metrics.

Source: Zendesk API reference, "Incremental Exports". The last minute of the sandbox's own clock
is left out, deleted tickets are in the export, and a cursor is (moment of change, id).
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.server import credentials
from sandbox.server.shelf import Selection, Shelf, live

PAGE_CAP = 1000
_ACCOUNT = f"{credentials.ZENDESK_EMAIL}/token:{credentials.ZENDESK_API_TOKEN}"
_BASIC = base64.b64encode(_ACCOUNT.encode()).decode()


def routes(shelf: Shelf) -> list[Route]:
    """The lists and exports under `/api/v2`."""

    def export(request: Request) -> Response:
        return _guarded(request) or _cursor_export(shelf, request)

    def timed(request: Request) -> Response:
        return _guarded(request) or _time_export(shelf, request)

    def listed(request: Request) -> Response:
        return _guarded(request) or _list(shelf, request)

    def count(request: Request) -> Response:
        return _guarded(request) or _count(shelf, request)

    return [
        Route("/api/v2/incremental/{stream}/cursor.json", export),
        Route("/api/v2/incremental/{stream}.json", timed),
        Route("/api/v2/{stream}/count.json", count),
        Route("/api/v2/{stream}.json", listed),
    ]


def _guarded(request: Request) -> Response | None:
    if request.headers.get("authorization") == f"Basic {_BASIC}":
        return None
    return JSONResponse({"error": "Couldn't authenticate you"}, 401)


def _exportable(shelf: Shelf, stream: str) -> Selection:
    until = int((shelf.now() - timedelta(minutes=1)).timestamp() * 1000)
    start = Selection() if stream == "tickets" else live()
    return start.also("changed_at <= ?", until)


def _cursor_export(shelf: Shelf, request: Request) -> Response:
    stream = request.path_params["stream"]
    query = request.query_params
    chosen = _exportable(shelf, stream)
    try:
        size = min(int(query.get("per_page", PAGE_CAP)), PAGE_CAP)
        if "cursor" in query:
            changed, sort_key = json.loads(base64.urlsafe_b64decode(query["cursor"]))
            chosen = chosen.also("(changed_at, sort_key) > (?, ?)", changed, sort_key)
        else:
            changed, sort_key = int(query["start_time"]) * 1000, ""
            chosen = chosen.also("changed_at >= ?", changed)
    except (KeyError, ValueError):
        return JSONResponse({"error": "InvalidValue", "description": "start_time or cursor"}, 400)
    rows = shelf.page("zendesk", stream, chosen, order="changed_at, sort_key", limit=size)
    if rows:
        changed, sort_key = rows[-1][2], rows[-1][1]
    after = base64.urlsafe_b64encode(json.dumps([changed, sort_key]).encode()).decode()
    url = f"{request.url.replace(query='')}?cursor={after}&per_page={size}"
    ended = "true" if len(rows) < size else "false"
    tail = f'"after_url":{json.dumps(url)},"after_cursor":"{after}","before_url":null,"before_cursor":null,"end_of_stream":{ended}'  # noqa: E501 - one line of JSON
    return _joined(stream, rows, tail)


def _time_export(shelf: Shelf, request: Request) -> Response:
    stream = request.path_params["stream"]
    try:
        start = int(request.query_params["start_time"]) * 1000
    except (KeyError, ValueError):
        return JSONResponse({"error": "InvalidValue", "description": "start_time"}, 400)
    chosen = _exportable(shelf, stream).also("changed_at >= ?", start)
    rows = shelf.page("zendesk", stream, chosen, order="changed_at, sort_key", limit=PAGE_CAP)
    end = rows[-1][2] // 1000 if rows else start // 1000
    if len(rows) == PAGE_CAP and end == start // 1000:
        end += 1  # a second with more than a page in it: the real service moves on as well
    url = f"{request.url.replace(query='')}?start_time={end}"
    ended = "true" if len(rows) < PAGE_CAP else "false"
    tail = f'"count":{len(rows)},"end_time":{end},"next_page":{json.dumps(url)},"end_of_stream":{ended}'  # noqa: E501
    return _joined(stream, rows, tail)


def _list(shelf: Shelf, request: Request) -> Response:
    stream = request.path_params["stream"]
    if stream not in {"satisfaction_ratings", "ticket_metrics"}:
        return JSONResponse({"error": "InvalidEndpoint", "description": "Not found"}, 404)
    query = request.query_params
    size = min(int(query.get("page[size]", 100)), 100)
    chosen = live()
    if "page[after]" in query:
        chosen = chosen.also("sort_key > ?", query["page[after]"])
    if "start_time" in query:
        chosen = chosen.also("changed_at >= ?", int(query["start_time"]) * 1000)
    rows = shelf.page("zendesk", stream, chosen, limit=size + 1)
    more, rows = len(rows) > size, rows[:size]
    after = json.dumps(rows[-1][1] if rows else None)
    kept = f"&start_time={query['start_time']}" if "start_time" in query else ""
    base = request.url.replace(query="")
    url = f"{base}?page[size]={size}{kept}&page[after]={rows[-1][1]}" if more else None
    tail = (
        f'"meta":{{"has_more":{json.dumps(more)},"after_cursor":{after},"before_cursor":null}},'
        f'"links":{{"next":{json.dumps(url)},"prev":null}}'
    )
    return _joined(stream, rows, tail)


def _count(shelf: Shelf, request: Request) -> Response:
    value = shelf.count("zendesk", request.path_params["stream"], live())
    refreshed = shelf.now().isoformat()
    return JSONResponse({"count": {"value": value, "refreshed_at": refreshed}})


def _joined(stream: str, rows: object, tail: str) -> Response:
    assert isinstance(rows, list)
    found = ",".join(row[3] for row in rows)
    return Response(f'{{"{stream}":[{found}],{tail}}}', media_type="application/json")
