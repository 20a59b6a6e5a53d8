"""Shopware 6 Admin API: client credentials, `POST /api/search/<entity>`, `search-ids`.

Source: Shopware Admin API reference, "Search Criteria" and "Authentication". Served in the plain
JSON format (`Accept: application/json`); filters on the moments of change and on the id.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.server import credentials
from sandbox.server.shelf import Selection, Shelf, live

PAGE_CAP = 500
TOKEN_SECONDS = 600
ENTITIES = {
    "customer": "customers",
    "customer-address": "customer_addresses",
    "order": "orders",
    "order-line-item": "order_line_items",
}
_OPERATORS = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}


class BadCriteria(ValueError):
    """The search body asks for what this service does not know."""


def routes(shelf: Shelf, tokens: dict[str, float]) -> list[Route]:
    """Token and search; `tokens` maps a token to the moment it expires."""

    async def token(request: Request) -> Response:
        return await _token(request, tokens)

    async def search(request: Request) -> Response:
        return await _search(shelf, request, tokens, ids_only=False)

    async def search_ids(request: Request) -> Response:
        return await _search(shelf, request, tokens, ids_only=True)

    return [
        Route("/api/oauth/token", token, methods=["POST"]),
        Route("/api/search/{entity}", search, methods=["POST"]),
        Route("/api/search-ids/{entity}", search_ids, methods=["POST"]),
    ]


async def _token(request: Request, tokens: dict[str, float]) -> Response:
    if "json" in request.headers.get("content-type", ""):
        form = dict(await request.json())
    else:
        form = dict(await request.form())
    known = (credentials.SHOPWARE_CLIENT_ID, credentials.SHOPWARE_CLIENT_SECRET)
    if (form.get("client_id"), form.get("client_secret")) != known:
        return _error(401, "10", "Client authentication failed")
    issued = secrets.token_urlsafe(24)
    tokens[issued] = time.monotonic() + TOKEN_SECONDS
    answer = {"token_type": "Bearer", "expires_in": TOKEN_SECONDS, "access_token": issued}
    return JSONResponse(answer)


async def _search(
    shelf: Shelf, request: Request, tokens: dict[str, float], *, ids_only: bool
) -> Response:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    if tokens.get(bearer, 0.0) < time.monotonic():
        return _error(401, "9", "The resource owner or authorization server denied the request.")
    stream = ENTITIES.get(request.path_params["entity"])
    if stream is None:
        return _error(404, "FRAMEWORK__DEFINITION_NOT_FOUND", "Definition not found")
    criteria = await request.json() if await request.body() else {}
    try:
        chosen = _selection(criteria.get("filter", []))
        page = max(int(criteria.get("page", 1)), 1)
        limit = min(int(criteria.get("limit", 100)), PAGE_CAP)
    except (BadCriteria, ValueError) as failure:
        return _error(400, "FRAMEWORK__INVALID_CRITERIA", str(failure))
    rows = shelf.page(
        "shopware", stream, chosen, order=_order(criteria), limit=limit, offset=(page - 1) * limit
    )
    exact = criteria.get("total-count-mode") == 1
    total = shelf.count("shopware", stream, chosen) if exact else len(rows)
    found = ",".join(f'"{row[0]}"' if ids_only else row[3] for row in rows)
    answer = f'{{"total":{total},"aggregations":{{}},"data":[{found}]}}'
    return Response(answer, media_type="application/json")


def _order(criteria: dict[str, Any]) -> str:
    sort = (criteria.get("sort") or [{"field": "id"}])[0]
    column = "changed_at" if sort.get("field") in {"updatedAt", "createdAt"} else "sort_key"
    direction = "desc" if str(sort.get("order", "ASC")).upper() == "DESC" else "asc"
    return f"{column} {direction}, sort_key"


def _selection(filters: list[dict[str, Any]]) -> Selection:
    chosen = live()
    for one in filters:
        sql, values = _condition(one)
        chosen = chosen.also(sql, *values)
    return chosen


def _condition(one: dict[str, Any]) -> tuple[str, list[object]]:
    kind = one.get("type")
    if kind == "multi":
        parts = [_condition(query) for query in one["queries"]]
        glue = f" {'or' if str(one.get('operator')).lower() == 'or' else 'and'} "
        return f"({glue.join(sql for sql, _ in parts)})", [v for _, vs in parts for v in vs]
    if kind == "range":
        column = {"updatedAt": "changed_at", "createdAt": "created_at"}.get(one["field"])
        if column is None:
            raise BadCriteria(f"Field {one['field']!r} cannot be filtered by range here")
        bounds = one["parameters"].items()
        sql = " and ".join(f"{column} {_OPERATORS[name]} ?" for name, _ in bounds)
        return sql, [_milliseconds(str(value)) for _, value in bounds]
    if kind in {"equals", "equalsAny"} and one.get("field") == "id":
        values = one["value"] if isinstance(one["value"], list) else str(one["value"]).split("|")
        return f"key in ({','.join('?' * len(values))})", list(values)
    raise BadCriteria(f"Filter {kind!r} on {one.get('field')!r} is not served here")


def _milliseconds(text: str) -> int:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _error(status: int, code: str, title: str) -> JSONResponse:
    return JSONResponse({"errors": [{"status": str(status), "code": code, "title": title}]}, status)
