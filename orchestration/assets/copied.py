"""Published build → PostgreSQL, where `publish.postgres` names one.

A step of its own after the publish: where it fails, the run fails, and the build stands. The next
run makes up for it, also where nothing else changed.
"""

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, asset

from orchestration.copying import copy_current
from orchestration.project import Project
from orchestration.session import Pipeline


def postgres_assets(project: Project) -> list[AssetsDefinition]:
    """The asset, if the project has a PostgreSQL; else none."""
    return [published_postgres] if project.settings.publish.postgres else []


@asset(
    key=["published", "postgres"],
    deps=[AssetKey(["published", "build"])],
    group_name="published",
    kinds={"postgres"},
    description="The published build in PostgreSQL, less whoever is suppressed.",
)
def published_postgres(
    context: AssetExecutionContext, pipeline: Pipeline
) -> MaterializeResult[None]:
    """Copy the current build."""
    session = pipeline.session
    with session.stage("publish to PostgreSQL") as counts:
        copied = copy_current(session.project, session.store)
        assert copied is not None, "the asset is there only where a PostgreSQL is"
        counts |= {"build": copied.build_id, "row_count": sum(copied.rows.values())}
    context.log.info("PostgreSQL holds %s", copied.build_id)
    rows = sum(copied.rows.values())
    return MaterializeResult(metadata={"build": copied.build_id, "dagster/row_count": rows})
