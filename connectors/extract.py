"""Reads one stream of one source into landing.

Flow: reader's pages → judged records → those not yet landed → parts → manifest → state (see
`connectors.loading`). Incremental by default. What is landed already is counted and not landed
again; if nothing is new, no load is written. Killed anywhere, the next call goes on at the page
where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from connectors.beginning import (
    Stretch,
    begun,
    begun_at,
    mode_of,
    resumed,
    resumed_stretch,
    settled,
)
from connectors.blame import blamed
from connectors.checkpoint import Checkpoint
from connectors.compaction import TOGETHER, compact
from connectors.current import CurrentVersions
from connectors.job import Job, LoadResult, Missing, Report, WindowMovedError
from connectors.landing import COPIES, drop_held, stream_folder
from connectors.loading import OpenLoad
from connectors.progress import ProgressLog, as_moment, later
from connectors.records import Judge
from connectors.registry import systems
from connectors.schema import declared_fields
from connectors.source import Reader, Stream, Window
from stamm.clock import Clock
from stamm.errors import ContractBroken, SourceError, SuspiciouslyShort
from stamm.settings import SourceSettings
from stamm.store import Store

__all__ = ["LoadResult", "Stretch", "extract", "extract_with", "opened"]

CHECKPOINT_PAGES = 20
_RESTARTS = 3
_SHORT_BELOW = 0.5  # of what is landed; a source rarely loses half its records between two reads
_SHORT_FROM = 20  # below this many records only an empty read is suspicious


def extract(
    source: SourceSettings,
    stream: Stream,
    *,
    landing_root: Path,
    store: Store,
    clock: Clock,
    full: bool = False,
    progress: Report | None = None,
    reader: Reader | None = None,
    stretch: Stretch | None = None,
) -> LoadResult:
    """Read what is new in a stream; `full` reads all of it and finds what was deleted.

    A `stretch` reads that again and moves no watermark: a backfill, for which deletes are no
    matter.

    Several streams of a source share the `reader` that `opened` gave: its connections, its token,
    and what the server said of its limits. Raises `Unreachable`, `CredentialsRefused`,
    `ContractBroken` or `SuspiciouslyShort`; landing then holds what it held before, and the next
    call resumes.
    """
    with blamed(source, stream), nullcontext(reader) if reader else opened(source, clock) as ready:
        return extract_with(
            ready,
            source,
            stream,
            landing_root=landing_root,
            store=store,
            clock=clock,
            full=full,
            progress=progress,
            stretch=stretch,
        )


@contextmanager
def opened(source: SourceSettings, clock: Clock) -> Iterator[Reader]:
    """The reader of a source, closed in the end."""
    with closing(systems()[source.system].open(source, clock)) as reader:
        yield reader


def extract_with(  # noqa: PLR0913 - by name, but for what is read
    reader: Reader,
    source: SourceSettings,
    stream: Stream,
    *,
    landing_root: Path,
    store: Store,
    clock: Clock,
    full: bool = False,
    progress: Report | None = None,
    checkpoint_pages: int = CHECKPOINT_PAGES,
    stretch: Stretch | None = None,
    together: int = TOGETHER,
) -> LoadResult:
    """`extract` with a reader that is already open."""
    folder = stream_folder(landing_root, source.name, stream.name)
    schema = stream.schema or declared_fields(source.system).get(stream.name)
    policy = source.drift.get(stream.name, "evolve")
    judge = Judge(source.name, stream, store.secret("record_id"), schema, policy)
    current = CurrentVersions(folder)
    try:
        job = Job(
            source,
            stream,
            folder,
            clock,
            judge,
            ProgressLog(store),
            current,
            checkpoint_pages,
            progress,
        )
        drop_held(folder)
        done = current.mending(
            lambda: (
                _backfilled(job, reader, stretch) if stretch else _extracted(job, reader, full=full)
            )
        )
        if done.load_id is not None:
            compact(folder, together)
        return done
    finally:
        current.close()


def _extracted(job: Job, reader: Reader, *, full: bool) -> LoadResult:
    before = settled(job)
    at = resumed(job, full=full) or begun(job, mode_of(job, before, full=full), before)
    done = _loaded(job, reader, at)
    if at.mode == "full":
        return done
    total = reader.total(job.stream)
    if total is not None and _changed_in_silence(job, total):
        again = _loaded(job, reader, begun(job, "full", job.progress()))
        done = _joined(done, again)
    job.log.move(job.source.name, job.stream.name, replace(job.progress(), server_total=total))
    return done


def _backfilled(job: Job, reader: Reader, stretch: Stretch) -> LoadResult:
    job.stream.check_stretches(job.place)
    settled(job)
    open_load = job.current.checkpoint()
    if open_load is not None and open_load.mode != "backfill":  # a killed run's work comes first
        killed = resumed(job, full=open_load.mode == "full")
        if killed is not None:
            _loaded(job, reader, killed)
    at = resumed_stretch(job, stretch) or begun_at(job, "backfill", *stretch.as_texts())
    return _loaded(job, reader, at)


# ---- reading ----


def _loaded(job: Job, reader: Reader, at: Checkpoint) -> LoadResult:
    """Read the window until it reconciles, then commit."""
    load = OpenLoad(job, at)
    while True:
        try:
            if not load.at.at_end:
                _read(job, reader, load)
            _reconcile(job, reader, load)
            return load.commit(_missing_are(job, reader, load))
        except WindowMovedError as moved:
            if load.at.restarts >= _RESTARTS:
                load.abandon()
                raise ContractBroken(
                    f"{job.place}: {moved}, also after {_RESTARTS} more reads",
                    hint="Nothing was landed. " + _why_not(job.stream),
                ) from moved
            load.restart()


def _read(job: Job, reader: Reader, load: OpenLoad) -> None:
    at = load.at
    since = as_moment(at.since) if at.since else None
    until = as_moment(at.until or at.started_at)
    window = Window(since, until, ends=at.until is not None, copies=job.folder / COPIES)
    resumed_at = load.at.next_token
    try:
        for page in reader.read(job.stream, window, resumed_at):
            load.take(page)
    except ContractBroken as broken:
        if resumed_at is not None and load.at.next_token == resumed_at:
            raise WindowMovedError("the source no longer knows the page to resume") from broken
        load.flush()
        raise
    except SourceError:
        load.flush()
        raise
    load.flush()


def _reconcile(job: Job, reader: Reader, load: OpenLoad) -> None:
    at = load.at
    read = job.current.accounted(at.reading)
    total = at.server_total
    if total is None and at.mode == "full" and job.stream.total_is_exact:
        total = reader.total(job.stream)  # a server whose pages tell none may have been asked
    if total is not None and read != total:
        raise WindowMovedError(f"read {read:,} records, the source counts {total:,}")
    met = job.current.met(at.reading)
    if at.mode == "full" and _is_suspicious(job, met, at.before):
        load.abandon()
        raise _short(job, at, met)


def _short(job: Job, at: Checkpoint, met: int) -> SuspiciouslyShort:
    rejected = f" and {at.rejected:,} that were rejected" if at.rejected else ""
    key = " + ".join(job.stream.primary_key)
    renamed = f"Some came without a readable {key}: does the source still write it as before? "
    return SuspiciouslyShort(
        f"{job.place}: a full read brought {met:,} records{rejected}, {at.before:,} are landed; "
        "nothing was replaced",
        hint=(renamed if at.nameless >= 0 else "")
        + f"If they are really gone, add {job.stream.name} to "
        f"sources.{job.source.name}.accept_shrinking in stamm.yaml for one run.",
        read=met,
        landed=at.before,
    )


def _why_not(stream: Stream) -> str:
    """A question to who finds that what was read is never what is counted."""
    if stream.deleted is not None:
        return (
            "Records that say they were deleted are not counted here: does its total count them "
            "too? Then leave it out of the paging."
        )
    return "Does the source's paging lose or change records?"


def _missing_are(job: Job, reader: Reader, load: OpenLoad) -> Missing:
    """What became of the records that a full read did not meet."""
    reading = load.at.reading
    if job.stream.forgets:
        return "kept"
    if job.stream.total_is_exact or not any(job.current.missing(reading)):
        return "deleted"
    total = reader.total(job.stream)
    agrees = total is None or total == job.current.accounted(reading)
    return "deleted" if agrees else "unsure"


def _is_suspicious(job: Job, met: int, landed: int) -> bool:
    if job.stream.name in getattr(job.source, "accept_shrinking", ()):
        return False
    if met == 0:
        return landed > 0
    short = landed >= _SHORT_FROM and met < _SHORT_BELOW * landed
    return short and not job.stream.forgets


def _changed_in_silence(job: Job, total: int) -> bool:
    """Whether the source's total tells of deletes, or of records no window showed."""
    known = job.current.accounted()
    if job.stream.total_is_exact:
        return total != known
    return total < known and total != job.progress().server_total  # a stale total tells once


def _joined(first: LoadResult, second: LoadResult) -> LoadResult:
    """An incremental read and the full one it gave cause for, as one result."""
    return replace(
        second,
        load_id=second.load_id or first.load_id,
        rows=first.rows + second.rows,
        upserts=first.upserts + second.upserts,
        deletes=first.deletes + second.deletes,
        duplicates=first.duplicates + second.duplicates,
        pages=first.pages + second.pages,
        watermark=later(first.watermark, second.watermark),
        drift=(*first.drift, *second.drift),
    )
