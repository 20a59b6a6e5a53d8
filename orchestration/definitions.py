"""What Dagster loads: the graph from API to published build, its jobs, schedules and sensors."""

from __future__ import annotations

from collections.abc import Sequence

from dagster import AssetsDefinition, AssetSpec, Definitions, map_asset_specs

from orchestration.assets.copied import postgres_assets
from orchestration.assets.golden import golden_parties
from orchestration.assets.landing import landing_assets
from orchestration.assets.models import mart_assets, prepare_assets, scored_assets
from orchestration.assets.operations import operational_tables, store_asset
from orchestration.assets.published import published_asset
from orchestration.assets.quality import quality_results
from orchestration.assets.scores import purchase_scores
from orchestration.assets.sinks import sink_assets
from orchestration.assets.streams import api_assets, stream_assets
from orchestration.jobs import (
    JOB,
    JOBS,
    backfill_job,
    monthly_backfill,
    pipeline_job,
    schedules,
)
from orchestration.logs import LOGGERS
from orchestration.project import Project, open_project
from orchestration.sensors import SENSORS
from orchestration.session import Pipeline

__all__ = ["JOB", "build_definitions", "defs"]


def build_definitions(project: Project) -> Definitions:
    """The whole graph of one project."""
    return Definitions(
        assets=_owned(_assets(project), project.settings.owner),
        jobs=[pipeline_job(), backfill_job(project), *monthly_backfill(project), *JOBS],
        schedules=schedules(project),
        sensors=SENSORS,
        resources={"pipeline": Pipeline()},
        loggers=LOGGERS,
    )


def _assets(project: Project) -> list[AssetsDefinition | AssetSpec]:
    marts, scored = mart_assets(project), scored_assets(project)
    return [
        *api_assets(project),
        store_asset(),
        *stream_assets(project),
        landing_assets(project),
        prepare_assets(project),
        golden_parties,
        operational_tables,
        marts,
        purchase_scores,
        quality_results,
        scored,
        published_asset(sorted(marts.keys | scored.keys)),
        *sink_assets(project),
        *postgres_assets(project),
    ]


def _owned(
    assets: list[AssetsDefinition | AssetSpec], owner: str
) -> Sequence[AssetsDefinition | AssetSpec]:
    """Each asset with the owner whom stamm.yaml names; models may name their own in their yml."""
    return map_asset_specs(
        lambda spec: spec if spec.owners else spec.replace_attributes(owners=[owner]), assets
    )


defs = build_definitions(open_project())
