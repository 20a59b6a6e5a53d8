"""OData V2 pages: the server's link, its caps, its envelope."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.http import Request
from connectors.odata import KeyOrderedPages, changed_since_day, duration, moment
from connectors.s4 import SYSTEM
from connectors.source import Window
from stamm.errors import ContractBroken

PARTNERS = SYSTEM.stream("business_partners")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAGES = KeyOrderedPages(changed_since_day("LastChangeDate", "CreationDate"), size=3)


def answer(*keys: str, count: int, **more: Any) -> dict[str, Any]:
    return {"d": {"__count": str(count), "results": [{"BusinessPartner": k} for k in keys], **more}}


def test_the_lower_bound_reads_the_whole_first_day_again():
    assert PAGES.first(PARTNERS, Window(NOON, NOON)).params["$filter"] == (
        "LastChangeDate ge datetime'2026-03-01T00:00:00' or "
        "CreationDate ge datetime'2026-03-01T00:00:00'"
    )


def test_a_capped_page_is_not_the_end():
    first = PAGES.first(PARTNERS, Window(None, NOON))
    answered = PAGES.answered(PARTNERS, first, answer("1", "2", count=5))
    assert answered.following is not None
    assert (answered.following.params["$skip"], answered.total) == ("1", 5)


def test_a_page_that_repeats_records_does_not_skip_others():
    first = PAGES.first(PARTNERS, Window(None, NOON))
    answered = PAGES.answered(PARTNERS, first, answer("1", "1", "2", "2", count=5))
    assert answered.following is not None
    assert answered.following.params["$skip"] == "1"


def test_a_record_deleted_between_two_pages_hides_no_other_though_the_total_stays():
    held, met = [str(number) for number in range(10, 30)], set()
    request: Request | None = PAGES.first(PARTNERS, Window(None, NOON))
    for asked in range(100):
        if request is None:
            break
        if asked in (2, 4):
            held = [*held[2:], f"9{asked}", f"9{asked}a"]  # the total stays
        skip = int(request.params["$skip"])
        page = answer(*held[skip : skip + 3], count=len(held))
        answered = PAGES.answered(PARTNERS, request, page)
        met |= {row["BusinessPartner"] for row in answered.records}
        request = answered.following
    assert request is None
    assert set(held) <= met


def test_a_page_without_the_last_record_of_the_one_before_is_not_gone_on_from():
    first = PAGES.first(PARTNERS, Window(None, NOON))
    second = PAGES.answered(PARTNERS, first, answer("1", "2", "3", count=9)).following
    assert second is not None
    answered = PAGES.answered(PARTNERS, second, answer("4", "5", "6", count=9))
    assert answered.records == []
    assert answered.following is not None
    assert answered.following.params["$skip"] == "1"


def test_the_servers_own_link_is_followed_as_it_is():
    link = "https://s4.example/sap/x?$skiptoken=3"
    first = PAGES.first(PARTNERS, Window(None, NOON))
    answered = PAGES.answered(PARTNERS, first, answer("1", count=9, __next=link))
    assert answered.following is not None
    assert (answered.following.path, answered.following.params) == (link, {})


def test_where_the_servers_links_end_with_the_asked_page_reading_goes_on_behind_it():
    """A server that caps pages links them up to `$top` only, and says no word of the rest."""
    link = "https://s4.example/sap/x?$skiptoken=3"
    first = PAGES.first(PARTNERS, Window(NOON, NOON))
    linked = PAGES.answered(PARTNERS, first, answer("1", "2", count=9, __next=link)).following
    assert linked is not None
    last = PAGES.answered(PARTNERS, linked, answer("3", count=9))
    assert last.following is not None
    assert last.following.params == {**first.params, "$skip": "2"}
    assert last.following.path == PARTNERS.path


def test_the_envelope_with_its_host_names_is_no_part_of_the_record():
    row = {
        "__metadata": {"uri": "https://s4.example/x('1')"},
        "BusinessPartner": "1",
        "to_Customer": {"__deferred": {"uri": "https://s4.example/x('1')/to_Customer"}},
    }
    body = {"d": {"__count": "1", "results": [row]}}
    request = PAGES.first(PARTNERS, Window(None, NOON))
    assert PAGES.answered(PARTNERS, request, body).records == [{"BusinessPartner": "1"}]


@pytest.mark.parametrize("body", [[], {"value": []}, {"d": {"results": {}, "__count": "0"}}])
def test_another_shape_is_named(body: Any):
    with pytest.raises(ContractBroken, match="business_partners: expected"):
        PAGES.answered(PARTNERS, PAGES.first(PARTNERS, Window(None, NOON)), body)


def test_wire_types():
    assert moment("/Date(1772366400000)/") == moment("/Date(1772366400000+0060)/") == NOON
    assert duration("PT8H5M3S").total_seconds() == 8 * 3600 + 5 * 60 + 3
    assert duration("PT45M").total_seconds() == 45 * 60
    for wrong in ("2026-03-01", "Date(1)"):
        with pytest.raises(ValueError, match="expected /Date"):
            moment(wrong)
