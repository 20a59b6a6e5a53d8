"""What all requests of one server share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from serving.api.keys import DDL as KEYS
from serving.api.rates import Rates
from serving.api.reads import ReadLog
from serving.api.views import Published
from serving.suppressed import Suppressed
from stamm.clock import Clock, SystemClock
from stamm.store import Store

if TYPE_CHECKING:
    from dedupe.lookup import Card, Hit

# The text of a vCard → the fields of a card; InputError for what is none.
ReadVcard = Callable[[str], "dict[str, object]"]


class Finder(Protocol):
    """Who a card may be, from memory."""

    def find(self, card: Card, limit: int, hidden: Suppressed) -> list[Hit]:
        """At most `limit` people and firms, nobody hidden; StammError while it is not ready."""
        ...

    def state(self) -> str:
        """`ready`, or what it waits for."""
        ...


@dataclass
class Service:
    """`store` serves the requests, `reads` writes through a connection of its own."""

    published_root: Path
    store: Store
    reads: ReadLog
    finder: Finder
    read_vcard: ReadVcard
    clock: Clock = field(default_factory=SystemClock)
    rates: Rates = field(default_factory=Rates)
    published: Published = field(init=False)

    def __post_init__(self) -> None:
        """Where no key was made yet, every question is refused for the lack of one."""
        self.store.migrate("api_keys", KEYS)
        self.published = Published(self.published_root, self.store)
