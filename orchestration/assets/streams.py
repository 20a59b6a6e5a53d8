"""API → landing: one asset per stream, one step per source. Retried: reading again does no harm."""

from collections.abc import Iterator

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    Backoff,
    Failure,
    Jitter,
    MaterializeResult,
    RetryPolicy,
    multi_asset,
)

from orchestration.project import Project
from orchestration.session import Pipeline
from stamm.clock import SystemClock
from stamm.errors import CredentialsRefused, InputError, SuspiciouslyShort
from stamm.redaction import redact

SANDBOX_SOURCES = {
    "erp": "s4",
    "shop": "shopware",
    "mail": "brevo",
    "help": "zendesk",
    "estimates": "files",
}
_RETRY = RetryPolicy(max_retries=2, delay=2, backoff=Backoff.EXPONENTIAL, jitter=Jitter.PLUS_MINUS)

# What a second try a moment later would find again.
_HOPELESS = (CredentialsRefused, InputError, SuspiciouslyShort)


def declared_sources(project: Project) -> dict[str, str]:
    """Source name → system, also while the sandbox is not being served."""
    if project.settings.uses_sandbox:
        return {name: s for name, s in SANDBOX_SOURCES.items() if s in project.systems}
    return {name: source.system for name, source in project.sources.items()}


def api_assets(project: Project) -> list[AssetSpec]:
    """The systems themselves: where the lineage begins."""
    return [
        AssetSpec(
            [name, "api"],
            group_name="sources",
            kinds={system},
            description=f"The system behind source `{name}` ({system}).",
        )
        for name, system in declared_sources(project).items()
    ]


def stream_assets(project: Project) -> list[AssetsDefinition]:
    """One step per source, with an asset per stream."""
    return [_source_step(project, n, s) for n, s in declared_sources(project).items()]


def _source_step(project: Project, name: str, system: str) -> AssetsDefinition:
    streams = project.systems[system].streams
    specs = [
        AssetSpec(
            [name, stream.name],
            deps=[[name, "api"]],
            group_name="landing",
            kinds={"parquet"},
            description=f"Landed records of `{stream.name}`, as `{name}` sent them.",
            metadata={"purpose": stream.basis.purpose, "legal_basis": stream.basis.legal_basis},
        )
        for stream in streams
    ]

    @multi_asset(name=f"extract_{name}", specs=specs, retry_policy=_RETRY)
    def extract_source(
        context: AssetExecutionContext, pipeline: Pipeline
    ) -> Iterator[MaterializeResult[None]]:
        try:
            yield from _extract(context, pipeline, name)
        except _HOPELESS as failure:
            raise Failure(redact(str(failure)), allow_retries=False) from failure

    return extract_source


def _extract(
    context: AssetExecutionContext, pipeline: Pipeline, name: str
) -> Iterator[MaterializeResult[None]]:
    from connectors.extract import extract

    session = pipeline.session
    source = session.project.sources[name]
    skipped = session.only_source not in {"", name}
    with session.stage(f"extract {name}") as counts:
        for stream in session.project.systems[source.system].streams_of(source):
            key = [name, stream.name]
            if skipped:
                yield MaterializeResult(asset_key=key, metadata={"rows": 0, "skipped": True})
                continue
            result = extract(
                source,
                stream,
                landing_root=session.project.home.landing,
                store=session.store,
                clock=SystemClock(),
                full=session.reextract,
            )
            counts[stream.name] = {
                "landed": result.rows,
                "deleted": result.deletes,
                "rejected": result.rejected,
                "duplicates": result.duplicates,
            }
            context.log.info("%s.%s: %s rows", name, stream.name, result.rows)
            yield MaterializeResult(
                asset_key=key,
                metadata={
                    "dagster/row_count": result.rows,
                    "deleted": result.deletes,
                    "rejected": result.rejected,
                    "duplicates": result.duplicates,
                    "pages": result.pages,
                    "seconds": result.seconds,
                },
            )
