"""Roundup's numbered pages: each proves that nothing was retired before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from connectors.http import HttpClient, Request
from connectors.paging import HttpReader
from connectors.roundup import SYSTEM, NumberedPages
from connectors.source import Stream, Window
from stamm.errors import ContractBroken
from tests.connectors.sandboxed import small_pages

ALL = Window(None, datetime(2026, 3, 1, 12, tzinfo=UTC))


@dataclass
class Tracker:
    """Pages as the server cuts them; after so many requests ids are retired, as many created."""

    ids: list[int]
    retired: dict[int, set[int]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def ask(self, request: Request) -> Any:
        gone = self.retired.pop(len(self.asked), set())
        newest = max(self.ids, default=0)
        kept = [one for one in self.ids if one not in gone]
        self.ids = kept + [newest + 1 + n for n in range(len(self.ids) - len(kept))]
        size, index = (int(request.params[f"@page_{name}"]) for name in ("size", "index"))
        self.asked.append(size)
        found = self.ids[size * (index - 1) :]
        links = {"next": []} if len(found) > size else {}
        rows = [{"id": str(one), "link": "…"} for one in found[:size]]
        return {"data": {"collection": rows, "@links": links, "@total_size": len(self.ids)}}


def paged(size: int) -> Stream:
    return small_pages(SYSTEM.stream("issues"), size)


def met(tracker: Tracker, stream: Stream) -> set[int]:
    reader = HttpReader(cast(HttpClient, tracker))
    return {int(r["id"]) for page in reader.read(stream, ALL, None) for r in page.records}


@pytest.mark.parametrize("size", [2, 5, 12, 13, 100, 500])
@pytest.mark.parametrize("held", [0, 1, 2, 12, 13, 100, 1001])
def test_every_record_is_met_and_no_page_is_larger_than_asked(size: int, held: int):
    tracker = Tracker(list(range(held)))
    assert met(tracker, paged(size)) == set(range(held))
    assert max(tracker.asked) <= max(size, 12)


def test_hardly_a_record_is_read_twice():
    tracker = Tracker(list(range(20_000)))
    met(tracker, paged(500))
    assert len(tracker.asked) <= 42  # 40 without the proof


@pytest.mark.parametrize("gone", [{0}, {3, 4}, {11}, {12}, set(range(11)), set(range(12))])
@pytest.mark.parametrize("when", [1, 2, 3])
def test_a_record_retired_between_two_pages_hides_no_other_though_the_total_stays(
    gone: set[int], when: int
):
    tracker = Tracker(list(range(60)), retired={when: gone})
    assert set(tracker.ids) - gone <= met(tracker, paged(12))
    assert len(tracker.ids) == 60


@pytest.mark.parametrize("place", [*range(1, 400), 27_718, 99_999, 1_000_001])
def test_each_place_has_a_page_that_goes_beyond_it(place: int):
    request = NumberedPages(("title",), 5)._with(Request("GET", "issue"), place, "7")
    size, index = (int(request.params[f"@page_{name}"]) for name in ("size", "index"))
    begins = size * (index - 1)
    assert begins <= place < begins + size - 1


def test_a_record_without_an_id_is_a_broken_contract():
    stream = paged(5)
    body = {"data": {"collection": [{"title": "x"}], "@links": {}, "@total_size": 1}}
    with pytest.raises(ContractBroken, match="expected id"):
        stream.paginate.answered(stream, stream.paginate.first(stream, ALL), body)
