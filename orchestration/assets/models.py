"""dbt models as assets: before linking (staging, intermediate), after it, and after the scores."""

import json
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

from orchestration import dbt
from orchestration.assets.gates import gate_checks, run_gate_step
from orchestration.assets.target_groups import TARGET_GROUP_CHECK, check_target_groups
from orchestration.column_lineage import TableOrigins, column_origins
from orchestration.parsed import manifest_path
from orchestration.project import Project
from orchestration.session import Pipeline, Session
from stamm.duck import open_warehouse
from stamm.home import Home

_GROUPS = {"staging": "staging", "intermediate": "intermediate", "marts": "marts"}

_CHECKED = {
    "match_input": AssetKey(["intermediate", "int_parties__match_input"]),
    "marts": AssetKey(["marts", "customer_360"]),
}


class Translator(DagsterDbtTranslator):
    """Asset keys are schema and table, groups the stage: the graph reads left to right."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        schema = dbt_resource_props.get("source_name") or dbt_resource_props["schema"]
        return AssetKey([schema, dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        folder = dbt_resource_props.get("fqn", ["", ""])[1]
        return _GROUPS.get(folder, "seeds")


def model_specs(home: Home, select: Sequence[str], exclude: Sequence[str] = ()) -> list[AssetSpec]:
    """Asset specs of the models that dbt would select."""
    manifest = json.loads(manifest_path(home).read_text(encoding="utf-8"))
    return list(
        build_dbt_asset_specs(
            manifest=manifest,
            dagster_dbt_translator=Translator(),
            select=" ".join(select),
            exclude=" ".join(exclude) or None,
        )
    )


def prepare_assets(project: Project) -> AssetsDefinition:
    """Landing → staging → intermediate → the input of linking, and its gate."""
    specs = model_specs(project.home, dbt.PREPARE)

    # Subsets are allowed so that no staging is owed of systems that landed nothing.
    @multi_asset(
        name="prepare_match_input",
        specs=specs,
        check_specs=gate_checks("match_input", _CHECKED["match_input"]),
        can_subset=True,
    )
    def prepare_match_input(context: AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
        with pipeline.session.stage("prepare") as counts:
            systems = _landed_systems(pipeline.session)
            yield from _build(
                context, pipeline, specs, dbt.preparing(systems), counts, systems=systems
            )
            counts.update(_set_aside(pipeline.session))
        yield from run_gate_step(pipeline.session, "match_input", _CHECKED["match_input"])

    return prepare_match_input


def _landed_systems(session: Session) -> list[str]:
    """The systems of which anything was ever landed."""
    with open_warehouse(session.project.home.warehouse) as con:
        rows = con.sql("select distinct system from landing.all_loads order by system").fetchall()
    return [system for (system,) in rows]


def _set_aside(session: Session) -> dict[str, int]:
    """How many party records stay out of linking, by reason (test, nonsense, no identity)."""
    with open_warehouse(session.project.home.warehouse) as con:
        return dict(
            con.sql(
                "select reason, count(*) from intermediate.int_parties__set_aside"
                " group by reason order by reason"
            ).fetchall()
        )


def mart_assets(project: Project) -> AssetsDefinition:
    """Golden and facts → marts, and the gate before the scores and publishing."""
    specs = model_specs(project.home, dbt.MARTS, dbt.SCORED)

    @multi_asset(
        name="build_marts", specs=specs, check_specs=gate_checks("marts", _CHECKED["marts"])
    )
    def build_marts(context: AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
        session = pipeline.session
        with session.stage("marts") as counts:
            yield from _build(context, pipeline, specs, dbt.MARTS, counts, exclude=dbt.SCORED)
        yield from run_gate_step(session, "marts", _CHECKED["marts"])

    return build_marts


def scored_assets(project: Project) -> AssetsDefinition:
    """Marts and the scores of purchases → what is said of each customer."""
    specs = model_specs(project.home, dbt.SCORED)

    @multi_asset(name="build_customer_scores", specs=specs, check_specs=[TARGET_GROUP_CHECK])
    def build_customer_scores(context: AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
        with pipeline.session.stage("customer scores") as counts:
            yield from _build(context, pipeline, specs, dbt.SCORED, counts)
        yield from check_target_groups(pipeline.session)

    return build_customer_scores


def _build(
    context: AssetExecutionContext,
    pipeline: Pipeline,
    specs: list[AssetSpec],
    select: Sequence[str],
    counts: dict[str, Any],
    *,
    exclude: Sequence[str] = (),
    systems: Sequence[str] = (),
) -> Iterator[MaterializeResult[None]]:
    session = pipeline.session
    keys = {spec.key.path[-1]: spec.key for spec in specs}
    places = _parents_first(specs)
    built = [
        node
        for node in dbt.build(
            session.project.home,
            select,
            {**session.dbt_variables, "systems": list(systems)},
            exclude,
        )
        if node.table in keys
    ]
    origins = column_origins(session.project.home)
    with open_warehouse(session.project.home.warehouse) as con:
        for node in sorted(built, key=lambda node: places[keys[node.table]]):
            schema, table = keys[node.table].path
            rows = con.table(f"{schema}.{table}").count("*").fetchall()[0][0]
            counts["row_count"] = counts.get("row_count", 0) + rows
            yield MaterializeResult(
                asset_key=keys[table],
                metadata={
                    "dagster/row_count": rows,
                    "seconds": node.seconds,
                    **_lineage(origins.get(table)),
                },
            )
    context.log.info("%s models built", len(built))


def _lineage(origins: TableOrigins | None) -> dict[str, Any]:
    """Of which columns the table's columns are made, and of how many that is not known."""
    if origins is None:
        return {}
    return {
        "dagster/column_lineage": origins.lineage(),
        "columns_without_lineage": len(origins.unknown),
    }


def _parents_first(specs: list[AssetSpec]) -> dict[AssetKey, int]:
    """Asset → place in an order that Dagster takes.

    dbt's own differs: what one system gives to a table hangs on fewer tables than what all give.
    """
    parents = {spec.key: {dep.asset_key for dep in spec.deps} for spec in specs}
    return {key: place for place, key in enumerate(TopologicalSorter(parents).static_order())}
