"""Results of all gates of all runs → schema `quality`, behind the last gate, for BI."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, multi_asset

from orchestration.assets.operations import STORE
from orchestration.session import Pipeline
from stamm.duck import open_warehouse

_TABLES = {
    "check_results": "One row per run and check of a gate.",
    "figure_results": "One row per run and watched figure of a gate.",
}


@multi_asset(
    name="export_quality_results",
    specs=[
        AssetSpec(
            ["quality", table],
            deps=[STORE, ["marts", "customer_360"]],  # its gate is the last one
            group_name="marts",
            kinds={"duckdb"},
            description=description,
        )
        for table, description in _TABLES.items()
    ],
)
def quality_results(
    context: AssetExecutionContext, pipeline: Pipeline
) -> Iterator[MaterializeResult[None]]:
    """Write the two tables anew."""
    from quality.history import export_results

    session = pipeline.session
    with (
        session.stage("quality results"),
        open_warehouse(session.project.home.warehouse) as con,
    ):
        counts = export_results(con, session.store)
    for table, rows in counts.items():
        yield MaterializeResult(
            asset_key=AssetKey(["quality", table]), metadata={"dagster/row_count": rows}
        )
    context.log.info("quality results: %s", counts)
