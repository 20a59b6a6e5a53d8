"""SAP S/4HANA over OData V2: entity sets with paging, filter, inline count, Basic auth.

Source: OData 2.0 protocol and SAP Gateway's error body. Served: the JSON format only.
"""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.server import credentials
from sandbox.server.filters import BadFilter, selection
from sandbox.server.shelf import Shelf

PAGE_CAP = 1000
ENTITY_SETS = {
    "API_BUSINESS_PARTNER": {
        "A_BusinessPartner": "business_partners",
        "A_BusinessPartnerAddress": "addresses",
        "A_AddressEmailAddress": "emails",
        "A_AddressPhoneNumber": "phones",
        "A_BusinessPartnerTaxNumber": "tax_numbers",
        "A_BusinessPartnerContact": "contacts",
    },
    "API_SALES_ORDER_SRV": {
        "A_SalesOrder": "sales_orders",
        "A_SalesOrderItem": "sales_order_items",
        "A_SalesOrderHeaderPartner": "sales_order_partners",
    },
    "API_SALES_QUOTATION_SRV": {"A_SalesQuotation": "quotations"},
    "API_BILLING_DOCUMENT_SRV": {
        "A_BillingDocument": "billing_documents",
        "A_BillingDocumentItem": "billing_items",
    },
}
_BASIC = base64.b64encode(f"{credentials.S4_USER}:{credentials.S4_PASSWORD}".encode()).decode()


def routes(shelf: Shelf) -> list[Route]:
    """`/sap/opu/odata/sap/<service>/<entity set>` and its `$count`."""

    def entity_set(request: Request) -> Response:
        return _answer(shelf, request)

    path = "/sap/opu/odata/sap/{service}/{name}"
    return [Route(path, entity_set), Route(path + "/$count", entity_set)]


def _answer(shelf: Shelf, request: Request) -> Response:
    if request.headers.get("authorization") != f"Basic {_BASIC}":
        return Response("<html><body>Unauthorized</body></html>", 401, media_type="text/html")
    service, name = request.path_params["service"], request.path_params["name"]
    stream = ENTITY_SETS.get(service, {}).get(name)
    if stream is None:
        return _error(404, "/IWFND/CM_MGW/004", f"Resource not found for segment '{name}'")
    try:
        chosen = selection(request.query_params.get("$filter", ""))
        skip = int(request.query_params.get("$skiptoken") or request.query_params.get("$skip") or 0)
        top = int(request.query_params.get("$top") or 0)
    except (BadFilter, ValueError) as failure:
        return _error(400, "005056A509B11EE1B9A8FEC11C21D78E", str(failure))
    if request.url.path.endswith("/$count"):
        return PlainTextResponse(str(shelf.count("s4", stream, chosen)))
    limit = min(top or PAGE_CAP, PAGE_CAP)
    rows = shelf.page("s4", stream, chosen, limit=limit, offset=skip)
    total = shelf.count("s4", stream, chosen)
    results = ",".join(_entity(request, service, name, key, body) for key, _, _, body in rows)
    members = [f'"results":[{results}]']
    if request.query_params.get("$inlinecount") == "allpages":
        members.insert(0, f'"__count":"{total}"')
    if not top and skip + len(rows) < total:
        members.append(f'"__next":{json.dumps(_next(request, skip + len(rows)))}')
    return Response('{"d":{' + ",".join(members) + "}}", media_type="application/json")


def _entity(request: Request, service: str, name: str, key: str, body: str) -> str:
    uri = f"{request.base_url}sap/opu/odata/sap/{service}/{name}('{key}')"
    metadata = json.dumps({"id": uri, "uri": uri, "type": f"{service}.{name}Type"})
    return f'{{"__metadata":{metadata},{body[1:]}'


def _next(request: Request, skip: int) -> str:
    kept = {k: v for k, v in request.query_params.items() if k not in {"$skip", "$skiptoken"}}
    return f"{request.url.replace(query='')}?{urlencode({**kept, '$skiptoken': skip})}"


def _error(status: int, code: str, text: str) -> JSONResponse:
    message = {"lang": "en", "value": text}
    return JSONResponse({"error": {"code": code, "message": message}}, status)
