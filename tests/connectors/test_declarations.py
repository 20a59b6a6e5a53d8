"""What the systems declare is what docs/contracts.md promises to the stages after landing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.registry import systems
from connectors.shopware import ShopwareSource
from connectors.source import Window

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts.md"
ROW = re.compile(r"^\| `(\w+)\.(\w+)` \| ([^|]+) \|", re.MULTILINE)
API_SYSTEMS = ("brevo", "s4", "shopware", "zendesk")


def promised() -> dict[tuple[str, str], str]:
    rows = ROW.findall(CONTRACTS.read_text(encoding="utf-8"))
    return {(system, stream): key.strip() for system, stream, key in rows}


def test_the_streams_and_keys_are_those_of_the_contract():
    declared = {
        (name, stream.name): "+".join(stream.primary_key)
        for name in API_SYSTEMS
        for stream in systems()[name].streams
    }
    expected = {place: key for place, key in promised().items() if place[0] in API_SYSTEMS}
    assert len(expected) == 25
    assert declared == expected


def test_every_stream_names_purpose_basis_and_retention():
    for system in systems().values():
        for stream in system.streams:
            for basis in (stream.basis, *(group.basis for group in stream.field_groups)):
                assert re.fullmatch(r"Art\. 6 \(1\) [abcf]", basis.legal_basis)
                assert basis.purpose
                assert basis.retention


MOMENTS = [
    ("s4", "sales_orders", {"LastChangeDateTime": "/Date(1772366400000+0000)/"}),
    (
        "s4",
        "business_partners",
        {"LastChangeDate": "/Date(1772323200000)/", "LastChangeTime": "PT12H0M0S"},
    ),
    (
        "s4",
        "business_partners",
        {
            "LastChangeDate": None,
            "CreationDate": "/Date(1772323200000)/",
            "CreationTime": "PT12H",
        },
    ),
    ("shopware", "orders", {"updatedAt": None, "createdAt": "2026-03-01T12:00:00.000+00:00"}),
    ("brevo", "contacts", {"modifiedAt": "2026-03-01T13:00:00.000+01:00"}),
    ("zendesk", "tickets", {"updated_at": "2026-03-01T12:00:00Z"}),
]


@pytest.mark.parametrize(("system", "stream", "record"), MOMENTS)
def test_a_cursor_reads_its_wire_format(system: str, stream: str, record: dict[str, str]):
    cursor = systems()[system].stream(stream).cursor
    assert cursor is not None
    assert cursor.read(record) == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("url", ["http://shop.example", "shop.example", "https://u:p@shop.example"])
def test_an_address_without_tls_or_with_credentials_is_refused(url: str):
    raw = {"system": "shopware", "url": url, "client_id": "x", "client_secret": "y"}
    with pytest.raises(ValidationError, match="address"):
        ShopwareSource.model_validate(raw)


def test_insecure_allows_http():
    raw = {"system": "shopware", "client_id": "x", "client_secret": "y", "insecure": True}
    source = ShopwareSource.model_validate({**raw, "url": "http://127.0.0.1:8000/"})
    assert source.url == "http://127.0.0.1:8000"


def test_a_report_by_days_begins_a_day_early_as_days_are_those_of_the_account():
    stream = systems()["brevo"].stream("events")
    since = datetime(2026, 3, 2, 0, 55, tzinfo=UTC)  # still the first of March in New York
    request = stream.paginate.first(stream, Window(since, datetime(2026, 3, 4, tzinfo=UTC)))
    assert (request.params["startDate"], request.params["endDate"]) == ("2026-03-01", "2026-03-04")
