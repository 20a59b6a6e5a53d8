"""API → landing: one asset per stream, one step per source. Retried: reading again does no harm."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

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

from orchestration.announcing import announce
from orchestration.project import Project, declared_sources
from orchestration.session import Pipeline
from stamm.clock import NotBefore
from stamm.errors import CredentialsRefused, InputError, SchemaDrifted, SuspiciouslyShort
from stamm.redaction import redact

if TYPE_CHECKING:
    from connectors.loading import LoadResult
    from connectors.source import Stream

_RETRY = RetryPolicy(max_retries=2, delay=2, backoff=Backoff.EXPONENTIAL, jitter=Jitter.PLUS_MINUS)

# What a second try a moment later would find again.
_HOPELESS = (CredentialsRefused, InputError, SchemaDrifted, SuspiciouslyShort)


def api_assets(project: Project) -> list[AssetSpec]:
    """The systems themselves: where the lineage begins."""
    return [
        AssetSpec(
            [name, "api"],
            group_name="sources",
            kinds={source.system},
            description=f"The system behind source `{name}` ({source.system}).",
        )
        for name, source in declared_sources(project).items()
    ]


def stream_assets(project: Project) -> list[AssetsDefinition]:
    """One step per source, with an asset per stream."""
    return [
        _source_step(name, project.systems[source.system].streams_of(source))
        for name, source in declared_sources(project).items()
    ]


def _source_step(name: str, streams: Sequence["Stream"]) -> AssetsDefinition:
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


def _or_unknown(figure: object) -> str:
    return "not told" if figure is None else f"{figure}"


def _tell(place: str, so_far: "LoadResult") -> None:
    announce(f"{place}: {so_far.rows:,} records", passing=True)


def _extract(
    context: AssetExecutionContext, pipeline: Pipeline, name: str
) -> Iterator[MaterializeResult[None]]:
    from connectors.extract import extract, opened

    session = pipeline.session
    source = session.project.sources[name]
    skipped = session.only_source not in {"", name}
    # Reads end at the present: a machine whose clock is behind must not cut off what has happened.
    clock = NotBefore(session.at)
    with session.stage(f"extract {name}") as counts, opened(source, clock) as reader:
        for stream in session.project.systems[source.system].streams_of(source):
            key = [name, stream.name]
            if skipped or session.only_stream not in {"", stream.name}:
                yield MaterializeResult(asset_key=key, metadata={"skipped": True})
                continue
            result = extract(
                source,
                stream,
                landing_root=session.project.home.landing,
                store=session.store,
                clock=clock,
                full=session.reextract,
                progress=partial(_tell, f"extract {name}.{stream.name}"),
                reader=reader,
                stretch=session.stretch,
            )
            counts[stream.name] = {
                "landed": result.rows,
                "deleted": result.deletes,
                "rejected": result.rejected,
                "duplicates": result.duplicates,
                "drift": list(result.drift),
            }
            context.log.info("%s.%s: %s rows", name, stream.name, result.rows)
            yield MaterializeResult(
                asset_key=key,
                metadata={
                    "dagster/row_count": result.rows,
                    "deleted": result.deletes,
                    "rejected": result.rejected,
                    "duplicates": result.duplicates,
                    "extracted": result.upserts + result.duplicates + result.rejected,
                    "landed": result.upserts,
                    "at the source": _or_unknown(result.server_total),
                    "watermark": _or_unknown(result.watermark),
                    "drift": list(result.drift),
                    "pages": result.pages,
                    "seconds": result.seconds,
                },
            )
