"""What the health page is told of the stages before publishing: counts, names, moments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadStream:
    """One stream; `read_at` is None where it was never read, `live` counts its records."""

    source: str
    stream: str
    read_at: str | None
    live: int | None


@dataclass(frozen=True)
class Fault:
    """One check of the latest run that did not pass; `stops` says whether it held the publish."""

    gate: str
    name: str
    expected: str
    observed: str
    rows: int
    stops: bool


@dataclass(frozen=True)
class Condition:
    """What the last run left: `passed` counts checks, `quarantine` rows by (source, rule)."""

    run_id: str | None
    ended_at: str | None
    outcome: str | None
    streams: tuple[ReadStream, ...] = ()
    faults: tuple[Fault, ...] = ()
    passed: int = 0
    quarantine: tuple[tuple[str, str, int], ...] = ()
