"""`limit` and `offset`, wherever the server keeps its records and their number."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.bases import CONTRACT
from connectors.paging import OffsetPages
from connectors.source import Stream, Window
from stamm.errors import ContractBroken

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERYTHING = Window(None, NOON)
STREAM = Stream("customers", ("id",), CONTRACT, "/items/customers")


def test_records_and_total_may_stand_further_down():
    pages = OffsetPages("data.customers", total="meta.total_count", size=2)
    first = pages.first(STREAM, EVERYTHING)
    body = {"data": {"customers": [{"id": 1}, {"id": 2}]}, "meta": {"total_count": 3}}
    answered = pages.answered(STREAM, first, body)
    assert (answered.records, answered.total) == ([{"id": 1}, {"id": 2}], 3)
    assert answered.following is not None
    assert answered.following.params["offset"] == "2"
    body = {"data": {"customers": [{"id": 3}]}, "meta": {"total_count": 3}}
    assert pages.answered(STREAM, answered.following, body).following is None


def test_the_lower_bound_may_go_into_several_parameters():
    pages = OffsetPages("data", since=("changed", "created"))
    params = pages.first(STREAM, Window(NOON, NOON)).params
    assert params["changed"] == params["created"] == "2026-03-01T12:00:00.000Z"
    assert "changed" not in pages.first(STREAM, EVERYTHING).params


def test_a_bare_list_where_an_object_was_promised_is_a_broken_contract():
    pages = OffsetPages("data")
    with pytest.raises(ContractBroken, match="expected data in the answer, found list"):
        pages.answered(STREAM, pages.first(STREAM, EVERYTHING), [{"id": 1}])
