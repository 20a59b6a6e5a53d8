"""What Dagster can start, by schedule or by hand, and when.

`customer_pipeline` is what `stamm run` does. `backfill` is the same with a stretch of one stream
read again, `backfill_by_month` one with a partition for each month of each stream. `roll_back`
makes an earlier build the current one. All run in one process, and the queue lets one at a time
run (`instance.py`): they write the same warehouse.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

from dagster import (
    AssetSelection,
    ConfigMapping,
    DagsterRunStatus,
    DefaultScheduleStatus,
    Field,
    JobDefinition,
    MonthlyPartitionsDefinition,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    OpExecutionContext,
    PartitionedConfig,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    StaticPartitionsDefinition,
    define_asset_job,
    in_process_executor,
    job,
    op,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.options import check_dates, check_sources, check_stretch
from orchestration.project import Project, declared_sources, open_project
from orchestration.session import PATIENCE
from orchestration.showing import show_build

JOB = "customer_pipeline"
BACKFILL = "backfill"
BACKFILL_BY_MONTH = "backfill_by_month"
_FIRST_MONTH = "2010-01"  # more would only lengthen the page; a command reads any stretch
_LOGGERS: dict[str, Any] = {"file": {}}
_UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
]


def pipeline_job() -> UnresolvedAssetJobDefinition:
    """Everything, by what changed."""
    return define_asset_job(
        JOB,
        selection=AssetSelection.all(),
        executor_def=in_process_executor,
        config={"loggers": _LOGGERS},
        description="Everything: extract, link, build the warehouse, check it, publish it.",
    )


def backfill_job(project: Project) -> UnresolvedAssetJobDefinition:
    """A stretch of one stream read again, then everything after it."""
    return define_asset_job(
        BACKFILL,
        selection=AssetSelection.all(),
        executor_def=in_process_executor,
        config=ConfigMapping(
            config_schema={
                "source": Field(str, description="Name of the source in stamm.yaml."),
                "stream": Field(str, description="One of its streams."),
                "since": Field(str, description="First day, as 2026-01-01."),
                "until": Field(str, default_value="", description="Last day; else to now."),
            },
            config_fn=lambda config: backfill_config(project, config),
        ),
        description="Days of one stream read again: what differs lands, and is published.",
    )


def backfill_config(project: Project, config: Mapping[str, Any]) -> dict[str, Any]:
    """The run's config; raises UsageError where this stretch cannot be read again."""
    source, stream = config["source"], config["stream"]
    since, until = config["since"], config["until"]
    check_sources(project, source, stream)
    check_dates({"since": since, "until": until})
    check_stretch(project, source, stream, since, until)
    asked = {"only_source": source, "only_stream": stream, "since": since, "until": until}
    return {"resources": {"pipeline": {"config": asked}}, "loggers": _LOGGERS}


def monthly_backfill(project: Project) -> list[UnresolvedAssetJobDefinition]:
    """The same as partitions, to be chosen as a stretch on a page; none where no stream has any."""
    streams = [
        f"{source}.{stream.name}"
        for source, declared in declared_sources(project).items()
        for stream in project.streams_of(declared)
        if stream.has_stretches
    ]
    if not streams:
        return []
    months = MonthlyPartitionsDefinition(start_date=_FIRST_MONTH, fmt="%Y-%m", end_offset=1)
    partitions = MultiPartitionsDefinition(
        {"stream": StaticPartitionsDefinition(streams), "month": months}
    )

    def config(key: str) -> dict[str, Any]:
        """Pages give the key as a plain text."""
        return month_config(project, partitions.get_partition_key_from_str(key))

    return [
        define_asset_job(
            BACKFILL_BY_MONTH,
            selection=AssetSelection.all(),
            executor_def=in_process_executor,
            config=PartitionedConfig(partitions, run_config_for_partition_key_fn=config),
            description="Months of streams read again, one run each; what differs is published.",
        )
    ]


def month_config(project: Project, key: MultiPartitionKey) -> dict[str, Any]:
    """The run's config for a month of a stream."""
    month, chosen = (key.keys_by_dimension[name] for name in ("month", "stream"))
    source, _, stream = chosen.partition(".")
    first = date.fromisoformat(f"{month}-01")
    last = first.replace(day=monthrange(first.year, first.month)[1])
    days = {"since": first.isoformat(), "until": last.isoformat()}
    return backfill_config(project, {"source": source, "stream": stream, **days})


_BUILD = Field(str, default_value="", description="Id of the build; empty: the one before this.")


@op(config_schema={"build": _BUILD})
def show_earlier_build(context: OpExecutionContext) -> None:
    """Readers, change feed and PostgreSQL go back; who is suppressed stays so."""
    wanted = context.op_config["build"] or None
    now = show_build(open_project(), wanted, back=True, patience=PATIENCE)
    context.log.info("now published: %s", now)
    context.add_output_metadata({"build": now})


@job(executor_def=in_process_executor, description="An earlier build becomes the current one.")
def roll_back() -> None:
    """As `stamm publish --rollback` does."""
    show_earlier_build()


def schedules(project: Project) -> list[ScheduleDefinition]:
    """Once a day everything anew; each hour what changed. Switched on under Automation."""
    return [
        ScheduleDefinition(
            name="daily",
            job_name=JOB,
            cron_schedule=project.settings.schedule,
            execution_timezone=project.settings.timezone,
            run_config={
                "resources": {"pipeline": {"config": {"full": True}}},
                "loggers": _LOGGERS,
            },
            default_status=DefaultScheduleStatus.STOPPED,
            description="Everything after landing anew, from what changed at the sources.",
        ),
        ScheduleDefinition(
            name="hourly",
            job_name=JOB,
            cron_schedule=project.settings.hourly,
            execution_timezone=project.settings.timezone,
            execution_fn=request_unless_under_way,
            default_status=DefaultScheduleStatus.STOPPED,
            description="What changed; nothing while a run is under way.",
        ),
    ]


def request_unless_under_way(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """A run that waits or works will bring the same changes; a second would only queue up."""
    found = context.instance.get_run_ids(RunsFilter(job_name=JOB, statuses=_UNDER_WAY), limit=1)
    if found:
        return SkipReason(f"run {found[0]} is under way")
    return RunRequest(run_config={"loggers": _LOGGERS})


JOBS: list[JobDefinition] = [roll_back]
