"""What a connector declares: systems, streams, cursors, bases, and the reader that pages through.

A system's module declares its streams and says how to open a `Reader`; everything else (landing,
resume, reconciliation) is `connectors.extract`. A reader knows no landing, only pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from connectors.schema import Schema
from stamm.clock import Clock
from stamm.errors import UsageError
from stamm.settings import SourceSettings

Record = Mapping[str, Any]
# What a table that only its source declares may hold, for staging to know it by.
HELD = ("parties", "orders", "order_lines")


@dataclass(frozen=True)
class Basis:
    """Why a stream, or a group of its fields, may be held, and how long."""

    purpose: str
    legal_basis: str
    retention: str


@dataclass(frozen=True)
class FieldGroup:
    """Fields of a stream whose basis differs from the stream's own."""

    name: str
    fields: tuple[str, ...]
    basis: Basis


@dataclass(frozen=True)
class Cursor:
    """The moment a record last changed, as the record itself tells.

    `read` gives it in UTC, or None if the record has none. `lag` is taken off the watermark
    because servers show records later than they date them, and many share one moment.
    """

    field: str
    read: Callable[[Record], datetime | None]
    lag: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class Stream:
    """One kind of record of a system. `paginate` and `path` mean something to its reader only."""

    name: str
    primary_key: tuple[str, ...]
    basis: Basis
    path: str = ""
    cursor: Cursor | None = None
    paginate: Any = None
    sweep: timedelta | None = None
    mandatory: tuple[str, ...] = ()
    field_groups: tuple[FieldGroup, ...] = ()
    deleted: Callable[[Record], bool] | None = None  # the record itself says that it is gone
    incremental: bool = True  # False: the server cannot filter by the cursor, each read is full
    # False: `Reader.total` may lag, and a full read may leave out what is changing just now. Then
    # a record that is missing counts as deleted only if the total agrees.
    total_is_exact: bool = True
    # True: the server shows its records for a time only (reports of events). What a full read
    # does not meet any more has happened all the same, and stays.
    forgets: bool = False
    holds: str | None = None  # one of HELD, if its records have our names for that
    schema: Schema | None = None  # its fields, if they do not stand in `connectors/schemas/`

    @property
    def has_stretches(self) -> bool:
        """Whether its source can be asked for what changed when."""
        return self.cursor is not None and self.incremental

    def check_stretches(self, place: str) -> None:
        """Raise UsageError for a stream that has none; `place` is its name in the project."""
        if not self.has_stretches:
            raise UsageError(
                f"{place} has no stretches: the source cannot be asked for what changed when",
                hint="It is read whole each time; `stamm run` is all it needs.",
            )


@dataclass(frozen=True)
class Window:
    """What to read: everything (`since` is None) or what changed at or after `since` (UTC).

    `until` is when the read began, and only a server that wants an end is told it; if `ends`, it
    is the end of a stretch, told to every server that can be told one. `copies` is a folder for
    what a reader fetches whole and need not fetch again; without one it keeps nothing.
    """

    since: datetime | None
    until: datetime
    ends: bool = False
    copies: Path | None = None

    @property
    def end(self) -> datetime | None:
        """The end of a stretch; None if the window reaches to the present."""
        return self.until if self.ends else None


@dataclass(frozen=True)
class Unreadable:
    """A piece of a page that is no record; it lands in the rejected file with rule and reason."""

    rule: str
    reason: str
    raw: str


@dataclass(frozen=True)
class Page:
    """One answer of a source.

    `next_token` is all a later process needs to ask for the following page (None: this was the
    last one). `server_total` is the source's own number of distinct records in the window, if it
    tells; a read that ends with another number of them is repeated, then fails.
    """

    records: Sequence[Record]
    next_token: str | None
    server_total: int | None = None
    unreadable: Sequence[Unreadable] = ()


class Reader(Protocol):
    """Pages through the streams of one source; asked for several of them at the same time, each
    in a thread of its own, unless its `System` says otherwise."""

    def read(self, stream: Stream, window: Window, resume: str | None) -> Iterator[Page]:
        """Pages from the window's beginning, or from `resume`, a `next_token` given earlier."""
        ...

    def total(self, stream: Stream) -> int | None:
        """How many records the source holds now; None if it does not tell."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


@dataclass(frozen=True)
class About:
    """What a page of docs/connectors/ says beyond the declared streams; sentences, in English."""

    title: str  # as the vendor writes it
    category: str  # ERP, webshop, e-mail, support, files, databases
    rights: str  # what the account has to be allowed
    limits: str  # how fast and how much the vendor lets one read
    verified: str  # the server, specification or documentation that it was held against
    traps: tuple[str, ...] = ()  # what surprises who reads it by hand


def _all_streams(system: System, source: SourceSettings) -> tuple[Stream, ...]:  # noqa: ARG001
    return system.streams


@dataclass(frozen=True)
class System:
    """A kind of source. Its module binds one to the name `SYSTEM`; the registry finds it there.

    `streams` are all that any source of it may have; `streams_of` narrows (or keys) them for
    one source, where its settings decide. A system whose sources declare streams of their own
    has none itself: see `connectors.registry.declared`.
    """

    name: str
    settings: type[SourceSettings]
    streams: tuple[Stream, ...]
    open: Callable[[Any, Clock], Reader] = field(repr=False)
    about: About | None = field(default=None, repr=False)
    narrow: Callable[[System, Any], tuple[Stream, ...]] = field(default=_all_streams, repr=False)
    at_once: int = 4  # streams read at the same time; 1: its reader has one connection for all

    def streams_of(self, source: SourceSettings) -> tuple[Stream, ...]:
        """The streams that this source brings."""
        return self.narrow(self, source)

    def stream(self, name: str) -> Stream:
        """The declared stream of that name; raises KeyError for an unknown one."""
        return {stream.name: stream for stream in self.streams}[name]
