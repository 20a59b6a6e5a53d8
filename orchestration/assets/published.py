"""Marts → a published build: written aside, audited, then switched to; the change feed with it.

Only what passed all gates in this very run is published, whatever part of the graph was selected.
"""

from collections.abc import Sequence
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
from quality.checks import GATES, CheckResult
from stamm.errors import GateStopped

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
    from orchestration.catalogue import catalogue_of
    from orchestration.departed import forget_departed, told
    from orchestration.parsed import manifest_path
    from quality.results import results_of
    from serving.release import release

    session = pipeline.session
    home, settings = session.project.home, session.project.settings.publish
    with session.stage("publish") as counts:
        require_gates(results_of(session.store, session.run_id))
        build = release(
            home.warehouse,
            home.published,
            session.store,
            build_id=_build_id(session.at, session.run_id),
            info=_info(pipeline),
            at=session.at,
            keep=settings.keep,
            keep_days=settings.keep_days,
            catalogue=catalogue_of(manifest_path(home)),
            pages=[home.quality_report],
        )
        counts |= {"build": build.build_id}
        counts["row_count"] = sum(table["rows"] for table in build.tables.values())
    session.done(build.build_id)
    for sentence in told(forget_departed(session.project, session.store)):
        context.log.warning(sentence)
    context.log.info("published %s", build.build_id)
    return MaterializeResult(metadata={"build": build.build_id})


def require_gates(results: Sequence[CheckResult]) -> None:
    """Raise GateStopped unless these results of a run are of all gates and hold no failed error."""
    passed = {result.gate for result in results}
    missing = [gate for gate in GATES if gate not in passed]
    failed = [r.name for r in results if not r.passed and r.severity == "error"]
    if missing or failed:
        said = [f"no gate {' or '.join(missing)} in this run"] if missing else []
        said += [f"failed: {', '.join(failed)}"] if failed else []
        raise GateStopped(
            "publish expected that this run passed every gate, found "
            f"{'; '.join(said)}; nothing was published",
            hint="Run the whole job: `stamm run`, or in Dagster the job without a selection.",
            checks=failed,
        )


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
