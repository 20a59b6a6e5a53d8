"""GraphQL lists: pages that overlap by one item, deletes between them, servers with small pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from connectors.graphql import ListPages, ListReader
from connectors.http import HttpClient, Request
from connectors.paging import HttpReader
from connectors.source import Stream, Window
from connectors.vendure import SYSTEM, Login, children
from stamm.errors import ContractBroken, CredentialsRefused

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL = Window(None, NOON)


@dataclass
class Shop:
    """Answers as the real one does; after `asked` requests the ids in `deleted` are gone."""

    ids: list[int]
    limit: int = 1000
    deleted: dict[int, set[int]] = field(default_factory=dict)
    takes: list[Any] = field(default_factory=list)

    def ask(self, request: Request) -> Any:
        gone = self.deleted.pop(len(self.takes), set())
        self.ids = [one for one in self.ids if one not in gone]
        options = request.body["variables"]["options"]
        take, skip = options.get("take", self.limit), options.get("skip", 0)
        self.takes.append(options.get("take"))
        if take > self.limit:
            raise ContractBroken("Cannot take more than that", codes=("USER_INPUT_ERROR",))
        shown = [{"id": str(one), "addresses": _two(one)} for one in self.ids[skip : skip + take]]
        return {"data": {"customers": {"items": shown, "totalItems": len(self.ids)}}}


def _two(one: int) -> list[dict[str, str]]:
    return [{"id": f"{one}a"}, {"id": f"{one}b"}]


def paged(size: int | None, **more: Any) -> Stream:
    pages = ListPages("query", "customers", size=size, **more)
    return replace(SYSTEM.stream("customers"), paginate=pages)


def met(shop: Shop, stream: Stream) -> list[str]:
    reader = ListReader(HttpReader(cast(HttpClient, shop)))
    return [record["id"] for page in reader.read(stream, ALL, None) for record in page.records]


@pytest.mark.parametrize("size", [2, 3, 4, 5, 11, None])
@pytest.mark.parametrize("held", [0, 1, 2, 10])
def test_every_item_is_met(size: int | None, held: int):
    assert set(met(Shop(list(range(held))), paged(size))) == {str(n) for n in range(held)}


@pytest.mark.parametrize("gone", [{0}, {0, 1, 2}, {3}, {2, 3}, {9}, set(range(4)), set(range(10))])
@pytest.mark.parametrize("when", [1, 2, 3])
def test_a_delete_between_two_pages_moves_no_other_item_over_their_edge(gone: set[int], when: int):
    shop = Shop(list(range(10)), deleted={when: gone})
    assert {str(n) for n in range(10) if n not in gone} <= set(met(shop, paged(4)))


def test_a_server_that_refuses_the_size_is_asked_for_its_own():
    shop = Shop(list(range(10)), limit=3)
    assert set(met(shop, paged(250))) == {str(n) for n in range(10)}
    assert shop.takes[0] == 250
    assert set(shop.takes[1:]) == {None}


@pytest.mark.parametrize("facts", [{}, {"codes": ("INTERNAL_SERVER_ERROR",)}])
def test_another_refusal_is_told_and_not_asked_again(facts: dict[str, Any]):
    class Broken(Shop):
        def ask(self, request: Request) -> Any:
            self.takes.append(request.body["variables"]["options"].get("take"))
            raise ContractBroken("field gone", **facts)

    shop = Broken([])
    with pytest.raises(ContractBroken, match="field gone"):
        met(shop, paged(250))
    assert shop.takes == [250]


def test_children_name_their_parent_and_the_items_total_is_not_theirs():
    stream = paged(4, children=children("customerId", "addresses"))
    assert met(Shop([1, 2]), stream) == ["1a", "1b", "2a", "2b"]
    answered = stream.paginate.answered(stream, stream.paginate.first(stream, ALL), _one_page())
    assert [record["customerId"] for record in answered.records] == ["1", "1"]
    assert (answered.total, stream.paginate.count(stream)) == (None, None)


def _one_page() -> Any:
    return Shop([1]).ask(paged(4).paginate.first(SYSTEM.stream("customers"), ALL))


def test_a_list_that_counts_items_but_gives_none_is_broken():
    stream = paged(4)
    empty = {"data": {"customers": {"items": [], "totalItems": 7}}}
    with pytest.raises(ContractBroken, match="none of 7"):
        stream.paginate.answered(stream, stream.paginate.first(stream, ALL), empty)


def test_after_means_later_so_the_lower_bound_is_a_little_earlier():
    stream = paged(4, changed="updatedAt")
    asked = stream.paginate.first(stream, Window(NOON, NOON)).body["variables"]["options"]
    assert asked["filter"] == {"updatedAt": {"after": "2026-03-01T11:59:59.999+00:00"}}


def test_a_login_takes_the_token_out_of_the_header():
    login = Login("anna", "muster-2026")
    login.renewed({"data": {"login": {"__typename": "CurrentUser"}}}, {"vendure-auth-token": "t0"})
    assert login.headers() == {"Authorization": "Bearer t0"}


def test_without_a_token_the_cookie_has_to_do():
    login = Login("anna", "muster-2026")
    assert not login.ready()
    login.renewed({"data": {"login": {"__typename": "CurrentUser"}}}, {})
    assert login.ready()
    assert login.headers() == {}


def test_a_refused_login_comes_as_a_result_of_another_type():
    result = {"__typename": "InvalidCredentialsError", "errorCode": "INVALID_CREDENTIALS_ERROR"}
    with pytest.raises(CredentialsRefused, match="INVALID_CREDENTIALS_ERROR"):
        Login("anna", "muster-2026").renewed({"data": {"login": result}}, {})


def test_a_login_without_a_result_is_a_broken_contract():
    with pytest.raises(ContractBroken):
        Login("anna", "muster-2026").renewed({"data": None}, {})
