"""Looks at one source without reading it: does it answer, what does it hold, how far are we."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from connectors.landing import MANIFEST, load_folder, stream_folder
from connectors.progress import Progress, ProgressLog, as_moment
from connectors.registry import systems
from connectors.source import Reader
from stamm.clock import Clock
from stamm.errors import CredentialsRefused, StammError, Unreachable
from stamm.settings import SourceSettings
from stamm.store import Store


@dataclass(frozen=True)
class StreamHealth:
    """One stream. `lag` is the time since it was last read; None: never, or not known."""

    stream: str
    server_total: int | None
    landed: int
    lag: timedelta | None


@dataclass(frozen=True)
class SourceHealth:
    """One source; if it is not `ok`, `problem` says what is wrong and `remedy` how to mend it."""

    source: str
    system: str
    reachable: bool
    credentials_ok: bool
    streams: tuple[StreamHealth, ...]
    problem: str = ""
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether a run could read it."""
        return not self.problem


def check(source: SourceSettings, store: Store, landing_root: Path, clock: Clock) -> SourceHealth:
    """Ask for each stream's total; lands nothing. Errors become `problem` and `remedy`."""
    system = systems()[source.system]
    log = ProgressLog(store)
    lost = [
        stream.name
        for stream in system.streams_of(source)
        if _is_lost(landing_root, source.name, stream.name, log.of(source.name, stream.name))
    ]
    known = tuple(
        _stream_health(stream.name, log.of(source.name, stream.name), clock)
        for stream in system.streams_of(source)
    )
    healthy = SourceHealth(source.name, source.system, True, True, known)
    if lost:
        return replace(
            healthy,
            problem=f"{source.name}: landing lacks loads that the store knows: {', '.join(lost)}",
            remedy="Restore landing and state.db from the same backup, or `stamm run --reextract`.",
        )
    try:
        reader = system.open(source, clock)
        try:
            return replace(healthy, streams=_with_totals(healthy, source, reader))
        finally:
            reader.close()
    except StammError as failure:
        return replace(
            healthy,
            reachable=not isinstance(failure, Unreachable),
            credentials_ok=not isinstance(failure, CredentialsRefused),
            problem=failure.message,
            remedy=failure.hint,
        )


def _is_lost(landing_root: Path, source: str, stream: str, progress: Progress) -> bool:
    """Whether the latest load the store knows is not in landing."""
    if progress.load_id is None:
        return False
    folder = load_folder(stream_folder(landing_root, source, stream), progress.load_id)
    return not (folder / MANIFEST).exists()


def _with_totals(
    health: SourceHealth, source: SourceSettings, reader: Reader
) -> tuple[StreamHealth, ...]:
    streams = {stream.name: stream for stream in systems()[source.system].streams_of(source)}
    return tuple(
        replace(stream, server_total=reader.total(streams[stream.stream]))
        for stream in health.streams
    )


def _stream_health(stream: str, progress: Progress, clock: Clock) -> StreamHealth:
    checked = as_moment(progress.checked_at) if progress.checked_at else None
    return StreamHealth(
        stream=stream,
        server_total=progress.server_total,
        landed=progress.live or 0,
        lag=clock.now() - checked if checked else None,
    )
