"""Looks at one source without reading it: does it answer, what does it hold, how far are we."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from connectors.blame import blamed
from connectors.landing import MANIFEST, load_folder, stream_folder
from connectors.progress import Progress, ProgressLog, Read, as_moment
from connectors.registry import systems
from connectors.settings import HttpSource
from connectors.source import Reader, Stream
from stamm.clock import Clock
from stamm.errors import CredentialsRefused, StammError, Unreachable
from stamm.settings import SourceSettings
from stamm.store import Store

_PATIENCE = 5.0  # seconds; who asks whether a system answers waits for the reply


@dataclass(frozen=True)
class StreamHealth:
    """One stream. `lag` is the time since it was last read; None: never, or not known.

    `read` are the figures of that read, `landed` all live records.
    """

    stream: str
    server_total: int | None
    landed: int
    lag: timedelta | None
    read: Read | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong, and how to mend it."""

    problem: str
    remedy: str


@dataclass(frozen=True)
class SourceHealth:
    """One source and everything found wrong with it."""

    source: str
    system: str
    reachable: bool
    credentials_ok: bool
    streams: tuple[StreamHealth, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether a run could read it."""
        return not self.problems


def check(source: SourceSettings, store: Store, landing_root: Path, clock: Clock) -> SourceHealth:
    """Ask for each stream's total; lands nothing. Errors become problems with a remedy."""
    system = systems()[source.system]
    streams = system.streams_of(source)
    log = ProgressLog(store)
    progress = {stream.name: log.of(source.name, stream.name) for stream in streams}
    known = tuple(
        _stream_health(name, found, log.last_read(source.name, name), clock)
        for name, found in progress.items()
    )
    health = SourceHealth(source.name, source.system, True, True, known)
    lost = [name for name in progress if _is_lost(landing_root, source, name, progress[name])]
    if lost:
        health = _with(health, _lost(source, lost))
    try:
        with closing(system.open(_hurried(source), clock)) as reader:
            for stream in streams:
                health = _asked(health, source, reader, stream)
                if not health.reachable or not health.credentials_ok:
                    break  # the next streams would say the same
    except StammError as failure:
        health = _with(health, Problem(failure.message, failure.hint))
    return health


def _hurried(source: SourceSettings) -> SourceSettings:
    if not isinstance(source, HttpSource):
        return source
    return source.model_copy(update={"patience": min(source.patience, _PATIENCE)})


def _asked(
    health: SourceHealth, source: SourceSettings, reader: Reader, stream: Stream
) -> SourceHealth:
    """The health, with this stream's total or what went wrong on asking for it."""
    try:
        with blamed(source, stream):
            total = reader.total(stream)
    except StammError as failure:
        # A 403 speaks of this stream, a 401 of them all.
        refused = isinstance(failure, CredentialsRefused) and failure.facts.get("status") == 401
        return replace(
            _with(health, Problem(failure.message, failure.hint)),
            reachable=not isinstance(failure, Unreachable),
            credentials_ok=not refused,
        )
    streams = tuple(
        replace(one, server_total=total) if one.stream == stream.name else one
        for one in health.streams
    )
    return replace(health, streams=streams)


def _with(health: SourceHealth, problem: Problem) -> SourceHealth:
    return replace(health, problems=(*health.problems, problem))


def _lost(source: SourceSettings, streams: list[str]) -> Problem:
    return Problem(
        f"{source.name}: landing lacks loads that the store knows: {', '.join(streams)}",
        "Restore landing and state.db from the same backup, or `stamm run --reextract`.",
    )


def _is_lost(landing_root: Path, source: SourceSettings, stream: str, progress: Progress) -> bool:
    """Whether the latest load the store knows is not in landing."""
    if progress.load_id is None:
        return False
    folder = load_folder(stream_folder(landing_root, source.name, stream), progress.load_id)
    return not (folder / MANIFEST).exists()


def _stream_health(
    stream: str, progress: Progress, read: Read | None, clock: Clock
) -> StreamHealth:
    checked = as_moment(progress.checked_at) if progress.checked_at else None
    return StreamHealth(
        stream=stream,
        server_total=progress.server_total,
        landed=progress.live or 0,
        # The clock of that run may have been ahead of this one.
        lag=max(clock.now() - checked, timedelta(0)) if checked else None,
        read=read,
    )
