"""Match input → golden parties: linkage, clusters, ids, survivorship, and their gate."""

from collections.abc import Iterator
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, multi_asset

from orchestration.assets.gates import gate_checks, run_gate_step
from orchestration.assets.operations import STORE
from orchestration.session import Pipeline
from stamm.duck import open_warehouse

_CHECKED = AssetKey(["golden", "golden_parties"])
_TABLES = {
    "xref_parties": "Crosswalk: one row per party record, with the golden party it belongs to.",
    "golden_parties": "One row per golden party, each value the winner of survivorship.",
    "golden_lineage": "One row per golden cell: where its value comes from and why it won.",
    "golden_party_roles": "Who acts for which firm, and how we know.",
    "golden_households": "People who live together, and how we know.",
    "golden_branches": "Which firm is a branch of which, and how we know.",
    "scored_pairs": "Candidate pairs with their match weight.",
    "retired_parties": "Ids that were merged away, and what they resolve to.",
}
_SPECS = [
    AssetSpec(
        ["golden", table],
        deps=[["intermediate", "int_parties__match_input"], STORE],  # ledger and judgements
        group_name="golden",
        kinds={"duckdb", "python"},
        description=description,
    )
    for table, description in _TABLES.items()
]


@multi_asset(
    name="golden_parties",
    specs=_SPECS,
    check_specs=gate_checks("golden", _CHECKED),
)
def golden_parties(context: AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
    """Link, cluster, give ids, choose values: of all records, or of what changed."""
    from dedupe.forgetting import forget
    from dedupe.resolve import resolve_parties
    from orchestration.specifications import match_specifications

    session = pipeline.session
    home = session.project.home
    with session.stage("golden") as counts, open_warehouse(home.warehouse) as con:
        outcome = resolve_parties(
            con,
            session.store,
            match_specifications(session.project),
            run_id=session.run_id,
            at=session.at,
            work_dir=home.linkage,
            full=session.full,
            retrain=session.retrain,
        )
        forget(con)
        counts.update(outcome.counts())
        for table in _TABLES:
            rows = con.table(f"golden.{table}").count("*").fetchall()[0][0]
            counts["row_count"] = counts.get("row_count", 0) + rows
            told = outcome.counts() if table == "golden_parties" else {}
            yield MaterializeResult(
                asset_key=AssetKey(["golden", table]),
                metadata={"dagster/row_count": rows, **told},
            )
    context.log.info("golden: %s", counts)
    yield from run_gate_step(session, "golden", _CHECKED)
