"""What may be asked of a run: the same for `stamm run` and for the jobs in Dagster."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from orchestration.project import declared_sources
from stamm.errors import UsageError
from stamm.mistakes import nearest

if TYPE_CHECKING:
    from orchestration.project import Project


def check_sources(project: Project, source: str, stream: str) -> None:
    """Raise UsageError unless the project has this source and this stream of it."""
    known = declared_sources(project)
    if source and source not in known:
        raise UsageError(f"--source: expected one of {', '.join(known)}, found {source!r}")
    if stream and not source:
        raise UsageError("--stream: expected --source beside it, found none")
    if stream:
        names = [one.name for one in project.streams_of(known[source])]
        if stream not in names:
            raise UsageError(
                f"--stream: expected one of {', '.join(names)}, found {stream!r}"
                f"{nearest(stream, names)}"
            )


def check_dates(given: dict[str, str]) -> None:
    """Raise UsageError for an option whose value is no day."""
    for option, day in given.items():
        try:
            date.fromisoformat(day or "2000-01-01")
        except ValueError as failure:
            raise UsageError(
                f"{option}: expected a date like 2026-06-30, found {day!r}"
            ) from failure


def check_stretch(project: Project, source: str, stream: str, since: str, until: str) -> None:
    """Raise UsageError unless these days of this stream can be read again."""
    if not since and not until:
        return
    if not since or not stream:
        missing = "--since" if not since else "--source and --stream"
        raise UsageError(
            f"a backfill: expected {missing}, found none",
            hint="stamm run --source shop --stream orders --since 2026-01-01 --until 2026-01-31",
        )
    if until and until < since:
        raise UsageError(f"--until: expected a day at or after {since}, found {until}")
    streams = {one.name: one for one in project.streams_of(declared_sources(project)[source])}
    streams[stream].check_stretches(f"{source}.{stream}")
