"""Records have the fields of docs/contracts.md and each vendor's encodings."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sandbox import wire

from .conftest import Book

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts.md"
SERVED = ("s4", "shopware", "brevo", "zendesk")
MOMENT = 1_750_000_000_123  # 2025-06-15 15:06:40.123 UTC, a summer day
SHOPWARE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"
BREVO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0[12]:00"
ZENDESK = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def contract() -> list[tuple[str, str, str, str]]:
    """(system, stream, key, fields) per stream that the sandbox serves."""
    text = CONTRACTS.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)\.(\w+)` \| ([^|]+) \| [^|]* \| (.+) \|$", text, re.M)
    return [row for row in rows if row[0] in SERVED]


def named_fields(fields: str) -> set[str]:
    """Top-level names: what is in brackets or after a dot is nested."""
    plain = fields
    while "(" in plain or "{" in plain or "[" in plain:
        plain, count = re.subn(
            r"\s*(\([^(){}\[\]]*\)|\{[^(){}\[\]]*\}|\[[^(){}\[\]]*\])", "", plain
        )
        assert count
    return {part.strip(" `.").split(".")[0] for part in re.split(r"[,;]", plain) if part.strip()}


@pytest.mark.parametrize(("system", "stream", "key", "fields"), contract())
def test_every_field_of_the_contract_is_in_the_records(
    company: Book, system: str, stream: str, key: str, fields: str
) -> None:
    bodies = company.bodies(system, stream)
    assert bodies
    keys = {name.strip() for name in key.split("+")}
    names = {n for n in named_fields(fields) if re.fullmatch(r"[A-Za-z_]+", n)} - {"BPTaxNumber"}
    seen: set[str] = set().union(*(b.keys() for b in bodies))
    assert (names | keys) - seen == set()


def test_keys_are_the_declared_fields_joined_with_a_bar(company: Book) -> None:
    for system, stream, key, _ in contract():
        names = [name.strip() for name in key.split("+")]
        sql = "select key, body from record where system = ? and stream = ? limit 50"
        for stored, body in company.rows(sql, system, stream):
            assert stored == "|".join(str(_field(body, name)) for name in names)


def _field(body: str, name: str) -> Any:
    import json

    return json.loads(body)[name]


def test_sort_keys_order_numbers_as_numbers(company: Book) -> None:
    for system, stream, key in (("brevo", "contacts", "id"), ("zendesk", "tickets", "id")):
        rows = company.rows(
            "select body from record where system = ? and stream = ? order by sort_key",
            system,
            stream,
        )
        numbers = [_field(body, key) for (body,) in rows]
        assert numbers == sorted(numbers)


def test_each_vendor_writes_moments_in_its_own_way() -> None:
    assert wire.odata_moment(MOMENT) == "/Date(1750000000123+0000)/"
    assert wire.odata_date(MOMENT) == "/Date(1749945600000)/"
    assert wire.odata_time(MOMENT) == "PT15H06M40S"
    assert wire.odata_day(date(1969, 12, 31)) == "/Date(-86400000)/"
    assert wire.shopware(MOMENT) == "2025-06-15T15:06:40.123+00:00"
    assert wire.brevo(MOMENT) == "2025-06-15T17:06:40.123+02:00"
    assert wire.zendesk(MOMENT) == "2025-06-15T15:06:40Z"


def test_moments_in_the_records_are_in_their_vendors_form(company: Book) -> None:
    for stream, name, form in (
        ("shopware.orders", "orderDateTime", SHOPWARE),
        ("shopware.customers", "createdAt", SHOPWARE),
        ("brevo.contacts", "modifiedAt", BREVO),
        ("brevo.events", "date", BREVO),
        ("zendesk.tickets", "updated_at", ZENDESK),
        ("s4.sales_orders", "LastChangeDateTime", r"/Date\(\d+\+0000\)/"),
        ("s4.business_partners", "CreationDate", r"/Date\(\d+\)/"),
        ("s4.business_partners", "CreationTime", r"PT\d\dH\d\dM\d\dS"),
        ("s4.billing_documents", "TotalNetAmount", r"\d+\.\d\d"),
    ):
        system, _, name_of_stream = stream.partition(".")
        for body in company.bodies(system, name_of_stream)[:200]:
            assert re.fullmatch(form, body[name]), (stream, name, body[name])


def test_the_cursor_of_a_record_is_the_moment_it_shows(company: Book) -> None:
    sql = "select changed_at, body from record where system = 's4' and stream = 'sales_orders'"
    for changed, body in company.rows(sql)[:200]:
        assert _field(body, "LastChangeDateTime") == wire.odata_moment(changed)
    sql = "select changed_at, body from record where system = 'brevo' and stream = 'contacts'"
    for changed, body in company.rows(sql)[:200]:
        assert _field(body, "modifiedAt") == wire.brevo(changed)
