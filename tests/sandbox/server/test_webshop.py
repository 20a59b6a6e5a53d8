"""Shopware's Admin API: token, search, search-ids."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import requests
from starlette.applications import Starlette

from sandbox.server import credentials
from sandbox.server.shelf import Shelf
from sandbox.server.webshop import ENTITIES, routes
from tests.sandbox.server.tiny_company import ROWS, Book

CHANGED = {"gte": "2027-01-05 10:00:00"}  # 21 and 22


def search(url: str, token: dict[str, str], entity: str = "customer", **body: Any) -> Any:
    path = f"{url}/shop/api/search/{entity}"
    return requests.post(path, json=body, headers=token, timeout=5).json()


def ids(*wanted: int) -> list[str]:
    return [f"{number:032x}" for number in wanted]


def found(answer: Any) -> list[int]:
    return [int(row["id"], 16) for row in answer["data"]]


def by_range(field: str, **bounds: str) -> dict[str, Any]:
    return {"type": "range", "field": field, "parameters": bounds}


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_entity_pages_whole_by_number(url: str, token: dict[str, str], entity: str):
    seen: list[int] = []
    for page in range(1, 6):
        body = {"page": page, "limit": 5, "total-count-mode": 1, "sort": [{"field": "id"}]}
        answer = search(url, token, entity, **body)
        assert list(answer) == ["total", "data", "aggregations"]
        assert (answer["total"], answer["aggregations"]) == (ROWS, [])
        seen += found(answer)
    assert seen == list(range(ROWS))


def test_pages_in_the_order_of_change_lose_nothing_in_a_tie(url: str, token: dict[str, str]):
    for order, expected in (("ASC", range(ROWS)), ("DESC", reversed(range(ROWS)))):
        sort = [{"field": "updatedAt", "order": order}]
        pages = [search(url, token, page=n, limit=4, sort=sort) for n in range(1, 7)]
        assert [number for page in pages for number in found(page)] == list(expected)


@pytest.mark.parametrize(
    ("mode", "limit", "total"),
    [
        *((0, 2, 2), (1, 2, ROWS), (2, 2, 13), (2, 10, ROWS)),
        *(("none", 2, 2), ("exact", 2, ROWS), ("next-pages", 2, 13)),
    ],
)
def test_the_total_is_as_exact_as_asked_for(
    url: str, token: dict[str, str], mode: int | str, limit: int, total: int
):
    body = {"limit": limit, "total-count-mode": mode}
    assert search(url, token, **body)["total"] == total


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (by_range("updatedAt", **CHANGED), [21, 22]),
        (by_range("updatedAt", gte="2027-01-01", lt="2027-01-05T11:00:00+01:00"), [20]),
        (by_range("updatedAt", gte="2020-01-01"), [20, 21, 22]),  # null until the first change
        (by_range("createdAt", gt="2027-01-05T08:00:00"), []),
        (
            {
                "type": "multi",
                "operator": "or",
                "queries": [by_range("updatedAt", **CHANGED), by_range("createdAt", **CHANGED)],
            },
            [21, 22],
        ),
        (
            {
                "type": "multi",
                "operator": "and",
                "queries": [
                    by_range("updatedAt", **CHANGED),
                    {"type": "equals", "field": "guest", "value": True},
                ],
            },
            [22],
        ),
        ({"type": "equals", "field": "id", "value": ids(3)[0]}, [3]),
        ({"type": "equalsAny", "field": "id", "value": "|".join(ids(3, 5))}, [3, 5]),
        ({"type": "equalsAny", "field": "id", "value": ids(3, 5)}, [3, 5]),
        (
            {
                "type": "not",
                "operator": "or",
                "queries": [
                    {"type": "equals", "field": "updatedAt", "value": None},
                    {"type": "equals", "field": "guest", "value": True},
                ],
            },
            [21],
        ),
    ],
)
def test_a_filter_selects(url: str, token: dict[str, str], one: Any, expected: list[int]):
    answer = search(url, token, filter=[one], **{"total-count-mode": 1})
    assert (found(answer), answer["total"]) == (expected, len(expected))


def test_an_association_nobody_asked_for_is_null(url: str, token: dict[str, str]):
    bare = search(url, token, "order", limit=1)["data"][0]
    assert (bare["currency"], bare["orderCustomer"]) == (None, None)
    assert bare["stateMachineState"] == {"technicalName": "open"}
    full = search(url, token, "order", limit=1, associations={"currency": {}})["data"][0]
    assert (full["currency"], full["orderCustomer"]) == ({"isoCode": "EUR"}, None)


def test_search_ids_gives_ids_only(url: str, token: dict[str, str]):
    body = {"limit": 3, "total-count-mode": 1}
    path = f"{url}/shop/api/search-ids/customer"
    answer = requests.post(path, json=body, headers=token, timeout=5).json()
    assert answer == {"total": ROWS, "data": ids(0, 1, 2)}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"limit": 501}, "FRAMEWORK__QUERY_LIMIT_EXCEEDED"),
        ({"limit": 0}, "FRAMEWORK__INVALID_LIMIT_QUERY"),
        ({"page": 0}, "FRAMEWORK__INVALID_PAGE_QUERY"),
        ({"sort": [{"field": "email"}]}, "FRAMEWORK__INVALID_SORT_QUERY"),
        ({"filter": [{"type": "near", "field": "id"}]}, "FRAMEWORK__INVALID_FILTER_QUERY"),
        (
            {"filter": [{"type": "equals", "field": "a' or 1", "value": 1}]},
            "FRAMEWORK__INVALID_FILTER_QUERY",
        ),
        ({"filter": "nonsense"}, "FRAMEWORK__INVALID_CRITERIA"),
    ],
)
def test_criteria_that_make_no_sense_are_refused(
    url: str, token: dict[str, str], body: Any, code: str
):
    answer = search(url, token, **body)
    assert [(e["status"], e["code"]) for e in answer["errors"]] == [("400", code)]


def test_an_unknown_entity_is_not_found(url: str, token: dict[str, str]):
    error = search(url, token, "unicorn")["errors"][0]
    assert error["status"] == "404"
    assert "unicorn" in error["title"]


def test_a_token_is_bearer_for_ten_minutes_also_for_a_form(url: str):
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.SHOPWARE_CLIENT_ID,
        "client_secret": credentials.SHOPWARE_CLIENT_SECRET,
    }
    answer = requests.post(f"{url}/shop/api/oauth/token", data=form, timeout=5).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 600)
    assert search(url, {"Authorization": f"Bearer {answer['access_token']}"})["total"] == ROWS


@pytest.mark.parametrize(
    ("changed", "status"), [({"client_secret": "x"}, 401), ({"grant_type": "password"}, 400)]
)
def test_a_token_is_refused(url: str, changed: dict[str, str], status: int):
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.SHOPWARE_CLIENT_ID,
        "client_secret": credentials.SHOPWARE_CLIENT_SECRET,
        **changed,
    }
    answer = requests.post(f"{url}/shop/api/oauth/token", json=form, timeout=5)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["status"] == str(status)


def test_a_search_without_a_token_is_refused_in_json(url: str):
    assert search(url, {})["errors"][0]["status"] == "401"


def test_an_expired_token_is_refused(book: Book):
    expired = {"old": time.monotonic() - 0.001}
    shop = Starlette(routes=routes(Shelf(book.path), expired))
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer old")]
    place = {"type": "http", "path": "/api/search/customer", "method": "POST"}
    asyncio.run(shop({**place, "query_string": b"", "headers": headers}, receive, send))
    assert sent[0]["status"] == 401
