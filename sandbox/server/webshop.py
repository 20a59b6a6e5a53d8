"""Shopware 6 Admin API: client credentials, `POST /api/search/<entity>`, `search-ids`.

Source: Shopware Admin API reference, "Search Criteria" and "Authentication". Served in the plain
JSON format (`Accept: application/json`). An association that is not asked for is null.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.server import credentials
from sandbox.server.criteria import BadCriteria, order, selection
from sandbox.server.faults import page_cap
from sandbox.server.shelf import Selection, Shelf

MAX_LIMIT = 500
TOKEN_SECONDS = 600
_LOOK_AHEAD = 6  # pages that total-count-mode 2 looks ahead
_NONE, _EXACT, _NEXT_PAGES = 0, 1, 2
_MODES = {"none": _NONE, "exact": _EXACT, "next-pages": _NEXT_PAGES}  # newer shops name them


@dataclass(frozen=True)
class Entity:
    """A searchable entity: its stream, and the associations that come only on request."""

    stream: str
    associations: tuple[str, ...] = ()

    def body(self, asked: object) -> str:
        """SQL expression of a record without the associations nobody asked for."""
        names = [name for name in self.associations if not _asks_for(asked, name)]
        nulls = ", ".join(f"'$.{name}', json('null')" for name in names)
        return f"json_set(body, {nulls})" if names else "body"


ENTITIES = {
    "customer": Entity("customers"),
    "customer-address": Entity("customer_addresses", ("country",)),
    "order": Entity("orders", ("orderCustomer", "currency")),  # the state comes by itself
    "order-line-item": Entity("order_line_items"),
}


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
        form = _form(await request.body())
    if form.get("grant_type") != "client_credentials":
        title = "The authorization grant type is not supported by the authorization server."
        return _error(400, "2", title)
    known = (credentials.SHOPWARE_CLIENT_ID, credentials.SHOPWARE_CLIENT_SECRET)
    if (form.get("client_id"), form.get("client_secret")) != known:
        return _error(401, "4", "Client authentication failed")
    issued = secrets.token_urlsafe(24)
    tokens[issued] = time.monotonic() + TOKEN_SECONDS
    answer = {"token_type": "Bearer", "expires_in": TOKEN_SECONDS, "access_token": issued}
    return JSONResponse(answer)


def _form(body: bytes) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(body.decode()))


async def _search(
    shelf: Shelf, request: Request, tokens: dict[str, float], *, ids_only: bool
) -> Response:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    if tokens.get(bearer, 0.0) < time.monotonic():
        return _error(401, "9", "The resource owner or authorization server denied the request.")
    name = request.path_params["entity"]
    entity = ENTITIES.get(name)
    if entity is None:
        title = f"Definition for entity {name} does not exist."
        return _error(404, "FRAMEWORK__DEFINITION_NOT_FOUND", title)
    try:
        criteria = orjson.loads(await request.body() or b"{}")
        return _page(shelf, entity, request, criteria, ids_only=ids_only)
    except BadCriteria as failure:
        return _error(400, failure.code, str(failure))
    except (AttributeError, KeyError, TypeError, ValueError) as failure:
        return _error(400, "FRAMEWORK__INVALID_CRITERIA", f"{type(failure).__name__}: {failure}")


def _page(
    shelf: Shelf, entity: Entity, request: Request, criteria: dict[str, Any], *, ids_only: bool
) -> Response:
    chosen = selection(criteria)
    limit = page_cap(request.scope, _limit(criteria))
    page = int(criteria.get("page", 1))
    if page < 1:
        raise BadCriteria("FRAMEWORK__INVALID_PAGE_QUERY", f"The page {page} must be positive.")
    offset = (page - 1) * limit
    rows = shelf.page(
        "shopware",
        entity.stream,
        chosen,
        order=order(criteria),
        limit=limit,
        offset=offset,
        body="key" if ids_only else entity.body(criteria.get("associations")),
    )
    total = _total(shelf, entity, chosen, criteria, offset, limit, len(rows))
    found = ",".join(f'"{row.body}"' if ids_only else row.body for row in rows)
    tail = "" if ids_only else ',"aggregations":[]'
    answer = f'{{"total":{total},"data":[{found}]{tail}}}'
    return Response(answer, media_type="application/json")


def _limit(criteria: dict[str, Any]) -> int:
    limit = int(criteria.get("limit", MAX_LIMIT))
    if limit > MAX_LIMIT:
        title = f"The limit must be lower than or equal to MAX_LIMIT(={MAX_LIMIT}). Given: {limit}"
        raise BadCriteria("FRAMEWORK__QUERY_LIMIT_EXCEEDED", title)
    if limit < 1:
        title = f"The limit must be a positive integer greater or equals than 1. Given: {limit}"
        raise BadCriteria("FRAMEWORK__INVALID_LIMIT_QUERY", title)
    return limit


def _total(
    shelf: Shelf,
    entity: Entity,
    chosen: Selection,
    criteria: dict[str, Any],
    offset: int,
    limit: int,
    came: int,
) -> int:
    """Mode 0 counts the page, 1 everything, 2 some pages ahead."""
    asked = criteria.get("total-count-mode", _NONE)
    mode = _MODES.get(asked) if isinstance(asked, str) else asked
    if mode not in {_EXACT, _NEXT_PAGES}:
        return came
    total = shelf.count("shopware", entity.stream, chosen)
    if mode == _EXACT:
        return total
    return max(min(total - offset, limit * _LOOK_AHEAD + 1), 0)


def _asks_for(associations: object, name: str) -> bool:
    return isinstance(associations, dict | list) and name in associations


def _error(status: int, code: str, title: str) -> JSONResponse:
    return JSONResponse(
        {"errors": [{"status": str(status), "code": code, "title": title, "detail": title}]}, status
    )
