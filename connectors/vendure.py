"""Vendure: customers, their addresses, orders and order lines of a shop.

Flow: GraphQL `/admin-api` → landing. Try it: `stamm check`.
Source: Vendure 3.7 documentation, "GraphQL Admin API"; verified against a running server. Only
customers tell reliably when they changed: an order keeps its `updatedAt` through a change of
state, a payment and a change of its lines, so all else is read whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from connectors.bases import CONTRACT, TRANSACTION
from connectors.graphql import Children, ListPages, ListReader
from connectors.http import Request
from connectors.iso8601 import first_of
from connectors.paging import http_reader
from connectors.settings import HttpSource
from connectors.source import About, Basis, Cursor, Record, Stream, System
from stamm.clock import Clock
from stamm.errors import ContractBroken, CredentialsRefused
from stamm.redaction import register_secret

_PATH = "/admin-api"
_TOKEN = "vendure-auth-token"  # noqa: S105 - a header's name
_LOGIN = """mutation ($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    __typename ... on CurrentUser { id } ... on ErrorResult { errorCode }
  }
}"""


class VendureSource(HttpSource):
    """A shop and one of its administrators.

    `url` is the address below which `/admin-api` stands.
    """

    username: str
    password: SecretStr


class Login:
    """A session: its token comes in a header, or the client keeps the cookie that came instead."""

    renewable = True

    def __init__(self, username: str, password: str) -> None:
        register_secret(password)
        self._named = {"username": username, "password": password}
        self._headers: dict[str, str] | None = None

    def ready(self) -> bool:
        return self._headers is not None

    def headers(self) -> Mapping[str, str]:
        return self._headers or {}

    def renewal(self) -> Request:
        return Request("POST", _PATH, body={"query": _LOGIN, "variables": self._named})

    def renewed(self, answer: Any, headers: Mapping[str, str]) -> None:
        login = ((answer.get("data") or {}) if isinstance(answer, dict) else {}).get("login")
        if not isinstance(login, dict) or "__typename" not in login:
            raise ContractBroken(f"{_PATH}: expected the result of the login, found none")
        if login["__typename"] != "CurrentUser":
            raise CredentialsRefused(
                f"{_PATH}: expected the login to be accepted, found {login.get('errorCode')}",
                hint="Check username and password in stamm.yaml.",
            )
        token = headers.get(_TOKEN)
        if token:
            register_secret(token)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}


def children(parent: str, member: str) -> Children:
    """Reads the list `member` of each item; the records name their parent's id as `parent`."""

    def read(item: Record) -> Sequence[Record]:
        return [_with(child, parent, item["id"]) for child in item[member] or ()]

    return read


def _with(record: Any, name: str, value: Any) -> Any:
    return {**record, name: value} if isinstance(record, dict) else record


def _stream(
    name: str, basis: Basis, pages: ListPages, *mandatory: str, incremental: bool = False
) -> Stream:
    return Stream(
        name,
        ("id",),
        basis,
        _PATH,
        cursor=Cursor("updatedAt", first_of("updatedAt", "createdAt")),
        paginate=pages,
        sweep=timedelta(days=1) if incremental else None,
        mandatory=mandatory,
        incremental=incremental,
    )


def _list(name: str, kind: str, fields: str) -> str:
    """A query for a list of this kind, with these fields of each item."""
    return (
        f"query ($options: {kind}ListOptions)"
        f" {{ {name}(options: $options) {{ totalItems items {{ id {fields} }} }} }}"
    )


_POSTAL = "fullName company streetLine1 streetLine2 city province postalCode phoneNumber"
_ADDRESS = (
    f"id createdAt updatedAt {_POSTAL} country {{ code }}"
    " defaultShippingAddress defaultBillingAddress"
)
_ORDER = (
    "createdAt updatedAt orderPlacedAt code type state active customer { id } currencyCode"
    " totalQuantity subTotal subTotalWithTax shipping shippingWithTax total totalWithTax"
    f" couponCodes shippingAddress {{ {_POSTAL} countryCode }}"
    f" billingAddress {{ {_POSTAL} countryCode }}"
)
_LINE = (
    "id createdAt updatedAt productVariant { id sku name } quantity orderPlacedQuantity"
    " unitPrice unitPriceWithTax linePrice linePriceWithTax"
    " proratedLinePrice proratedLinePriceWithTax"
)

STREAMS = (
    _stream(
        "customers", CONTRACT,
        ListPages(
            _list(
                "customers", "Customer",
                "createdAt updatedAt title firstName lastName emailAddress phoneNumber",
            ),
            "customers", changed="updatedAt",
        ),
        "emailAddress", incremental=True,
    ),
    _stream(
        "addresses", CONTRACT,
        ListPages(
            _list("customers", "Customer", f"addresses {{ {_ADDRESS} }}"),
            "customers", children=children("customerId", "addresses"),
        ),
        "customerId",
    ),
    _stream(
        "orders", TRANSACTION, ListPages(_list("orders", "Order", _ORDER), "orders"), "code",
    ),
    _stream(
        "order_lines", TRANSACTION,
        ListPages(
            _list("orders", "Order", f"lines {{ {_LINE} }}"),
            "orders", children=children("orderId", "lines"),
        ),
        "orderId",
    ),
)  # fmt: skip

ABOUT = About(
    title="Vendure 3.7",
    category="webshop",
    rights="An administrator of the default channel whose role has ReadCustomer and ReadOrder.",
    limits="A page holds 250 records. A shop whose adminListQueryLimit is lower refuses that, and"
    " is asked for pages of its own size.",
    verified="Vendure 3.7, the server from its package, SQLite.",
    traps=(
        "An order's updatedAt is put back to what it was by a change of state, a payment or a"
        " change of its lines, so orders and lines are read whole each time.",
        "A change of an address leaves the customer's updatedAt as it was, and there is no list"
        " of addresses: they are read whole, through the customers.",
        "The order of the sort keys is ignored; pages go by id.",
        "Deleted customers vanish from the lists, with their addresses; their orders stay.",
        "Carts and drafts are orders too: orderPlacedAt is null until checkout.",
        "Amounts are whole numbers of the currency's smallest unit.",
        "Errors come with HTTP 200, a refused login too, as a result of another type.",
        "The token comes in a header only if authOptions.tokenMethod names bearer; the default is"
        " a cookie, which is kept for the session just as well.",
    ),
)


def _open(source: VendureSource, clock: Clock) -> ListReader:
    login = Login(source.username, source.password.get_secret_value())
    return ListReader(http_reader(source, login, clock))


SYSTEM = System("vendure", VendureSource, STREAMS, _open, ABOUT)
