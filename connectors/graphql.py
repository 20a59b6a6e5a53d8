"""Pages of GraphQL lists that count: `take`, `skip`, `items` and `totalItems`.

In: a query that takes `$options` and names one list. Out: requests and the records of answers.
Source: the lists of Vendure's Admin API; verified against a running server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.http import Request
from connectors.paging import Answered, HttpReader, member, records_of
from connectors.source import Page, Record, Stream, Window
from stamm.errors import ContractBroken

_A_MOMENT = timedelta(milliseconds=1)
_WRONG_INPUT = "USER_INPUT_ERROR"  # its words are in the language of the account

Children = Callable[[Record], Sequence[Record]]


@dataclass(frozen=True)
class ListPages:
    """Pages in order of the id; each begins with the last item of the one before.

    That item proves that nothing before it has gone meanwhile, which would move others over the
    page's edge. `children` makes records of each item; the total of items is then no total.
    """

    query: str
    list: str  # the list's name in the answer's data
    changed: str | None = None  # the items' moment that the lower bound filters by
    children: Children | None = None
    size: int | None = 250  # None: as many as the server gives

    def first(self, stream: Stream, window: Window) -> Request:
        options: dict[str, Any] = {"skip": 0, "sort": {"id": "ASC"}}
        if self.size:
            options["take"] = self.size
        if self.changed and window.since:
            options["filter"] = {self.changed: _within(window)}
        return self._asking(stream, options)

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        items = records_of(stream, body, "data", self.list, "items")
        count = self._count(stream, body)
        total = None if self.children else count
        skip = request.body["variables"]["options"]["skip"]
        ids = [str(member(stream, item, "id")) for item in items]
        if skip and request.note not in ids:  # items before this page are gone
            return Answered([], self._from(request, skip // 2, request.note))
        if not ids and count:
            raise ContractBroken(f"{stream.name}: found none of {count:,} in {self.list}")
        records = [record for item in items for record in self._records(item)]
        if skip + len(ids) >= count:
            return Answered(records, None, total)
        if len(ids) < (2 if skip else 1):
            raise ContractBroken(f"{stream.name}: {self.list} gives one item at a time")
        return Answered(records, self._from(request, skip + len(ids) - 1, ids[-1]), total)

    def count(self, stream: Stream) -> Request | None:
        return None if self.children else self._asking(stream, {"take": 1})

    def counted(self, stream: Stream, body: Any) -> int:
        return self._count(stream, body)

    def _count(self, stream: Stream, body: Any) -> int:
        return int(member(stream, body, "data", self.list, "totalItems"))

    def _records(self, item: Record) -> Sequence[Record]:
        return self.children(item) if self.children else [item]

    def _asking(self, stream: Stream, options: Mapping[str, Any]) -> Request:
        body = {"query": self.query, "variables": {"options": options}}
        return Request("POST", stream.path, body=body)

    def _from(self, request: Request, skip: int, last: str) -> Request:
        options = {**request.body["variables"]["options"], "skip": skip}
        return replace(request, body={**request.body, "variables": {"options": options}}, note=last)


class ListReader:
    """Reads `ListPages`; where the server refuses so large a page, it says how large they are."""

    def __init__(self, reader: HttpReader) -> None:
        self._reader = reader

    def read(self, stream: Stream, window: Window, resume: str | None) -> Iterator[Page]:
        pages = self._reader.read(stream, window, resume)
        try:
            first = next(pages)
        except ContractBroken as refused:
            pages_of_any_size = replace(stream.paginate, size=None)
            codes = refused.facts.get("codes")
            may_be_the_size = isinstance(codes, tuple) and _WRONG_INPUT in codes
            if not may_be_the_size or resume or pages_of_any_size == stream.paginate:
                raise
            stream = replace(stream, paginate=pages_of_any_size)
            yield from self._reader.read(stream, window, resume)
            return
        yield first
        yield from pages

    def total(self, stream: Stream) -> int | None:
        return self._reader.total(stream)

    def close(self) -> None:
        self._reader.close()


def _within(window: Window) -> dict[str, str]:
    """`after` means later than, `before` earlier than; moments travel with three decimals."""
    bounds = {}
    if window.since:
        bounds["after"] = _wire(window.since - _A_MOMENT)
    if window.end:
        bounds["before"] = _wire(window.end + _A_MOMENT)
    return bounds


def _wire(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
