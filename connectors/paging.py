"""One page after another over HTTP: a request, its answer, the request that follows.

A paginator knows one vendor's way of paging and nothing of connections; `HttpReader` joins it
with the client. The token of a page is the following request itself, so that another process
can go on where one was killed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from connectors.http import HttpClient, Limits, Request
from connectors.settings import HttpSource
from connectors.source import Page, Record, Stream, Window
from stamm.clock import Clock
from stamm.errors import ContractBroken

if TYPE_CHECKING:
    from connectors.credentials import Credentials

CHOICE = 12  # sizes to choose a numbered page's from: the first place without one is 27,719


@dataclass(frozen=True)
class Answered:
    """What an answer holds: records, the request that follows (None: the end), a total."""

    records: Sequence[Record]
    following: Request | None
    total: int | None = None


class Paginator(Protocol):
    """One vendor's way of paging. Stateless: all it needs stands in the request."""

    def first(self, stream: Stream, window: Window) -> Request:
        """The request of the window's first page."""
        ...

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        """Take an answer apart; raises `ContractBroken` if it has another shape."""
        ...

    def count(self, stream: Stream) -> Request | None:
        """The cheapest request that tells how many records there are; None if none does."""
        ...

    def counted(self, stream: Stream, body: Any) -> int | None:
        """The number out of the answer to `count`."""
        ...


