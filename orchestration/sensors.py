"""Dagster's daemon watches: whoever is to be told of a run hears of it, whatever became of it.

The run notes its failures itself; these sensors see also what it could not note, such as a process
that was killed. One failure is told once, because telling goes by the run's id.
"""

from __future__ import annotations

from contextlib import closing

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunStatusSensorContext,
    SensorEvaluationContext,
    SkipReason,
    run_failure_sensor,
    run_status_sensor,
    sensor,
)

from orchestration.alerts.telling import deliver, tell_of_run
from orchestration.project import open_project
from orchestration.runs import Failure

_MINUTES = 60


@run_failure_sensor(
    name="tell_of_failures",
    description="A run failed, or its process was killed: alerts go out.",
    default_status=DefaultSensorStatus.RUNNING,
)
def tell_of_failures(context: RunFailureSensorContext) -> None:
    """Tell what the run noted, else that it ended without a word."""
    tell_of_run(open_project(), context.dagster_run.run_id, otherwise=Failure("the run", "CutOff"))


@run_status_sensor(
    run_status=DagsterRunStatus.SUCCESS,
    name="tell_of_warnings",
    description="A run ended well: warnings that are new are told.",
    default_status=DefaultSensorStatus.RUNNING,
)
def tell_of_warnings(context: RunStatusSensorContext) -> None:
    """Tell of checks that warn for the first time."""
    tell_of_run(open_project(), context.dagster_run.run_id)


@sensor(
    name="send_waiting_alerts",
    description="What a receiver did not take is sent again every ten minutes.",
    minimum_interval_seconds=10 * _MINUTES,
    default_status=DefaultSensorStatus.RUNNING,
)
def send_waiting_alerts(_context: SensorEvaluationContext) -> SkipReason:
    """Nothing is started; alerts that wait are sent."""
    project = open_project()
    with closing(project.open_store()) as store:
        return SkipReason(f"{deliver(project, store)} alerts were taken")


SENSORS = [tell_of_failures, tell_of_warnings, send_waiting_alerts]
