"""The connectors against their vendors' own contracts, served by Prism.

A request that the contract forbids is refused by Prism; what it answers has the contract's shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from connectors.drift import Watch
from connectors.extract import opened
from connectors.registry import systems
from connectors.schema import declared_fields
from connectors.source import Page, Stream, Window
from stamm.clock import SystemClock
from stamm.errors import ContractBroken
from tests.peers.prism import cut, mocking, shopware
from tests.sandbox.contracts.test_zendesk import FILE, SHOWN_IN, shape

pytestmark = [pytest.mark.peer, pytest.mark.prism, pytest.mark.timeout(600)]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
WINDOWS = [Window(None, NOW), Window(datetime(2026, 2, 1, tzinfo=UTC), NOW)]

SHOP_SCHEMAS = (
    "Customer", "CustomerAddress", "Order", "OrderLineItem", "Criteria", "SimpleFilter",
    "EqualsFilter", "MultiNotFilter", "RangeFilter", "Filters", "Associations", "OAuthGrant",
    "OAuthPasswordGrant", "OAuthRefreshTokenGrant", "OAuthClientCredentialsGrant", "OAuthScopes",
    "success", "failure", "error", "link", "links", "info", "meta", "linkage", "linked", "data",
    "resource", "attributes", "pagination", "relationshipLinks", "relationshipToOne",
    "relationshipToMany",
)  # fmt: skip
# The vendor's document names the ways of counting; shops before it knew numbers, and still do.
COUNTING = {"enum": ["none", "exact", "next-pages", 0, 1, 2]}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    document = shopware()
    entities = ("customer", "customer-address", "order", "order-line-item")
    wanted = (*(f"/search/{entity}" for entity in entities), "/oauth/token")
    paths = {f"/api{path}": document["paths"][path] for path in wanted}
    paths["/api/oauth/token"]["post"]["security"] = []
    for entity in entities:  # we ask for plain JSON
        answer = paths[f"/api/search/{entity}"]["post"]["responses"]["200"]
        del answer["content"]["application/vnd.api+json"]
    known = [name for name in SHOP_SCHEMAS if name in document["components"]["schemas"]]
    served = cut(document, paths, known)
    served["components"]["schemas"]["Criteria"]["properties"]["total-count-mode"] = COUNTING
    with mocking(served, tmp_path_factory.mktemp("shopware")) as url:
        yield url


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The incremental exports; what dangles in the vendor's file is mended from its examples."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    for name, (response, member) in SHOWN_IN.items():
        schemas[name] = shape(schemas[response]["example"][member][0])
    paths = {}
    for path in ("users/cursor", "tickets/cursor", "organizations"):
        found = document["paths"][f"/api/v2/incremental/{path}"]["get"]
        [answer] = found["responses"]["200"]["content"].values()
        answer.pop("examples", None)
        paths[f"/api/v2/incremental/{path}.json"] = {"get": {**found, "parameters": ASKED_WITH}}
    used = [*SHOWN_IN, *(response for response, _ in SHOWN_IN.values())]
    with mocking(cut(document, paths, used), tmp_path_factory.mktemp("zendesk")) as url:
        yield url


ASKED_WITH = [
    {"name": "start_time", "in": "query", "required": True, "schema": {"type": "integer"}},
    {"name": "per_page", "in": "query", "schema": {"type": "integer", "maximum": 1000}},
]


def first_page(system: str, stream: Stream, window: Window, **settings: Any) -> Page:
    raw = {"system": system, "name": "peer", "insecure": True, "patience": 0, **settings}
    source = systems()[system].settings.model_validate(raw)
    with opened(source, SystemClock()) as reader:
        return next(iter(reader.read(stream, window, None)))


SHOP = systems()["shopware"].streams
DESK = [stream for stream in systems()["zendesk"].streams if "incremental" in stream.path]


@pytest.mark.parametrize("window", WINDOWS, ids=["all", "changed"])
@pytest.mark.parametrize("stream", SHOP, ids=lambda stream: stream.name)
def test_shopwares_contract_takes_what_we_ask_and_its_answer_is_read(
    shop: str, stream: Stream, window: Window
):
    page = first_page("shopware", stream, window, url=shop, client_id="a", client_secret="b")
    [record] = page.records
    assert stream.cursor is not None
    assert stream.cursor.read(record) is not None
    assert {*stream.primary_key, *stream.mandatory} <= set(record)
    assert page.server_total is not None


def test_shopwares_contract_refuses_what_it_does_not_know(shop: str):
    from dataclasses import replace

    stream = replace(SHOP[0], paginate=replace(SHOP[0].paginate, size="many"))
    with pytest.raises((ContractBroken, ValueError)):
        first_page("shopware", stream, WINDOWS[0], url=shop, client_id="a", client_secret="b")


@pytest.mark.parametrize("window", WINDOWS, ids=["all", "changed"])
@pytest.mark.parametrize("stream", DESK, ids=lambda stream: stream.name)
def test_zendesks_contract_takes_what_we_ask_and_its_answer_is_read(
    desk: str, stream: Stream, window: Window
):
    page = first_page("zendesk", stream, window, url=desk, email="a@example.org", api_token="b")
    assert page.records
    assert page.next_token is None  # the vendor's example is the end of the stream
    assert stream.cursor is not None
    watch = Watch(declared_fields("zendesk")[stream.name])
    for record in page.records:
        assert stream.cursor.read(record) is not None
        drifts = {str(drift) for drift in watch(record) if drift.kind == "changed_type"}
        assert drifts == set()


def test_zendesks_contract_refuses_what_it_does_not_know(desk: str):
    import requests

    answer = requests.get(f"{desk}/api/v2/incremental/users/cursor.json?start_time=now", timeout=9)
    assert answer.status_code == 422
