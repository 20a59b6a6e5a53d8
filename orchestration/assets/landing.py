"""Landing → warehouse: the views staging reads, and the gate over what was extracted.

Nothing new in landing, the specification, the models or the as-of date means nothing to do:
the views are then not yielded, and Dagster skips everything downstream.
"""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from orchestration.assets.gates import gate_checks, run_gate_step
from orchestration.assets.streams import declared_sources
from orchestration.fingerprint import run_fingerprint
from orchestration.project import Project
from orchestration.session import Pipeline
from stamm.duck import open_warehouse


def landing_assets(project: Project) -> AssetsDefinition:
    """One asset per landing view, over the streams of every source of that system."""
    sources = declared_sources(project)
    specs = [
        AssetSpec(
            ["landing", f"{system.name}_{stream.name}"],
            deps=[[name, stream.name] for name, kind in sources.items() if kind == system.name],
            group_name="landing",
            kinds={"duckdb"},
            skippable=True,
            description=f"Live records of `{stream.name}` over all {system.name} sources.",
        )
        for system in project.systems.values()
        for stream in system.streams
    ]
    checks = gate_checks("landing", list(specs[0].key.path))

    @multi_asset(name="landing_views", specs=specs, check_specs=checks)
    def landing_views(context: AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
        session = pipeline.session
        if not session.full and is_up_to_date(pipeline):
            context.log.info("nothing changed since the published build")
            return
        from connectors.catalogue import create_views

        with (
            session.stage("landing views"),
            open_warehouse(session.project.home.warehouse) as con,
        ):
            create_views(con, session.project.home.landing, session.project.systems)
        for spec in specs:
            yield MaterializeResult(asset_key=AssetKey(spec.key.path))
        yield from run_gate_step(session, "landing")

    return landing_views


def is_up_to_date(pipeline: Pipeline) -> bool:
    """Whether the published build already holds what this run would make."""
    from serving.publish import current_build

    build = current_build(pipeline.session.project.home.published)
    return build is not None and build.info.get("fingerprint") == run_fingerprint(pipeline.session)
