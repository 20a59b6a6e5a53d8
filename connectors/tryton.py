"""Tryton ERP: parties, identifiers, addresses, contact mechanisms, sales and invoices.

Flow: REST `/rest/model/<model>` of one database → landing. Try it: `stamm check`.
Source: Tryton 8.2 documentation, "User application", and its REST protocol; verified against a
running server. A change of an address or a contact mechanism leaves its party's moment as it was,
so these are streams of their own. Many records share one moment: pages go by id.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from connectors.bases import CONTRACT, INVOICE, TRANSACTION
from connectors.credentials import FixedHeader
from connectors.http import Request
from connectors.paging import Answered, HttpReader, highest_id, http_reader, in_order, records_of
from connectors.settings import HttpSource
from connectors.source import About, Basis, Cursor, Record, Stream, System, Window
from stamm.clock import Clock
from stamm.errors import ContractBroken

Domain = list[Any]
_TO_CUSTOMERS: Domain = [["type", "=", "out"]]
_LINES_TO_CUSTOMERS: Domain = [["invoice.type", "=", "out"]]


class TrytonSource(HttpSource):
    """A database of a Tryton server and a key of a user application of type REST.

    `url` ends with the database: https://erp.example/company.
    """

    key: SecretStr


_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def moment(wire: Mapping[str, Any] | None) -> datetime | None:
    """Tryton's tagged moment, in UTC; raises KeyError or ValueError if it is none."""
    if wire is None:
        return None
    if wire["__class__"] != "datetime":
        raise ValueError(f"expected a datetime, found {wire['__class__']!r}")
    year, month, day, hour, minute, second, micro = (int(wire[part]) for part in _PARTS)
    return datetime(year, month, day, hour, minute, second, micro, UTC)


def tagged(at: datetime) -> dict[str, Any]:
    """The moment as Tryton's decoder takes it."""
    return {"__class__": "datetime", **{part: getattr(at, part) for part in _PARTS}}


def last_written(record: Record) -> datetime | None:
    """The moment of the last change, or of the beginning where there was none."""
    return moment(record.get("write_date")) or moment(record.get("create_date"))


@dataclass(frozen=True)
class IdPages:
    """Pages in order of the id, each beginning after the last id of the one before."""

    fields: tuple[str, ...]
    domain: Sequence[Any] = ()
    size: int = 500

    def first(self, stream: Stream, window: Window) -> Request:
        changed = [_changed(">=", window.since)] if window.since else []
        changed += [_changed("<=", window.end)] if window.end else []
        return self._after(stream.path, 0, [*self.domain, *changed])

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = records_of(stream, {"records": body}, "records")
        if not rows:
            return Answered(rows, None)
        domain = json.loads(request.note)
        rows = [in_order(row) for row in rows]  # of its own it changes with each start
        return Answered(rows, self._after(request.path, highest_id(stream, rows), domain))

    def count(self, stream: Stream) -> Request:
        return Request("POST", f"{stream.path}/search_count", body={"domain": list(self.domain)})

    def counted(self, stream: Stream, body: Any) -> int:
        if not isinstance(body, int):
            raise ContractBroken(f"{stream.name}: expected a number, found {type(body).__name__}")
        return body

    def _after(self, path: str, last: int, domain: Domain) -> Request:
        params = {
            "s": str(self.size),
            "o": _encoded([["id", "ASC"]]),
            "d": _encoded([*domain, ["id", ">", last]]),
            "f": ["id", "create_date", "write_date", *self.fields],
        }
        return Request("GET", path, params, note=json.dumps(domain))


def _changed(bound: str, at: datetime) -> Domain:
    never_changed = [["write_date", "=", None], ["create_date", bound, tagged(at)]]
    return ["OR", [["write_date", bound, tagged(at)]], never_changed]


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def _stream(
    name: str, model: str, basis: Basis, fields: str, domain: Domain | None = None, *, key: str = ""
) -> Stream:
    return Stream(
        name,
        ("id",),
        basis,
        f"/rest/model/{model}",
        cursor=Cursor("write_date", last_written, lag=timedelta(minutes=5)),
        paginate=IdPages(tuple(fields.split()), domain or ()),
        sweep=timedelta(days=1),
        mandatory=(key,) if key else (),
    )


_MONEY = "currency.code untaxed_amount tax_amount total_amount"

STREAMS = (
    _stream(
        "parties", "party.party", CONTRACT,
        "name code active lang.code replaced_by categories.name",
    ),
    _stream(
        "identifiers", "party.identifier", INVOICE, "party type code active",
        key="party",
    ),
    _stream(
        "addresses", "party.address", CONTRACT,
        "party party_name attn street street_name building_number post_box postal_code city"
        " country.code active", key="party",
    ),
    _stream(
        "contact_mechanisms", "party.contact_mechanism", CONTRACT,
        "party address type value name comment active", key="party",
    ),
    _stream(
        "sales", "sale.sale", TRANSACTION,
        f"number reference party invoice_party state sale_date {_MONEY}", key="party",
    ),
    _stream(
        "sale_lines", "sale.line", TRANSACTION,
        "sale sequence type product.code product.name description quantity unit_price amount",
        key="sale",
    ),
    _stream(
        "invoices", "account.invoice", INVOICE,
        f"number reference party state invoice_date {_MONEY}", _TO_CUSTOMERS, key="party",
    ),
    _stream(
        "invoice_lines", "account.invoice.line", INVOICE,
        "invoice sequence type product.code description quantity unit_price amount",
        _LINES_TO_CUSTOMERS,
    ),
)  # fmt: skip


def _open(source: TrytonSource, clock: Clock) -> HttpReader:
    key = source.key.get_secret_value()
    # Archived records are hidden otherwise, also by a domain that asks for them if it has an OR:
    # the server adds "active" to each clause of its own.
    context = {"X-Tryton-Context": _encoded({"active_test": False})}
    return http_reader(source, FixedHeader("Authorization", f"Bearer {key}"), clock, context)


ABOUT = About(
    title="Tryton 8.2",
    category="ERP",
    rights="A user application of type REST, validated, whose user may read parties, sales and"
    " invoices of the company.",
    limits="None of the server's own; a page holds 500 records.",
    verified="Tryton 8.2, the server from its package, SQLite.",
    traps=(
        "A change of an address or a contact mechanism leaves the party's write_date as it was.",
        "Archived records are left out unless the context says active_test: false; a domain that"
        " names `active` does not help inside an OR.",
        "Many records share one write_date.",
        "Errors come as HTML pages; an unknown field is answered with 500.",
    ),
)

SYSTEM = System("tryton", TrytonSource, STREAMS, _open, ABOUT)