class HttpReader:
    """Reads declared streams through one HTTP client."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    def read(self, stream: Stream, window: Window, resume: str | None) -> Iterator[Page]:
        paginator: Paginator = stream.paginate
        request = to_request(resume) if resume else paginator.first(stream, window)
        while True:
            answered = paginator.answered(stream, request, self._client.ask(request))
            following = answered.following
            yield Page(answered.records, to_token(following), answered.total)
            if following is None:
                return
            if following == request:
                raise ContractBroken(f"{stream.name}: the next page is the same request again")
            request = following

    def total(self, stream: Stream) -> int | None:
        paginator: Paginator = stream.paginate
        request = paginator.count(stream)
        if request is None:
            return None
        return paginator.counted(stream, self._client.ask(request))

    def close(self) -> None:
        self._client.close()


def http_reader(
    source: HttpSource,
    credentials: Credentials,
    clock: Clock,
    headers: Mapping[str, str] | None = None,
) -> HttpReader:
    """The reader of a source as `stamm.yaml` states it; `headers` go with each request."""
    limits = Limits(waiting=source.patience, per_minute=source.requests_per_minute)
    return HttpReader(HttpClient(source.url, credentials, clock, headers=headers, limits=limits))


def to_token(request: Request | None) -> str | None:
    """A request as text, for the checkpoint."""
    if request is None:
        return None
    return json.dumps(
        [request.method, request.path, dict(request.params), request.body, request.note]
    )


def to_request(token: str) -> Request:
    """The request that `to_token` wrote."""
    return Request(*json.loads(token))


def member(stream: Stream, body: Any, *steps: str) -> Any:
    """A mandatory part of an answer; raises `ContractBroken` and says what came instead."""
    at = body
    for step in steps:
        if not isinstance(at, Mapping) or step not in at:
            found = ", ".join(sorted(at)[:8]) if isinstance(at, Mapping) else type(at).__name__
            raise ContractBroken(
                f"{stream.name}: expected {'.'.join(steps)} in the answer, found {found}",
                hint="The vendor's contract changed, or the address points at something else.",
            )
        at = at[step]
    return at


def records_of(stream: Stream, body: Any, *steps: str) -> list[Record]:
    """The list of records in an answer."""
    found = member(stream, body, *steps)
    if not isinstance(found, list):
        raise ContractBroken(
            f"{stream.name}: expected a list at {'.'.join(steps)}, found {type(found).__name__}"
        )
    return found


def in_order(value: Any, without: str = "") -> Any:
    """A record with its fields by name; for servers that give them in another order each time.

    `without` names a field that is the protocol's and not the record's, such as its own address.
    """
    if isinstance(value, dict):
        names = sorted(name for name in value if name != without)
        return {name: in_order(value[name], without) for name in names}
    return [in_order(one, without) for one in value] if isinstance(value, list) else value


def highest_id(stream: Stream, rows: Sequence[Record]) -> int:
    """Where a page in order of numeric ids ends; raises `ContractBroken` if one has none."""
    try:
        return max(int(row["id"]) for row in rows)
    except (KeyError, TypeError, ValueError) as failure:
        raise ContractBroken(f"{stream.name}: expected a number as id of each record") from failure


def less(row: Any, fields: Collection[str]) -> Any:
    """A record without these fields of its first level."""
    return {k: v for k, v in row.items() if k not in fields} if isinstance(row, dict) else row


def distinct(stream: Stream, rows: Sequence[Record]) -> int:
    """How many records came; a page that repeats some must not make the next one skip others."""
    fields = stream.primary_key
    try:
        return len(set(map(itemgetter(*fields), rows)))
    except (KeyError, TypeError):  # some record is not as it should be
        pass
    keys = {tuple(str(r.get(f)) for f in fields) for r in rows if isinstance(r, Mapping)}
    return len(keys) or len(rows)


def page_with(place: int, largest: int) -> tuple[int, int]:
    """Size and number (from 1) of the page with this place and as much as possible behind it.

    For servers that know pages by number: one begins at a multiple of its size, so the size is
    chosen anew for each, `largest` at most. Below `CHOICE` sizes, many places are the last of
    every page that they are on.
    """
    size = max(range(1, largest + 1), key=lambda one: one - place % one)
    return size, place // size + 1


@dataclass(frozen=True)
class OffsetPages:
    """`limit` and `offset`, the total in the answer. The offset goes on by what really came."""

    member: str  # where the records stand in the answer; dots go down, such as data.customers
    total: str | None = "count"  # where their number stands, likewise; None: it is not told
    size: int = 500
    since: str | tuple[str, ...] | None = None  # parameters that take the lower bound
    params: Mapping[str, str] = field(default_factory=dict)

    def first(self, stream: Stream, window: Window) -> Request:
        params = {**self.params, "limit": str(self.size), "offset": "0"}
        if window.since:
            since = window.since.strftime("%Y-%m-%dT%H:%M:%S.000Z")
            params |= dict.fromkeys(self._bounds(), since)
        return Request("GET", stream.path, params)

    def _bounds(self) -> tuple[str, ...]:
        return (self.since,) if isinstance(self.since, str) else self.since or ()

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = self._rows(stream, body)
        # Whether the total heeds the lower bound is not said: there, an empty page is the end.
        bounded = not request.params.keys().isdisjoint(self._bounds())
        total = None if bounded else self.counted(stream, body)
        offset = int(request.params["offset"]) + distinct(stream, rows)
        if (not rows and (request.note or not bounded)) or (total is not None and offset >= total):
            return Answered(rows, None, total)
        if not rows:  # nothing else tells the end, so one empty page is not believed
            return Answered(rows, replace(request, note="doubted"), total)
        return Answered(rows, replace(request.having(offset=str(offset)), note=""), total)

    def _rows(self, stream: Stream, body: Any) -> list[Record]:
        *way, last = self.member.split(".")
        holder = member(stream, body, *way)
        # A list that is empty may be missing altogether (Brevo leaves it out).
        if isinstance(holder, Mapping) and not holder.get(last):
            return []
        return records_of(stream, body, *way, last)

    def count(self, stream: Stream) -> Request | None:
        if self.total is None:
            return None
        return Request("GET", stream.path, {**self.params, "limit": "1", "offset": "0"})

    def counted(self, stream: Stream, body: Any) -> int | None:
        return int(member(stream, body, *self.total.split("."))) if self.total else None
