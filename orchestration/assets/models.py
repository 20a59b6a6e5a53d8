"""dbt models as assets: before linking (staging, intermediate) and after it (marts)."""

import json
from collections.abc import Iterator, Mapping
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


def model_specs(home: Home, select: str) -> list[AssetSpec]:
    """Asset specs of the models that dbt would select."""
    manifest = json.loads(dbt.manifest_path(home).read_text(encoding="utf-8"))
    return list(
        build_dbt_asset_specs(manifest=manifest, dagster_dbt_translator=Translator(), select=select)
    )


def prepare_assets(project: Project) -> AssetsDefinition:
    """Landing → staging → intermediate → the input of linking, and its gate."""
    specs = model_specs(project.home, " ".join(dbt.PREPARE))

    @multi_asset(
        name="prepare_match_input",
        specs=specs,
        check_specs=gate_checks("match_input", _CHECKED["match_input"]),
    )
    def prepare_match_input(context: AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
        with pipeline.session.stage("prepare") as counts:
            yield from _build(context, pipeline, specs, dbt.PREPARE)
            counts.update(_set_aside(pipeline.session))
        yield from run_gate_step(pipeline.session, "match_input", _CHECKED["match_input"])

    return prepare_match_input


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
    """Golden and facts → marts, and the gate before publishing."""
    specs = model_specs(project.home, " ".join(dbt.MARTS))

    @multi_asset(
        name="build_marts", specs=specs, check_specs=gate_checks("marts", _CHECKED["marts"])
    )
    def build_marts(context: AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
        session = pipeline.session
        with session.stage("marts"):
            yield from _build(context, pipeline, specs, dbt.MARTS)
        yield from run_gate_step(session, "marts", _CHECKED["marts"])

    return build_marts


def _build(
    context: AssetExecutionContext,
    pipeline: Pipeline,
    specs: list[AssetSpec],
    select: tuple[str, ...],
) -> Iterator[MaterializeResult[None]]:
    session = pipeline.session
    keys = {spec.key.path[-1]: spec.key for spec in specs}
    built = [
        node
        for node in dbt.build(session.project.home, select, session.dbt_variables)
        if node.table in keys
    ]
    with open_warehouse(session.project.home.warehouse) as con:
        for node in built:  # in the order dbt built them: parents first
            schema, table = keys[node.table].path
            rows = con.table(f"{schema}.{table}").count("*").fetchall()[0][0]
            yield MaterializeResult(
                asset_key=keys[table],
                metadata={"dagster/row_count": rows, "seconds": node.seconds},
            )
    context.log.info("%s models built", len(built))
