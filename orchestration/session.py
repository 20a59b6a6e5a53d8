"""What one run shares between its steps: the open project, the store, the moment, the options."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import duckdb
from dagster import ConfigurableResource, InitResourceContext
from pydantic import PrivateAttr

from orchestration.alone import alone
from orchestration.announcing import announce
from orchestration.fingerprint import run_fingerprint
from orchestration.project import Project, open_project, run_moment, with_sources
from orchestration.runs import RunLog
from serving.feed import catch_up
from stamm.errors import StammError
from stamm.redaction import redact
from stamm.store import Store

if TYPE_CHECKING:
    from connectors.extract import Stretch

raised: dict[str, StammError] = {}  # stage → what ended it; a retry that helps takes it away


@dataclass(frozen=True)
class Session:
    """One run of the pipeline."""

    project: Project
    store: Store
    log: RunLog
    run_id: str
    as_of: date
    at: datetime
    full: bool
    retrain: bool
    reextract: bool
    only_source: str
    only_stream: str
    stretch: Stretch | None

    @cached_property
    def fingerprint(self) -> str:
        """What this run's build is a function of, as it was when the run looked first.

        A decision that somebody adds while it works is for the next run.
        """
        return run_fingerprint(self.project, self.store, self.as_of)

    @property
    def dbt_variables(self) -> dict[str, str]:
        return {"as_of": self.as_of.isoformat(), "build_at": f"{self.at:%Y-%m-%d %H:%M:%S}"}

    @contextmanager
    def telling_failures(self, stage: str) -> Iterator[None]:
        """Log what ends the run, and keep it for the command."""
        try:
            with _told(stage):
                yield
        except StammError as failure:
            self.log.end(self.run_id, type(failure).__name__)
            raise

    def done(self, build_id: str) -> None:
        """The run reached its end; this build is what readers now have."""
        self.log.end(self.run_id, "done", build_id)

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """A timed stage, announced to whoever watches."""
        announce(name)
        with (
            self.telling_failures(name),
            self.log.stage(self.run_id, name) as counts,
            _without_values(name),
        ):
            yield counts


@contextmanager
def _told(stage: str) -> Iterator[None]:
    """Keep an error as it is raised, for the command; Dagster hands on its text only."""
    raised.pop(stage, None)
    try:
        yield
    except StammError as failure:
        raised[stage] = failure
        raise


@contextmanager
def _without_values(stage: str) -> Iterator[None]:
    """DuckDB quotes the value that it stumbles over, and Dagster would keep it in its history."""
    try:
        yield
    except duckdb.Error as failure:
        logging.getLogger("stamm").exception("%s failed", stage)  # the file's lines are redacted
        kind = type(failure).__name__
        raise StammError(
            f"{stage}: {kind}: {redact(str(failure).splitlines()[0])}",
            hint="logs/stamm.log in the data folder has the whole story.",
        ) from None


class Pipeline(ConfigurableResource[Any]):
    """Options of a run; opens its session once per process."""

    full: bool = False
    retrain: bool = False
    reextract: bool = False
    only_source: str = ""
    only_stream: str = ""
    since: str = ""
    until: str = ""
    as_of: str = ""
    _session: Session | None = PrivateAttr(default=None)

    @property
    def session(self) -> Session:
        assert self._session is not None, "a session exists only while a run executes"
        return self._session

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator[Pipeline]:
        project = open_project()
        project.home.prepare()
        run_id = context.run.run_id if context.run else "none"
        with _told("session"), alone(project), with_sources(project) as served:
            store = served.open_store()
            try:
                self._session = self._begin(served, store, run_id)
                yield self
            finally:
                RunLog(store).close(run_id)
                store.close()

    def _stretch(self, at: datetime) -> Stretch | None:
        """What is to be read again: whole days in UTC, the last one included."""
        from connectors.extract import Stretch

        if not self.since:
            return None
        days = (date.fromisoformat(day) if day else at.date() for day in (self.since, self.until))
        first, last = (datetime.combine(day, time(), UTC) for day in days)
        return Stretch(first, last + timedelta(days=1))

    def _begin(self, project: Project, store: Store, run_id: str) -> Session:
        as_of, at = run_moment(project, self.as_of or None)
        catch_up(store, project.home.published, at)
        log = RunLog(store)
        log.begin(run_id, as_of.isoformat(), full=self.full)
        return Session(
            project=project,
            store=store,
            log=log,
            run_id=run_id,
            as_of=as_of,
            at=at,
            full=self.full,
            retrain=self.retrain,
            reextract=self.reextract,
            only_source=self.only_source,
            only_stream=self.only_stream,
            stretch=self._stretch(at),
        )
