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
from orchestration.logs import about, put_aside
from orchestration.project import Project, open_project, run_moment, with_sources
from orchestration.run_stats import write_run_stats
from orchestration.runs import Failure, RunLog
from orchestration.target_groups import target_group_variables
from orchestration.turns import written
from serving.feed import catch_up
from serving.release import refresh
from serving.versions import moment_of_build
from stamm.errors import Several, StammError
from stamm.redaction import redact
from stamm.store import Store

if TYPE_CHECKING:
    from connectors.extract import Stretch

PATIENCE = 6 * 3600.0  # seconds
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
    build_at: datetime  # `at`, unless the clock of an earlier build was ahead of it
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

    @cached_property
    def target_groups(self) -> list[dict[str, Any]]:
        """Raises SettingsError where one is not a condition over the marts."""
        return target_group_variables(self.project)

    @property
    def dbt_variables(self) -> dict[str, Any]:
        settings = self.project.settings
        return {
            "as_of": self.as_of.isoformat(),
            "build_at": f"{self.build_at:%Y-%m-%d %H:%M:%S}",
            "timezone": settings.timezone,
            "holdout_days": f"{settings.scores.holdout_days}",
            "run_id": self.run_id,
            "target_groups": self.target_groups,
            "service_levels": [
                {"priority": priority, "minutes": minutes}
                for priority, minutes in settings.service.first_reply_minutes.items()
            ],
        }

    @contextmanager
    def telling_failures(self, stage: str) -> Iterator[None]:
        """Log what ends the run, and keep it for the command and for alerts."""
        self.log.trying(self.run_id, stage)
        try:
            with _told(stage):
                yield
        except StammError as failure:
            self.log.end(self.run_id, type(failure).__name__)
            for one in failure.errors if isinstance(failure, Several) else (failure,):
                self.log.failed(self.run_id, _failure(stage, one))
            raise
        except Exception as failure:
            self.log.failed(self.run_id, Failure(stage, type(failure).__name__))
            raise

    def done(self, build_id: str) -> None:
        """The run reached its end; this build is what readers now have."""
        self.log.end(self.run_id, "done", build_id)

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """A timed stage, announced to whoever watches."""
        announce(name)
        with (
            about(stage=name),
            self.telling_failures(name),
            self.log.stage(self.run_id, name) as counts,
            _without_values(name),
        ):
            yield counts


def _failure(stage: str, failure: StammError) -> Failure:
    checks = failure.facts.get("checks")
    names = tuple(map(str, checks)) if isinstance(checks, list) else ()
    return Failure(stage, type(failure).__name__, names)


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


def _build_at(store: Store, at: datetime) -> datetime:
    moment = moment_of_build(store, at)
    if moment != at:
        logging.getLogger("stamm").warning(
            "the clock is behind the last build: customers change as of %s, not of %s", moment, at
        )
    return moment


def _keep_run_stats(store: Store, project: Project) -> None:
    """Where they cannot be written, as on a full disk, the next run writes them all."""
    try:
        write_run_stats(store, project.home.run_stats)
    except OSError:
        logging.getLogger("stamm").exception("run statistics were not written")


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
    patience: float = PATIENCE  # seconds to wait for another run; Dagster's queue knows its own
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
        with (
            _told("session"),
            alone(project, patience=self.patience),
            written(project.home),
            with_sources(project) as served,
            about(run_id=run_id),
        ):
            put_aside(project.home.logs, project.settings.log.megabytes, project.settings.log.keep)
            store = served.open_store()
            try:
                self._session = self._begin(served, store, run_id)
                yield self
            finally:
                RunLog(store).close(run_id)
                _keep_run_stats(store, project)
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
        refresh(project.home.published, store, at=at)
        log = RunLog(store)
        log.cut_off(run_id)
        log.begin(run_id, as_of.isoformat(), full=self.full)
        session = Session(
            project=project,
            store=store,
            log=log,
            run_id=run_id,
            as_of=as_of,
            at=at,
            build_at=_build_at(store, at),
            full=self.full,
            retrain=self.retrain,
            reextract=self.reextract,
            only_source=self.only_source,
            only_stream=self.only_stream,
            stretch=self._stretch(at),
        )
        _ = session.target_groups  # what is wrong with them is told before anything is read
        return session
