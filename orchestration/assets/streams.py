"""API → landing: one asset per stream, one step per source. Retried: reading again does no harm."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    Backoff,
    Failure,
    FreshnessPolicy,
    Jitter,
    MaterializeResult,
    RetryPolicy,
    multi_asset,
)

from orchestration.announcing import announce
from orchestration.logs import about
from orchestration.project import Project, declared_sources
from orchestration.session import Pipeline, Session
from stamm.clock import NotBefore
from stamm.errors import (
    CredentialsRefused,
    InputError,
    SchemaDrifted,
    Several,
    StammError,
    SuspiciouslyShort,
)
from stamm.redaction import redact

if TYPE_CHECKING:
    from connectors.job import LoadResult, Report
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
        _source_step(name, project.streams_of(source), source.late_after)
        for name, source in declared_sources(project).items()
    ]


def _source_step(name: str, streams: Sequence["Stream"], late_after: float) -> AssetsDefinition:
    specs = [
        AssetSpec(
            [name, stream.name],
            deps=[[name, "api"]],
            group_name="landing",
            kinds={"parquet"},
            description=f"Landed records of `{stream.name}`, as `{name}` sent them.",
            freshness_policy=FreshnessPolicy.time_window(
                fail_window=timedelta(hours=2 * late_after), warn_window=timedelta(hours=late_after)
            ),
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
        except StammError as failure:
            if not _is_hopeless(failure):
                raise
            raise Failure(redact(str(failure)), allow_retries=False) from failure

    return extract_source


def _is_hopeless(failure: StammError) -> bool:
    """Whether nothing of it could pass by itself."""
    if isinstance(failure, Several):
        return all(map(_is_hopeless, failure.errors))
    return isinstance(failure, _HOPELESS)


def _behind(watermark: str | None, now: datetime) -> float | None:
    """Seconds since the latest change that was read; None where records tell no moment."""
    from connectors.progress import as_moment

    return max(0.0, (now - as_moment(watermark)).total_seconds()) if watermark else None


def _extract(
    context: AssetExecutionContext, pipeline: Pipeline, name: str
) -> Iterator[MaterializeResult[None]]:
    from connectors.at_once import at_once, read_each
    from connectors.extract import extract, opened

    session = pipeline.session
    source = session.project.sources[name]
    # Reads end at the present: a machine whose clock is behind must not cut off what has happened.
    clock = NotBefore(session.at)
    with session.stage(f"extract {name}") as counts, opened(source, clock) as reader:

        def read(stream: "Stream", report: "Report") -> "LoadResult":
            return extract(
                source,
                stream,
                landing_root=session.project.home.landing,
                store=session.store,
                clock=clock,
                full=session.reextract,
                progress=report,
                reader=reader,
                stretch=session.stretch,
            )

        def tell(stream: "Stream", so_far: "LoadResult") -> None:
            announce(f"extract {name}.{stream.name}: {so_far.rows:,} records", passing=True)

        streams = session.project.streams_of(source)
        wanted = [stream for stream in streams if _is_wanted(session, name, stream)]
        for stream in streams:
            if stream not in wanted:
                yield MaterializeResult(asset_key=[name, stream.name], metadata={"skipped": True})
        for stream, result in read_each(wanted, read, tell, at_once(source)):
            counts[stream.name] = _counts(result)
            with about(load_id=result.load_id):
                context.log.info("%s.%s: %s rows", name, stream.name, result.rows)
            counts["row_count"] = counts.get("row_count", 0) + result.rows
            yield _materialized([name, stream.name], result, clock.now())


def _is_wanted(session: Session, name: str, stream: "Stream") -> bool:
    return session.only_source in {"", name} and session.only_stream in {"", stream.name}


def _counts(result: "LoadResult") -> dict[str, Any]:
    return {
        "landed": result.rows,
        "deleted": result.deletes,
        "rejected": result.rejected,
        "duplicates": result.duplicates,
        "unsure": result.unsure,
        "drift": list(result.drift),
    }


def _materialized(key: list[str], result: "LoadResult", now: datetime) -> MaterializeResult[None]:
    # Dagster draws numbers over time; what is not known is left out, not told as a text.
    told = {
        "at the source": result.server_total,
        "watermark": result.watermark,
        "lag_seconds": _behind(result.watermark, now),
    }
    return MaterializeResult(
        asset_key=key,
        metadata={
            "dagster/row_count": result.rows,
            "deleted": result.deletes,
            "rejected": result.rejected,
            "duplicates": result.duplicates,
            "extracted": result.upserts + result.duplicates + result.rejected,
            "landed": result.upserts,
            "drift": list(result.drift),
            "pages": result.pages,
            "seconds": result.seconds,
            **{name: figure for name, figure in told.items() if figure is not None},
        },
    )
