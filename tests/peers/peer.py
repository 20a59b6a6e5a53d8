"""What a test may do with any real system: edit records, and hear what it holds and was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.source import Stream
from tests.connectors.sandboxed import small_pages
from tests.peers.extracting import SIZE
from tests.peers.landed import Source
from tests.peers.wire import Wire

NAMED = "Muster"  # what the seeded texts hold; other records are not touched


@dataclass(frozen=True)
class Change:
    """Key → new text, keys to delete, texts of new records."""

    edited: Mapping[str, str] = field(default_factory=dict)
    deleted: Sequence[str] = ()
    added: Sequence[str] = ()


@dataclass(frozen=True)
class Peer:
    """A running system. `field` holds the text by which its records are told."""

    system: str
    stream: str
    field: str
    settings: Mapping[str, Any]
    secret: str  # the name of its setting
    pages: Callable[[], list[str]]  # requests for a page of the stream, as the server got them
    held: Callable[[], dict[str, str]]  # key as landed → text
    change: Callable[[Change], None]
    wire: Wire | None = None

    def source(self, folder: Path, clock: Any = None, **changed: Any) -> Source:
        return Source(folder, self.system, clock, **{**self.settings, **changed})

    def small(self, source: Source) -> Stream:
        """The stream in pages of a few records."""
        return small_pages(source.system.stream(self.stream), SIZE)

    def landed(self, source: Source) -> dict[str, str]:
        return {k: record[self.field] for k, record in source.records(self.stream).items()}

    def seeded(self) -> list[str]:
        """Keys of records that tests may edit and delete."""
        return [key for key, text in self.held().items() if NAMED in text]
