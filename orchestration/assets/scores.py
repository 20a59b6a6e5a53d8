"""Purchase histories → schema `scores`: models fitted, and what they say of each customer."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, multi_asset

from orchestration.session import Pipeline
from stamm.duck import open_warehouse

_TABLES = {
    "purchase_scores": "One row per customer that bought: alive, purchases to come, their value.",
    "purchase_models": "One row per model and kind of customer: parameters and how they hold.",
}


@multi_asset(
    name="score_purchases",
    specs=[
        AssetSpec(
            ["scores", table],
            deps=[["marts", "purchase_histories"]],
            group_name="marts",
            kinds={"duckdb", "python"},
            description=description,
        )
        for table, description in _TABLES.items()
    ],
)
def purchase_scores(
    context: AssetExecutionContext, pipeline: Pipeline
) -> Iterator[MaterializeResult[None]]:
    """Fit BG/NBD and Gamma-Gamma, and score every customer that bought."""
    from serving.scores.rules import Horizon
    from serving.scores.stage import score_purchases

    session = pipeline.session
    asked = session.project.settings.scores
    with session.stage("scores") as told, open_warehouse(session.project.home.warehouse) as con:
        counts = score_purchases(
            con,
            session.as_of,
            Horizon(asked.horizon_months, asked.discount_rate),
            least=asked.repeat_buyers,
        )
        told["row_count"] = sum(counts.values())
    for table, rows in counts.items():
        yield MaterializeResult(
            asset_key=AssetKey(["scores", table]), metadata={"dagster/row_count": rows}
        )
    context.log.info("scores: %s", counts)
