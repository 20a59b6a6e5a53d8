"""Shopware's numbered pages: each proves that nothing was deleted before it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from connectors.http import HttpClient, Request
from connectors.paging import HttpReader, to_token
from connectors.shopware import SYSTEM
from connectors.source import Stream, Window
from tests.connectors.conftest import Bench
from tests.connectors.sandboxed import small_pages

ALL = Window(None, datetime(2026, 3, 1, 12, tzinfo=UTC))


@dataclass
class Shop:
    """Pages in order of the id; after so many requests ids are deleted, and as many added."""

    ids: list[int]
    cap: int = 500
    deleted: dict[int, set[int]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def ask(self, request: Request) -> Any:
        gone = self.deleted.pop(len(self.asked), set())
        newest = max(self.ids, default=0)
        kept = [one for one in self.ids if one not in gone]
        self.ids = kept + [newest + 1 + n for n in range(len(self.ids) - len(kept))]
        size = min(request.body["limit"], self.cap)
        self.asked.append(size)
        found = self.ids[size * (request.body["page"] - 1) :][:size]
        return {"data": [_customer(one) for one in found], "total": len(self.ids)}

    def close(self) -> None:
        pass


def _customer(one: int) -> dict[str, Any]:
    at = "2026-02-01T12:00:00.000+00:00"
    return {"id": f"{one:06}", "email": f"c{one}@example.org", "createdAt": at, "updatedAt": None}


def paged(size: int) -> Stream:
    return small_pages(SYSTEM.stream("customers"), size)


def met(shop: Shop, stream: Stream, resume: str | None = None) -> set[int]:
    reader = HttpReader(cast(HttpClient, shop))
    return {int(r["id"]) for page in reader.read(stream, ALL, resume) for r in page.records}


@pytest.mark.parametrize("size", [1, 2, 3, 5, 12, 13, 100, 500])
@pytest.mark.parametrize("held", [0, 1, 2, 12, 13, 61, 1001])
def test_every_record_is_met_and_no_page_is_larger_than_asked(size: int, held: int):
    shop = Shop(list(range(held)))
    assert met(shop, paged(size)) == set(range(held))
    assert max(shop.asked) <= max(size, 12)


@pytest.mark.parametrize("cap", [1, 2, 5, 30, 100])
def test_pages_that_the_shop_caps_in_silence_lose_nothing(cap: int):
    shop = Shop(list(range(301)), cap)
    assert met(shop, paged(100)) == set(range(301))


def test_hardly_a_record_is_read_twice():
    shop = Shop(list(range(20_000)))
    met(shop, paged(500))
    assert len(shop.asked) <= 42  # 40 without the proof


@pytest.mark.parametrize("gone", [{0}, {3, 4}, {11}, {12}, set(range(11)), set(range(12))])
@pytest.mark.parametrize("when", [1, 2, 3])
def test_a_record_deleted_between_two_pages_hides_no_other_though_the_total_stays(
    gone: set[int], when: int
):
    shop = Shop(list(range(60)), deleted={when: gone})
    assert set(shop.ids) - gone <= met(shop, paged(12))
    assert len(shop.ids) == 60


def test_a_full_read_beside_which_one_comes_and_one_goes_deletes_that_one_alone(bench: Bench):
    stream, shop = paged(3), Shop(list(range(10)))
    bench.server = HttpReader(cast(HttpClient, shop))  # type: ignore[assignment]
    bench.extract(stream)
    shop.deleted = {len(shop.asked) + 1: {0}}  # once the first page is there
    assert bench.extract(stream, full=True).deletes == 1
    assert set(bench.live()) == {f"{one:06}" for one in range(1, 11)}


def test_a_record_without_an_id_is_given_on_to_be_set_aside():
    stream = paged(2)
    request = stream.paginate.first(stream, ALL)
    body = {"data": [_customer(1), {"email": "x"}], "total": 3}
    answered = stream.paginate.answered(stream, request, body)
    assert (len(answered.records), answered.following is not None) == (2, True)


def test_a_page_that_an_older_checkpoint_names_is_read_on_from():
    stream = paged(10)
    request = stream.paginate.first(stream, ALL)
    third = replace(request, body={**request.body, "page": 3})
    assert met(Shop(list(range(45))), stream, to_token(third)) == set(range(20, 45))
