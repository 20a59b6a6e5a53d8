"""What one extraction of a stream is given, and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors.current import CurrentVersions
from connectors.landing import load_folder
from connectors.progress import Progress, ProgressLog
from connectors.records import Judge
from connectors.source import Stream
from stamm.clock import Clock
from stamm.settings import SourceSettings


@dataclass(frozen=True)
class LoadResult:
    """What one extraction of a stream did. `load_id` is None if there was nothing new to land."""

    source: str
    stream: str
    load_id: str | None
    rows: int
    upserts: int
    deletes: int
    duplicates: int
    rejected: int
    pages: int
    server_total: int | None
    seconds: float
    watermark: str | None
    unsure: int = 0  # live records that a full read missed, and that may still be there
    drift: tuple[str, ...] = ()  # ways in which records differ from their declaration, new ones


Report = Callable[[LoadResult], None]
Missing = Literal["deleted", "unsure", "kept"]  # records that a full read did not meet


class WindowMovedError(Exception):
    """The source changed under the read, or gave another number of records than it counts."""


@dataclass(frozen=True)
class Job:
    """What is to be extracted, and with what."""

    source: SourceSettings
    stream: Stream
    folder: Path  # of the stream, in landing
    clock: Clock
    judge: Judge
    log: ProgressLog
    current: CurrentVersions
    checkpoint_pages: int
    report: Report | None = None

    @property
    def place(self) -> str:
        """For messages."""
        return f"{self.source.name}.{self.stream.name}"

    def progress(self) -> Progress:
        """The stream's recorded state."""
        return self.log.of(self.source.name, self.stream.name)

    def load_folder(self, load_id: str) -> Path:
        """Where that load's parts lie."""
        return load_folder(self.folder, load_id)
