"""One project: its settings, its data folder, its connectors, its clock.

Everything that needs more than one of these takes a `Project`; it is opened once per process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stamm.clock import Clock, ManualClock, SystemClock
from stamm.home import Home
from stamm.settings import Settings, SourceSettings, load_settings
from stamm.store import Store

if TYPE_CHECKING:
    from connectors.registry import System
    from connectors.source import Stream

SETTINGS_FILE = "stamm.yaml"
REPOSITORY = Path(__file__).resolve().parent.parent
DBT_PROJECT = REPOSITORY / "dbt_project"


@dataclass(frozen=True)
class Project:
    """Settings and places; cheap to make, opens nothing."""

    settings: Settings
    home: Home
    systems: dict[str, System]
    folder: Path

    @property
    def sources(self) -> dict[str, SourceSettings]:
        return self.settings.sources

    def streams_of(self, source: SourceSettings) -> tuple[Stream, ...]:
        """The streams that this source brings."""
        return self.systems[source.system].streams_of(source)

    def open_store(self) -> Store:
        return Store.open(self.home.store)

    def clock(self) -> Clock:
        """The time that facts are judged by: the sandbox has its own, once it is there."""
        if _is_sandbox(self):
            from sandbox.company import now

            return ManualClock(now(self.home.sandbox))
        return SystemClock()

    def today(self) -> date:
        """The default as-of date, in the project's time zone."""
        return self.clock().now().astimezone(ZoneInfo(self.settings.timezone)).date()


def open_project(settings_file: Path | None = None) -> Project:
    """The project of the current folder; without `stamm.yaml` the sandbox company."""
    from connectors.registry import declared, systems
    from connectors.sinks.registry import sinks

    known = systems()
    path = settings_file or Path(os.environ.get("STAMM_SETTINGS") or SETTINGS_FILE)
    settings = Settings()
    if path.exists() or settings_file or os.environ.get("STAMM_SETTINGS"):
        settings = load_settings(
            path,
            {name: system.settings for name, system in known.items()},
            {name: sink.settings for name, sink in sinks().items()},
        )
    if settings.quality.stops:
        from quality.gates import require_known

        require_known(settings.quality.stops)
    with_theirs = declared(known, settings.sources.values())
    return Project(settings, Home.from_environment(), with_theirs, path.absolute().parent)


@contextmanager
def with_sources(project: Project) -> Iterator[Project]:
    """The project with sources that answer: the sandbox is made and served while needed."""
    if not project.settings.uses_sandbox:
        yield project
        return
    from orchestration.sandbox_sources import sandbox_sources
    from sandbox.company import create
    from sandbox.server import running

    sandbox = project.settings.sandbox
    create(project.home.sandbox, customers=sandbox.customers, seed=sandbox.seed)
    with running(project.home.sandbox) as server:
        sources = sandbox_sources(project, server.base_url)
        yield replace(project, settings=project.settings.model_copy(update={"sources": sources}))


def declared_sources(project: Project) -> dict[str, SourceSettings]:
    """The project's sources; those of the sandbox also while nobody serves it."""
    if not project.settings.uses_sandbox:
        return project.sources
    from orchestration.sandbox_sources import sandbox_sources

    return sandbox_sources(project, "http://127.0.0.1")


def _is_sandbox(project: Project) -> bool:
    """Whether the sources in use are those of the sandbox, served by `with_sources` or not."""
    theirs = set(project.sources) == {"erp", "shop", "mail", "help", "estimates"}
    made = (project.home.sandbox / "company.db").exists()
    return made and (project.settings.uses_sandbox or theirs)


def run_moment(project: Project, as_of: str | None) -> tuple[date, datetime]:
    """(as-of date, build moment) of a run that starts now."""
    day = date.fromisoformat(as_of) if as_of else project.today()
    return day, project.clock().now().replace(microsecond=0)
