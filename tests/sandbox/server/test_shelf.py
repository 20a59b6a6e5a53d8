"""Pages of the shelf against plain sorting; what it remembers goes when the company changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.server.shelf import LIVE, Order, Row, Selection, Shelf, any_of
from tests.sandbox.server.tiny_company import Book, found


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Book]:
    """An empty stream `x.y` in a company of its own."""
    numbers = itertools.count()

    def make() -> Book:
        book = found(tmp_path_factory.mktemp(f"shelf{next(numbers)}"))
        book.execute("delete from record")
        return book

    return make


MOMENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans()), max_size=14)
ORDERS = st.builds(
    Order, st.sampled_from(["sort_key", "changed_at", "created_at"]), descending=st.booleans()
)


@settings(max_examples=40, deadline=None)
@given(moments=MOMENTS, order=ORDERS, limit=st.integers(1, 4), since=st.integers(0, 4))
def test_pages_by_offset_and_by_position_are_slices_of_the_sorted_rows(
    fresh: Callable[[], Book],
    moments: list[tuple[int, int, bool]],
    order: Order,
    limit: int,
    since: int,
):
    book = fresh()
    for number, (created, later, deleted) in enumerate(moments):
        changed = created + later
        book.put("x", "y", f"{number}", {}, created=created, changed=changed, deleted=deleted)
    rows = [
        Row(f"{n}", f"{n}", created + later, created, "{}")
        for n, (created, later, deleted) in enumerate(moments)
        if not deleted and created + later >= since
    ]
    expected = sorted(rows, key=order.position, reverse=order.descending)
    shelf, chosen = Shelf(book.path), LIVE.changed_since(since)
    offsets = range(0, len(expected) + 1, limit)
    by_offset = [shelf.page("x", "y", chosen, order=order, limit=limit, offset=o) for o in offsets]
    assert list(itertools.chain(*by_offset)) == expected
    for o in offsets[1:]:  # one row early, as whoever wants proof asks
        early = shelf.page("x", "y", chosen, order=order, limit=limit, offset=o - 1)
        assert early == expected[o - 1 : o - 1 + limit]
    cold = [
        Shelf(book.path).page("x", "y", chosen, order=order, limit=limit, offset=o) for o in offsets
    ]
    assert cold == by_offset
    by_position: list[Row] = []
    while page := shelf.page(
        "x",
        "y",
        chosen,
        order=order,
        limit=limit,
        after=order.position(by_position[-1]) if by_position else None,
    ):
        by_position += page
    assert by_position == expected
    assert shelf.count("x", "y", chosen) == len(expected)


def test_a_peek_brings_one_row_more_and_the_next_page_starts_where_the_limit_was(tmp_path: Path):
    book = found(tmp_path)
    shelf = Shelf(book.path)
    first = shelf.page("brevo", "contacts", limit=5, peek=True)
    second = shelf.page("brevo", "contacts", limit=5, offset=5)
    assert len(first) == 6
    assert first[5] == second[0]


def test_counts_and_places_are_forgotten_when_the_company_changes(tmp_path: Path):
    book = found(tmp_path)
    shelf = Shelf(book.path)
    assert shelf.count("brevo", "contacts") == 23
    shelf.page("brevo", "contacts", limit=5)
    book.execute("update record set deleted = 1 where stream = 'contacts' and key < '000003'")
    assert shelf.count("brevo", "contacts") == 20
    assert shelf.page("brevo", "contacts", limit=1, offset=5)[0].key == "000008"


def test_a_company_made_anew_in_the_same_place_is_the_one_that_is_read(tmp_path: Path):
    shelf = Shelf(found(tmp_path).path)
    assert shelf.count("brevo", "contacts") == 23
    (tmp_path / "company.db").rename(tmp_path / "old.db")
    found(tmp_path).execute("delete from record")
    assert shelf.count("brevo", "contacts") == 0


def test_an_implied_bound_holds_for_all_branches_of_an_or_or_for_none():
    early, late, unbounded = Selection("a", since=3), Selection("b", since=5), Selection("c")
    assert any_of([early, late]).since == 3
    assert any_of([early, unbounded]).since is None
    assert early.with_all_of(late).since == 5
    assert early.with_all_of(unbounded).since == 3
