"""The sandbox's business partners against SAP's own model of API_BUSINESS_PARTNER.

The model comes from npm under SAP's developer licence, to which whoever downloads it agrees. So
this test runs by hand only (`pytest -m soak tests/sandbox/contracts`) and nothing of the model is
kept here. Last run: 2026-11-25, package 2.1.0, all fields and types agreed.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from connectors.registry import systems
from sandbox.server import credentials
from tests.sandbox.contracts.npm import packed_json

pytestmark = pytest.mark.soak
PACKAGE = ("@sap/cloud-sdk-vdm-business-partner-service", "2.1.0")
FILE = "business-partner-service-csn.json"
AUTH = (credentials.S4_USER, credentials.S4_PASSWORD)
STREAMS = [stream for stream in systems()["s4"].streams if "/API_BUSINESS_PARTNER/" in stream.path]
DATE, TIMESTAMP = re.compile(r"/Date\(-?\d+\)/"), re.compile(r"/Date\(-?\d+\+0000\)/")
TIME = re.compile(r"PT\d\dH\d\dM\d\dS")


@pytest.fixture(scope="module")
def model(request: pytest.FixtureRequest) -> dict[str, Any]:
    document = packed_json(request.config.cache, *PACKAGE, FILE)
    definitions: dict[str, Any] = document["definitions"]
    return definitions


def served(url: str, path: str, expand: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{url}/erp{path}", params={"$expand": expand}, auth=AUTH, timeout=5)
    answer.raise_for_status()
    rows: list[dict[str, Any]] = answer.json()["d"]["results"]
    return rows


def mismatches(model: dict[str, Any], entity: str, record: dict[str, Any]) -> list[str]:
    """Fields of a record that the entity does not have, or not of that type or length."""
    elements = model[f"API_BUSINESS_PARTNER.{entity}"]["elements"]
    found = []
    for name, value in record.items():
        element = elements.get(name)
        if name == "__metadata":
            continue
        if element is None:
            found.append(f"{entity}.{name} is not in the model")
        elif element["type"] == "cds.Association":
            found += mismatches(model, element["target"].rpartition(".")[2], value)
        elif value is not None and not agrees(element, value):
            found.append(f"{entity}.{name} is no {element['type']}: {value!r}")
    return found


def agrees(element: dict[str, Any], value: Any) -> bool:
    kind = element["type"]
    if kind == "cds.Boolean":
        return isinstance(value, bool)
    if kind == "cds.String":
        return isinstance(value, str) and len(value) <= element["length"]
    pattern = {"cds.Date": DATE, "cds.Timestamp": TIMESTAMP, "cds.Time": TIME}[kind]
    return bool(pattern.fullmatch(value))


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_served_field_is_in_the_vendors_entity_and_of_its_type(
    url: str, model: dict[str, Any], stream: Any
):
    entity = stream.path.rpartition("/")[2]
    rows = served(url, stream.path, stream.paginate.expand)
    assert len(rows) > 10
    assert sorted({one for row in rows for one in mismatches(model, entity, row)}) == []


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_the_key_is_the_vendors(model: dict[str, Any], stream: Any):
    elements = model[f"API_BUSINESS_PARTNER.{stream.path.rpartition('/')[2]}"]["elements"]
    assert [name for name, one in elements.items() if one.get("key")] == list(stream.primary_key)
