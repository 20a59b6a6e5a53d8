"""The sandbox's search answers against Shopware's own Admin API specification (MIT licence).

The specification comes from npm at test time and is not kept here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from connectors.registry import systems
from connectors.source import Stream, Window
from sandbox.server import credentials
from tests.sandbox.contracts.npm import packed_json

pytestmark = pytest.mark.slow
PACKAGE = ("@shopware/api-client", "1.6.0", "api-types/adminApiSchema.json")
# entity → its component, and the associations that the connector asks for.
ENTITIES: dict[str, tuple[str, dict[str, Any]]] = {
    "customer": ("Customer", {}),
    "customer-address": ("CustomerAddress", {"country": {}}),
    "order": ("Order", {"orderCustomer": {}, "currency": {}, "stateMachineState": {}}),
    "order-line-item": ("OrderLineItem", {}),
}
# Served, but not in the specification: the plain JSON format adds `apiAlias` to each entity, and
# the generated component of Customer lacks two fields that its entity definition has.
UNSPECIFIED = {"Customer": {"apiAlias", "company", "vatIds"}}
# The specification calls these objects; the API sends lists, as the vendor's own examples show.
COLLECTIONS = {"calculatedTaxes", "taxRules"}


@pytest.fixture(scope="module")
def specification(request: pytest.FixtureRequest) -> dict[str, Any]:
    document: dict[str, Any] = packed_json(request.config.cache, *PACKAGE)
    for schema in document["components"]["schemas"].values():
        _allow_null(schema)
    return document


def _allow_null(schema: dict[str, Any]) -> None:
    """The API sends null for what has no value; the specification names only the type."""
    properties = schema.get("properties")
    for name, field in properties.items() if isinstance(properties, dict) else ():
        if name not in schema.get("required", ()) and isinstance(field.get("type"), str):
            field["type"] = [field["type"], "null"]
        for collection in COLLECTIONS & set(field.get("properties", ())):
            field["properties"][collection] = {"type": "array"}


def search(url: str, entity: str) -> dict[str, Any]:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.SHOPWARE_CLIENT_ID,
        "client_secret": credentials.SHOPWARE_CLIENT_SECRET,
    }
    token = requests.post(f"{url}/shop/api/oauth/token", json=form, timeout=5).json()
    answer = requests.post(
        f"{url}/shop/api/search/{entity}",
        json={"limit": 200, "total-count-mode": 1, "associations": ENTITIES[entity][1]},
        headers={"Authorization": f"Bearer {token['access_token']}"},
        timeout=5,
    )
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_answer_is_valid_under_the_schema_of_its_path(
    url: str, specification: dict[str, Any], entity: str
):
    operation = specification["paths"][f"/search/{entity}"]["post"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    answer = search(url, entity)
    assert answer["total"] >= len(answer["data"]) > 20
    validator = Draft202012Validator({**schema, "components": specification["components"]})
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(answer)] == []


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_served_field_is_one_of_the_vendors(
    url: str, specification: dict[str, Any], entity: str
):
    component = ENTITIES[entity][0]
    known = specification["components"]["schemas"][component]["properties"]
    served = {name for record in search(url, entity)["data"] for name in record}
    assert served - set(known) == UNSPECIFIED.get(component, {"apiAlias"})


@pytest.mark.parametrize("stream", systems()["shopware"].streams, ids=lambda stream: stream.name)
@pytest.mark.parametrize("since", [None, datetime(2026, 6, 1, tzinfo=UTC)])
def test_what_the_connector_asks_is_valid_too(
    specification: dict[str, Any], stream: Stream, since: datetime | None
):
    operation = specification["paths"][stream.path.removeprefix("/api")]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**schema, "components": specification["components"]})
    asked = stream.paginate.first(stream, Window(since, datetime(2026, 7, 1, tzinfo=UTC)))
    # The mode is named in newer shops only; its number (1: exact) is understood by all of them.
    named = {**asked.body, "total-count-mode": "exact"}
    assert asked.body["total-count-mode"] == 1
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(named)] == []


def test_the_schema_refuses_another_answer(url: str, specification: dict[str, Any]):
    schema = specification["components"]["schemas"]["Order"]
    validator = Draft202012Validator({**schema, "components": specification["components"]})
    order = search(url, "order")["data"][0]
    assert validator.is_valid(order)
    assert not validator.is_valid({**order, "orderDateTime": None})
    assert not validator.is_valid({**order, "currency": "EUR"})
