"""Operational store → schema `ops`: what people and earlier runs decided, as the marts read it."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, multi_asset

from orchestration.session import Pipeline
from stamm.duck import open_warehouse

STORE = AssetKey(["store", "state"])
_TABLES = {
    "consent_events": "Consents given and withdrawn over our own API.",
    "customer_versions": "What was held true of each customer, from build to build.",
    "suppressions": "Parties and addresses that nobody may be told of.",
    "party_events": "The ledger of ids: created, merged, split, retired.",
    "target_group_counts": "Members of each target group, from build to build.",
}


def store_asset() -> AssetSpec:
    """The operational store itself: a root of the graph, as the systems are."""
    return AssetSpec(
        STORE,
        group_name="sources",
        kinds={"sqlite"},
        description="Decisions, ids, consents and history that no source can give again.",
    )


@multi_asset(
    name="export_operational_store",
    specs=[
        AssetSpec(
            ["ops", table],
            deps=[STORE, ["golden", "xref_parties"]],  # this run's ids are in the ledger by then
            group_name="golden",
            kinds={"duckdb"},
            description=description,
        )
        for table, description in _TABLES.items()
    ],
)
def operational_tables(
    context: AssetExecutionContext, pipeline: Pipeline
) -> Iterator[MaterializeResult[None]]:
    """Write the `ops` tables anew."""
    from serving.exports import export_ops

    session = pipeline.session
    with (
        session.stage("operational tables") as told,
        open_warehouse(session.project.home.warehouse) as con,
    ):
        counts = export_ops(con, session.store)
        told["row_count"] = sum(counts.values())
    for table, rows in counts.items():
        yield MaterializeResult(asset_key=["ops", table], metadata={"dagster/row_count": rows})
    context.log.info("operational tables: %s", counts)
