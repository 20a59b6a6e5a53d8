"""Shopware 6: customers (guests too), their addresses, orders and line items.

Flow: Admin API `POST /api/search/<entity>` → landing. Try it: `stamm check`.
Source: Shopware Admin API, "Search Criteria". `updatedAt` stays null until the first change;
an address that changes leaves its customer's `updatedAt` as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from connectors.bases import CONTRACT, MARKETING, TRANSACTION, birth_date
from connectors.credentials import ClientCredentials
from connectors.http import Request
from connectors.iso8601 import first_of
from connectors.paging import (
    CHOICE,
    Answered,
    HttpReader,
    distinct,
    http_reader,
    member,
    page_with,
    records_of,
)
from connectors.settings import HttpSource
from connectors.source import About, Basis, Cursor, FieldGroup, Stream, System, Window
from stamm.clock import Clock


class ShopwareSource(HttpSource):
    """A shop and an integration's key pair (Settings → System → Integrations)."""

    client_id: str
    client_secret: SecretStr


@dataclass(frozen=True)
class SearchPages:
    """Numbered pages ordered by id, with the exact total.

    Each has the last record of the one before, which proves that none before it was deleted
    meanwhile: that would move others over the page's edge, unseen where as many come as go. A
    bound on the id would not do: ids are stored as bytes, and `range` compares them with its text.
    """

    size: int = 500
    associations: Mapping[str, Any] = field(default_factory=dict)

    def first(self, stream: Stream, window: Window) -> Request:
        body: dict[str, Any] = {
            "page": 1,
            "limit": self.size,
            "total-count-mode": 1,
            "sort": [{"field": "id", "order": "ASC"}],
        }
        if self.associations:
            body["associations"] = self.associations
        if window.since:
            body["filter"] = [_changed("gte", window.since)]
        if window.end:
            body["filter"].append(_changed("lte", window.end))
        return Request("POST", stream.path, body=body)

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = records_of(stream, body, "data")
        total = int(member(stream, body, "total"))
        largest, last = _noted(request)
        limit = request.body["limit"]
        begins = limit * (request.body["page"] - 1)
        ids = [_id(row) for row in rows]
        if last is not None and last not in ids:  # some before this page are deleted
            return Answered([], _from(request, begins // 2, largest, last), total)
        came = distinct(stream, rows)
        if not begins and 0 < came < min(limit, total):
            largest = came  # capped in silence: go on with the server's own limit
        if not rows or begins + came >= total:
            return Answered(rows, None, total)
        return Answered(rows, _beyond(request, begins + came - 1, largest, ids[-1]), total)

    def count(self, stream: Stream) -> Request:
        return Request("POST", stream.path, body={"page": 1, "limit": 1, "total-count-mode": 1})

    def counted(self, stream: Stream, body: Any) -> int:
        return int(member(stream, body, "total"))


def _noted(request: Request) -> tuple[int, str | None]:
    """The largest page to ask for, and the id that has to be on this one."""
    if not request.note:
        return max(request.body["limit"], CHOICE), None
    largest, last = json.loads(request.note)
    return largest, last


def _from(request: Request, place: int, largest: int, last: str | None) -> Request:
    """The page that has this place and, unless it is the first, must have this id."""
    size, page = page_with(place, largest)
    return _page(request, size, page, largest, last if page > 1 else None)


def _beyond(request: Request, place: int, largest: int, last: str | None) -> Request:
    """The page that goes on behind the id at this place."""
    if (place + 1) % page_with(place, largest)[0]:
        return _from(request, place, largest, last)
    # The largest are so small that each page with that place ends there: nothing proves the next.
    return _page(request, largest, (place + 1) // largest + 1, largest, None)


def _page(request: Request, size: int, page: int, largest: int, last: str | None) -> Request:
    body = {**request.body, "page": page, "limit": size}
    return replace(request, body=body, note=json.dumps([largest, last]))


def _id(row: Any) -> Any:
    return row.get("id") if isinstance(row, dict) else None


def _changed(operator: str, at: datetime) -> dict[str, Any]:
    bound = {operator: at.strftime("%Y-%m-%d %H:%M:%S")}
    fields = ("updatedAt", "createdAt")
    queries = [{"type": "range", "field": name, "parameters": bound} for name in fields]
    return {"type": "multi", "operator": "or", "queries": queries}


def _searched(
    name: str,
    entity: str,
    basis: Basis,
    *mandatory: str,
    associations: Mapping[str, Any] | None = None,
    field_groups: tuple[FieldGroup, ...] = (),
) -> Stream:
    return Stream(
        name,
        ("id",),
        basis,
        f"/api/search/{entity}",
        cursor=Cursor("updatedAt", first_of("updatedAt", "createdAt")),
        paginate=SearchPages(associations=associations or {}),
        sweep=timedelta(days=7),
        mandatory=mandatory,
        field_groups=field_groups,
    )


STREAMS = (
    _searched(
        "customers",
        "customer",
        CONTRACT,
        "email",
        field_groups=(
            birth_date("birthday"),
            FieldGroup("social", ("customFields",), MARKETING),
        ),
    ),
    _searched(
        "customer_addresses",
        "customer-address",
        CONTRACT,
        "customerId",
        associations={"country": {}},
    ),
    _searched(
        "orders",
        "order",
        TRANSACTION,
        "orderNumber",
        "orderDateTime",
        associations={"orderCustomer": {}, "currency": {}, "stateMachineState": {}},
    ),
    _searched("order_line_items", "order-line-item", TRANSACTION, "orderId"),
)


def _open(source: ShopwareSource, clock: Clock) -> HttpReader:
    credentials = ClientCredentials(
        "/api/oauth/token", source.client_id, source.client_secret.get_secret_value()
    )
    return http_reader(source, credentials, clock)


ABOUT = About(
    title="Shopware 6",
    category="webshop",
    rights="An integration with read rights on customers, addresses, orders and line items.",
    limits="The shop's own; a page holds 500 records, and the shop may cap it in silence.",
    verified="the vendor's OpenAPI description of the Admin API served by Prism, and the sandbox.",
    traps=(
        "updatedAt is null until the first change.",
        "Pages go by number: deleting a record moves those behind it to the page before.",
        "An address that changes leaves its customer's updatedAt as it was.",
        "A guest who orders is a customer record of its own, with guest: true.",
        "An order's totals hold the shipping, its lines do not; both are shown as taxStatus says.",
        "A customer who is deleted leaves his orders, and their updatedAt, as they were.",
        "The access token expires after ten minutes; it is renewed.",
    ),
)

SYSTEM = System("shopware", ShopwareSource, STREAMS, _open, ABOUT)
