"""What Dagster loads: the graph from API to published build, one job, one schedule."""

from __future__ import annotations

from dagster import (
    AssetSelection,
    Definitions,
    ScheduleDefinition,
    define_asset_job,
    in_process_executor,
)

from orchestration.assets.golden import golden_parties
from orchestration.assets.landing import landing_assets
from orchestration.assets.models import mart_assets, prepare_assets
from orchestration.assets.operations import operational_tables, store_asset
from orchestration.assets.published import published_asset
from orchestration.assets.streams import api_assets, stream_assets
from orchestration.logs import LOGGERS
from orchestration.project import Project, open_project
from orchestration.session import Pipeline

JOB = "customer_pipeline"


def build_definitions(project: Project) -> Definitions:
    """The whole graph of one project."""
    marts = mart_assets(project)
    job = define_asset_job(
        JOB,
        selection=AssetSelection.all(),
        executor_def=in_process_executor,
        config={"loggers": {"file": {}}},
        description="Everything: extract, link, build the warehouse, check it, publish it.",
    )
    return Definitions(
        assets=[
            *api_assets(project),
            store_asset(),
            *stream_assets(project),
            landing_assets(project),
            prepare_assets(project),
            golden_parties,
            operational_tables,
            marts,
            published_asset(sorted(marts.keys)),
        ],
        jobs=[job],
        schedules=[
            ScheduleDefinition(
                name="daily",
                job=job,
                cron_schedule=project.settings.schedule,
                execution_timezone=project.settings.timezone,
            )
        ],
        resources={"pipeline": Pipeline()},
        loggers=LOGGERS,
    )


defs = build_definitions(open_project())
