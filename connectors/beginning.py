"""Where a read of a stream begins: at a page that a killed one left, at the watermark, or anew.

In: the stream's state, and the checkpoint of a load under way. Out: the checkpoint to read from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ulid import ULID

from connectors.checkpoint import Checkpoint
from connectors.job import Job
from connectors.landing import MANIFEST, drop_uncommitted, drop_unnamed, read_manifest
from connectors.loading import OpenLoad
from connectors.progress import Progress, after_load, as_moment, as_text
from stamm.clock import Clock, ManualClock
from stamm.ids import new_ulid

_UNSET = 1970  # moments of this year, or of year 1, stand for none


@dataclass(frozen=True)
class Stretch:
    """From when to when (UTC, both included) records are to be read again."""

    since: datetime
    until: datetime

    def as_texts(self) -> tuple[str, str]:
        """As a checkpoint keeps them."""
        return as_text(self.since), as_text(self.until)


def settled(job: Job) -> Progress:
    """The state, after finishing what a killed process had committed but not recorded."""
    at, before = job.current.checkpoint(), job.progress()
    if at is not None and (job.load_folder(at.load_id) / MANIFEST).exists():
        manifest = read_manifest(job.load_folder(at.load_id) / MANIFEST)
        before = after_load(before, manifest)
        job.log.move(job.source.name, job.stream.name, before, manifest.drift)
        job.current.rebuild()
    return before


def resumed(job: Job, *, full: bool) -> Checkpoint | None:
    """The load that a killed process left open, if this call may go on with it."""
    at = job.current.checkpoint()
    usable = at is not None and at.mode != "backfill" and (at.mode == "full" or not full)
    return _kept(job, at, usable=usable)


def resumed_stretch(job: Job, stretch: Stretch) -> Checkpoint | None:
    """The backfill of just this stretch that a killed process left open, if there is one."""
    at = job.current.checkpoint()
    usable = at is not None and (at.mode, at.since, at.until) == ("backfill", *stretch.as_texts())
    return _kept(job, at, usable=usable)


def _kept(job: Job, at: Checkpoint | None, *, usable: bool) -> Checkpoint | None:
    """The open load without parts that its checkpoint does not know.

    One that is unusable, or whose parts are not all there, is undone.
    """
    if at is not None and not (usable and _is_whole(job, at)):
        OpenLoad(job, at).abandon()
        at = None
    drop_uncommitted(job.folder, keep=at.load_id if at else None)
    if at is not None:
        drop_unnamed(job.load_folder(at.load_id), [*at.parts, *at.rejected_parts])
    return at


def _is_whole(job: Job, at: Checkpoint) -> bool:
    folder = job.load_folder(at.load_id)
    return all((folder / part.name).exists() for part in (*at.parts, *at.rejected_parts))


def mode_of(job: Job, before: Progress, *, full: bool) -> str:
    """`full` or `incremental`: all of it where nothing tells what is new, and when that is due."""
    stream = job.stream
    if full or stream.cursor is None or not stream.incremental:
        return "full"
    if _known_until(job, before) is None or job.current.live() == 0:
        return "full"
    read_whole = as_moment(before.full_read_at) if before.full_read_at else None
    due = not read_whole or (stream.sweep and read_whole + stream.sweep <= job.clock.now())
    return "full" if due else "incremental"


def _known_until(job: Job, before: Progress) -> datetime | None:
    """Up to when the changes of a stream were read; None if nothing tells.

    A watermark in the future, as a clock that was set back leaves it, may have hidden whatever
    changed since the last full read.
    """
    now = as_text(job.clock.now())
    told = [moment for moment in (before.watermark, before.full_read_at) if moment]
    known = next((moment for moment in told if moment <= now), None)
    if before.watermark is None or known is None or as_moment(known).year <= _UNSET:
        return None
    return as_moment(known)


def begun(job: Job, mode: str, before: Progress) -> Checkpoint:
    """A new load, from the watermark on or from the beginning."""
    since = None
    known = _known_until(job, before)
    if mode == "incremental" and job.stream.cursor and known:
        # Never only what is later: many records share one moment, and some show up late.
        since = as_text(known - job.stream.cursor.lag)
    return begun_at(job, mode, since)


def begun_at(job: Job, mode: str, since: str | None, until: str | None = None) -> Checkpoint:
    """A new load of just this window."""
    return Checkpoint(
        load_id=_new_load_id(job.clock, job.progress().load_id),
        mode=mode,
        since=since,
        until=until,
        started_at=as_text(job.clock.now()),
        before=job.current.live(),
        reading=job.current.next_pass(),
    )


def _new_load_id(clock: Clock, latest: str | None) -> str:
    """Loads of a stream sort by age, also where the clock stands still or went back."""
    load_id = new_ulid(clock)
    if latest is None or load_id > latest:
        return load_id
    return new_ulid(ManualClock(ULID.from_str(latest).datetime + timedelta(milliseconds=1)))
