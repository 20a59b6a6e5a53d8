"""SAP S/4HANA over OData V2: entity sets with paging, filter, inline count, Basic auth.

Source: OData 2.0 protocol and SAP Gateway's error body. Served: the JSON format only.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.server import credentials
from sandbox.server.entity_sets import BY_PATH, ENTITY_SETS, SERVICES, EntitySet, edmx
from sandbox.server.faults import page_cap
from sandbox.server.filters import BadFilter, Known, order, selection
from sandbox.server.shelf import Order, Row, Selection, Shelf

PAGE_CAP = 1000
_BASIC = base64.b64encode(f"{credentials.S4_USER}:{credentials.S4_PASSWORD}".encode()).decode()
_PROPERTY = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Query:
    """What a request asks of an entity set."""

    chosen: Selection
    order: Order
    body: str  # SQL expression of what is shown of a record
    top: int | None
    skip: int
    after: tuple[object, ...] | None


def routes(shelf: Shelf) -> list[Route]:
    """`/sap/opu/odata/sap/<service>`: service document, `$metadata`, entity sets, `$count`."""

    async def document(request: Request) -> Response:
        return _refused(request) or _document(request)

    async def metadata(request: Request) -> Response:
        return _refused(request) or _metadata(shelf, request)

    async def entity_set(request: Request) -> Response:
        return _refused(request) or _entity_set(shelf, request)

    path = "/sap/opu/odata/sap/{service}"
    return [
        Route(path + "/", document),
        Route(path + "/$metadata", metadata),
        Route(path + "/{name}", entity_set),
        Route(path + "/{name}/$count", entity_set),
    ]


def _refused(request: Request) -> Response | None:
    if request.headers.get("authorization") != f"Basic {_BASIC}":
        return Response(
            "<html><head><title>Anmeldung fehlgeschlagen</title></head></html>",
            401,
            {"WWW-Authenticate": 'Basic realm="SAP NetWeaver Application Server"'},
            media_type="text/html",
        )
    service = request.path_params["service"]
    if service not in SERVICES:
        return _error(403, "/IWFND/MED/170", f"No service found for namespace '', name '{service}'")
    return None


def _document(request: Request) -> Response:
    service = request.path_params["service"]
    sets = [one.name for one in ENTITY_SETS if one.service == service]
    return JSONResponse({"d": {"EntitySets": sets}})


def _metadata(shelf: Shelf, request: Request) -> Response:
    service = request.path_params["service"]
    found = {one.name: _properties(shelf, one) for one in ENTITY_SETS if one.service == service}
    return Response(edmx(service, found), media_type="application/xml")


def _properties(shelf: Shelf, one: EntitySet) -> list[str]:
    rows = shelf.page("s4", one.stream, limit=1)
    return list(orjson.loads(rows[0].body)) if rows else []


def _entity_set(shelf: Shelf, request: Request) -> Response:
    one = BY_PATH.get((request.path_params["service"], request.path_params["name"]))
    if one is None:
        name = request.path_params["name"]
        return _error(404, "/IWFND/CM_MGW/004", f"Resource not found for segment '{name}'")
    try:
        query = _query(shelf, one, request)
    except (BadFilter, ValueError) as failure:
        return _error(400, "005056A509B11EE1B9A8FEC11C21D78E", str(failure))
    if request.url.path.endswith("/$count"):
        return PlainTextResponse(str(shelf.count("s4", one.stream, query.chosen)))
    return _page(shelf, one, query, request)


def _query(shelf: Shelf, one: EntitySet, request: Request) -> Query:
    asked = request.query_params
    properties = _properties(shelf, one)

    def known(name: str) -> bool:
        return not properties or name in properties or name in one.key

    if asked.get("$format", "json") != "json":
        raise BadFilter(f"Format '{asked['$format']}' is not served here")
    token = asked.get("$skiptoken")
    top = int(asked["$top"]) if "$top" in asked else None
    skip = int(asked.get("$skip", 0))
    if skip < 0 or (top is not None and top < 0):
        raise BadFilter("$top and $skip must not be negative")
    return Query(
        selection(asked.get("$filter", ""), known),
        order(asked.get("$orderby", ""), one.key),
        _shown(one, asked.get("$select", "*"), asked.get("$expand", ""), known),
        top,
        skip,
        tuple(orjson.loads(base64.urlsafe_b64decode(token))) if token else None,
    )


def _shown(one: EntitySet, selected: str, expanded: str, known: Known) -> str:
    """SQL expression of a record: the selected fields; what is not expanded is a link."""
    if expanded not in {"", one.navigation}:
        raise BadFilter(f"Navigation property '{expanded}' not found")
    names = [name.strip() for name in selected.split(",")]
    if names == ["*"]:
        return "body" if not one.navigation or expanded else _deferred(one)
    for name in names:
        if not _PROPERTY.fullmatch(name) or not known(name):
            raise BadFilter(f"Property '{name}' not found")
    members = ", ".join(f"'{name}', body -> '$.{name}'" for name in names)
    return f"json_object({members})"


def _deferred(one: EntitySet) -> str:
    link = f"json_object('__deferred', json_object('uri', '{one.navigation}'))"
    return f"json_set(body, '$.{one.navigation}', {link})"


def _page(shelf: Shelf, one: EntitySet, query: Query, request: Request) -> Response:
    limit = PAGE_CAP if query.top is None else min(query.top, PAGE_CAP)
    capped = page_cap(request.scope, limit)
    rows = shelf.page(
        "s4",
        one.stream,
        query.chosen,
        order=query.order,
        limit=capped,
        offset=query.skip,
        after=query.after,
        body=query.body,
        peek=True,
    )
    more, rows = len(rows) > capped, rows[:capped]
    members = [f'"results":[{_entities(request, one, rows)}]']
    if request.query_params.get("$inlinecount") == "allpages":
        members.insert(0, f'"__count":"{shelf.count("s4", one.stream, query.chosen)}"')
    left = None if query.top is None else query.top - len(rows)
    # A cap that was asked for as a fault is silent.
    if more and rows and capped == limit and left != 0:
        following = _next(request, query.order.position(rows[-1]), left)
        members.append(f'"__next":{json.dumps(following)}')
    body = '{"d":{' + ",".join(members) + "}}"
    return Response(body, headers={"DataServiceVersion": "2.0"}, media_type="application/json")


def _entities(request: Request, one: EntitySet, rows: list[Row]) -> str:
    base = str(request.url.replace(query=""))
    kind, predicate = one.type, one.predicate
    return ",".join(
        f'{{"__metadata":{{"id":"{base}{at}","uri":"{base}{at}","type":"{kind}"}},{row.body[1:]}'
        for row in rows
        for at in (predicate(row.key),)
    )


def _next(request: Request, position: tuple[object, ...], left: int | None) -> str:
    token = base64.urlsafe_b64encode(orjson.dumps(position)).decode()
    kept = {k: v for k, v in request.query_params.items() if k not in {"$skip", "$skiptoken"}}
    kept.update({} if left is None else {"$top": str(left)}, **{"$skiptoken": token})
    return f"{request.url.replace(query='')}?{urlencode(kept)}"


def _error(status: int, code: str, text: str) -> JSONResponse:
    message = {"lang": "en", "value": text}
    return JSONResponse({"error": {"code": code, "message": message}}, status)
