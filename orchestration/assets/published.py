"""Marts → a published build: written aside, audited, then switched to; the change feed with it."""

from datetime import timedelta
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    FreshnessPolicy,
    MaterializeResult,
    asset,
)

from orchestration.session import Pipeline

# The schedule is daily; two hours more are a late run, not a missing one.
_DAILY = FreshnessPolicy.time_window(
    fail_window=timedelta(hours=50), warn_window=timedelta(hours=26)
)


def published_asset(marts: list[AssetKey]) -> AssetsDefinition:
    """The asset that readers open; it hangs on every mart."""

    @asset(
        key=["published", "build"],
        deps=[*marts, AssetKey(["golden", "golden_lineage"])],
        group_name="published",
        kinds={"duckdb", "parquet"},
        description="The build that BI tools, the API and the CRM read.",
        freshness_policy=_DAILY,
    )
    def published_build(
        context: AssetExecutionContext, pipeline: Pipeline
    ) -> MaterializeResult[None]:
        return _publish(context, pipeline)

    return published_build


def _publish(context: AssetExecutionContext, pipeline: Pipeline) -> MaterializeResult[None]:
    from serving.release import release

    session = pipeline.session
    home = session.project.home
    with session.stage("publish") as counts:
        build = release(
            home.warehouse,
            home.published,
            session.store,
            build_id=_build_id(session.at, session.run_id),
            info=_info(pipeline),
            at=session.at,
            keep=session.project.settings.publish.keep,
        )
        counts["build"] = build.build_id
    session.done(build.build_id)
    context.log.info("published %s", build.build_id)
    return MaterializeResult(metadata={"build": build.build_id})


def _build_id(at: Any, run_id: str) -> str:
    """Sorts by time; the run's id keeps two builds of one second apart."""
    return f"{at:%Y-%m-%dT%H-%M-%S}-{run_id[:6]}"


def _info(pipeline: Pipeline) -> dict[str, Any]:
    session = pipeline.session
    return {
        "fingerprint": session.fingerprint,
        "as_of": session.as_of.isoformat(),
        "built_at": session.at.isoformat(),
        "run_id": session.run_id,
    }
