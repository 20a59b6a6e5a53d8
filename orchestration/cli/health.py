"""What `stamm check` finds at the sources, for a person or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.check import SourceHealth, StreamHealth
    from orchestration.project import Project

Found = dict[str, "SourceHealth"]
# What became of the records of the last read; left out where a line would not hold it.
_READ = {"brought": "extracted", "new": "landed", "known": "duplicates",
         "quarantined": "quarantined", "deleted": "deleted"}  # fmt: skip
_WIDE = 110


def ask_sources(project: Project, *, quiet: bool) -> Found:
    """Source name → its health; names the source being asked unless quiet."""
    from rich.console import Console

    from connectors.check import check
    from stamm.clock import SystemClock

    found: Found = {}
    store = project.open_store()
    try:
        with Console(stderr=True, quiet=quiet).status("asking the sources") as status:
            for name, source in project.sources.items():
                status.update(f"asking {name}")
                found[name] = check(source, store, project.home.landing, SystemClock())
    finally:
        store.close()
    return found


def as_data(found: Found) -> dict[str, Any]:
    """Plain data; lags in seconds, for a script that compares them."""
    return {
        name: {
            **asdict(health),
            "ok": health.ok,
            "streams": [
                {
                    "stream": one.stream,
                    "server_total": one.server_total,
                    "landed": one.landed,
                    "last_read": asdict(one.read) if one.read else None,
                    "lag_seconds": one.lag.total_seconds() if one.lag is not None else None,
                }
                for one in health.streams
            ],
        }
        for name, health in found.items()
    }


def show(found: Found) -> None:
    """A table of all streams, then every problem with its remedy."""
    from orchestration.cli.output import say, table, width

    figures = list(_READ) if width() >= _WIDE else []
    rows = [
        (name, one.stream, one.server_total, one.landed, ago(one.lag), *_figures(one, figures))
        for name, health in found.items()
        for one in health.streams
    ]
    table(("source", "stream", "at the source", "landed", "last read", *figures), rows)
    say()
    for health in found.values():
        for problem in health.problems:
            say(f"{problem.problem}\n  {problem.remedy}")
    broken = [name for name, health in found.items() if not health.ok]
    say(f"A run cannot read {', '.join(broken)}." if broken else "A run can read every source.")


def _figures(stream: StreamHealth, figures: Sequence[str]) -> tuple[int | None, ...]:
    names = (_READ[figure] for figure in figures)
    return tuple(getattr(stream.read, name) if stream.read else None for name in names)


def ago(lag: timedelta | None) -> str:
    """`3 h ago`: one figure tells whether a stream is late."""
    if lag is None:
        return "never"
    seconds = max(int(lag.total_seconds()), 0)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
