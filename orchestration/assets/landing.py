"""Landing → warehouse: the views staging reads, and the gate over what was extracted.

Nothing new in landing, the specification, the models or the as-of date means nothing to do:
the views are then not yielded, and Dagster skips everything downstream.
"""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from orchestration.assets.gates import gate_checks, run_gate_step
from orchestration.copying import copy_current
from orchestration.project import DBT_PROJECT, Project, declared_sources
from orchestration.session import Pipeline, Session
from stamm.duck import open_warehouse
from stamm.yaml_text import read_yaml

_LEDGERS = {
    "stream_basis": "Purpose, legal basis and retention of every stream and field group.",
    "all_tombstones": "One row per record that its source deleted.",
    "all_rejected": "One row per record that could not be landed, with rule and reason.",
    "brevo_contact_versions": "Every version of a Brevo contact that landed, of deleted ones too.",
    "ghost_member_versions": "Every version of a Ghost member that landed, of deleted ones too.",
    "ghost_member_event_versions": "Every subscribing and unsubscribing in Ghost that landed.",
    "database_held_parties": "Rows of declared tables that hold parties, under our names.",
    "database_held_orders": "Rows of declared tables that hold orders, under our names.",
    "database_held_order_lines": "Rows of declared tables that hold order lines, under our names.",
    "all_dropped": "One row per record that somebody dropped from quarantine.",
    "all_loads": "One row per load: what was read, when, and the server's own total.",
    "sent_values": "What targets were sent, by the records that they come back as.",
}

_CHECKED = AssetKey(["landing", "all_loads"])


def landing_assets(project: Project) -> AssetsDefinition:
    """One asset per landing view, over the streams of every source of that system."""
    streams = _landed_streams(project)
    used = {f"{system}_{stream}" for system, stream in streams.values()} | _read_by_staging()
    views = [
        AssetSpec(
            ["landing", f"{system.name}_{stream.name}"],
            deps=[key for key, landed in streams.items() if landed == (system.name, stream.name)],
            group_name="landing",
            kinds={"duckdb"},
            description=f"Live records of `{stream.name}` over all {system.name} sources.",
        )
        for system in project.systems.values()
        for stream in system.streams
        if f"{system.name}_{stream.name}" in used
    ]
    specs = [*views, *_ledgers(list(streams))]
    checks = gate_checks("landing", _CHECKED)

    # Subsets are allowed so that no output is owed where there is nothing to do.
    @multi_asset(name="landing_views", specs=specs, check_specs=checks, can_subset=True)
    def landing_views(context: AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
        session = pipeline.session
        with session.telling_failures("fingerprint"):
            standing = _standing_build(session)
        if standing is not None:
            context.log.info("nothing changed; build %s stands", standing)
            with session.telling_failures("publish to PostgreSQL"):
                copy_current(session.project, session.store)
            session.done(standing)
            return
        from connectors.catalogue import create_views
        from connectors.sinks.echo import sent_values
        from orchestration.own_records import own_words
        from quality.decisions import drop_landed

        with (
            session.stage("landing views") as counts,
            open_warehouse(session.project.home.warehouse) as con,
        ):
            sinks = session.project.settings.sinks.values()
            won = own_words(sinks, session.project.home.published, session.store)
            sent = sent_values(session.store, sinks, won)
            create_views(con, session.project.home.landing, session.project.systems, sent)
            counts["dropped"] = drop_landed(con, session.store)
            for key in sorted(context.selected_asset_keys):
                rows = con.table(".".join(key.path)).count("*").fetchall()[0][0]
                counts["row_count"] = counts.get("row_count", 0) + rows
                yield MaterializeResult(asset_key=key, metadata={"dagster/row_count": rows})
        for result in run_gate_step(session, "landing", _CHECKED):
            if AssetCheckKey(_CHECKED, str(result.check_name)) in context.selected_asset_check_keys:
                yield result

    return landing_views


def _landed_streams(project: Project) -> dict[AssetKey, tuple[str, str]]:
    """Asset of a source's stream → system and stream."""
    return {
        AssetKey([name, stream.name]): (source.system, stream.name)
        for name, source in declared_sources(project).items()
        for stream in project.streams_of(source)
    }


def _read_by_staging() -> set[str]:
    """Tables that models name, also where no source brings them; the others would be clutter."""

    written = read_yaml(DBT_PROJECT / "models" / "sources.yml")
    [landing] = [source for source in written["sources"] if source["name"] == "landing"]
    return {table["name"] for table in landing["tables"]}


def _ledgers(streams: list[AssetKey]) -> list[AssetSpec]:
    """Views over all streams: what was loaded, deleted and rejected, and on which basis."""
    return [
        AssetSpec(
            ["landing", name],
            deps=streams,
            group_name="landing",
            kinds={"duckdb"},
            description=description,
        )
        for name, description in _LEDGERS.items()
    ]


def _standing_build(session: Session) -> str | None:
    """The published build, if it already holds what this run would make and nobody insists."""
    from serving.publish import current_build

    fingerprint = session.fingerprint  # taken in any case, before linking reads the decisions
    build = current_build(session.project.home.published)
    insisted = session.full or session.retrain
    if insisted or build is None or build.info.get("fingerprint") != fingerprint:
        return None
    return build.build_id
