"""How a project stands: what is fresh, late or broken, and what to do about it.

In: the operational store, the published build, the settings; no source is asked and no warehouse
opened, so that it answers at once, also while a run is at work. Out: one `Standing` per thing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from stamm.clock import Clock, SystemClock

if TYPE_CHECKING:
    from orchestration.project import Project
    from stamm.store import Store

State = Literal["fresh", "late", "broken"]

LATE_BUILD = timedelta(hours=26)  # a daily run, and two hours more
LATE_BACKUP = timedelta(hours=26)
LEAST_ROOM = 1 << 30  # bytes; a build and the tables it is made of need some


@dataclass(frozen=True)
class Standing:
    """One thing. `todo` is empty where nothing is to be done; `runbook` is a section's anchor."""

    what: str
    state: State
    says: str
    todo: str = ""
    runbook: str = ""


def standings(project: Project, store: Store, clock: Clock | None = None) -> list[Standing]:
    """Everything, in the order the data flow. `clock` is the machine's, by which runs are timed."""
    machine = clock or SystemClock()
    return [
        *_restored(store),
        *_runs(project, store, machine),
        *_sources(project, store),
        *_gates(store),
        *_quarantine(store),
        *_targets(project, store),
        *_alerts(store, machine),
        *_backup(project, store, machine),
        *_room(project),
    ]


def _restored(store: Store) -> Iterator[Standing]:
    from serving.restored import unchecked

    waits = unchecked(store)
    if waits:
        said = f"out of the backup of {waits.made_at}; what was withdrawn or erased since is lost"
        todo = "enter it again, then stamm restore --checked"
        yield Standing("restore", "broken", said, todo, "after-a-restore")


def _runs(project: Project, store: Store, clock: Clock) -> Iterator[Standing]:
    from orchestration.alerts.kinds import kind_of
    from orchestration.alone import is_at_work
    from orchestration.runs import RunLog

    log = RunLog(store)
    last, good = log.latest(), log.last_good()
    if last is None:
        yield Standing("run", "late", "nothing has run yet", "stamm run")
        return
    if last["outcome"] is None and is_at_work(project):
        yield Standing("run", "fresh", f"at work since {last['started_at']}")
    elif last["outcome"] is None:
        yield Standing("run", "broken", "the last one was cut off", "stamm run", "run-cut-off")
    elif last["outcome"] != "done":
        failed = log.failures(last["run_id"])
        kind = kind_of(failed[-1][1].error if failed else last["outcome"])
        where = failed[-1][1].stage if failed else last["outcome"]
        yield Standing("run", "broken", f"{kind.says} ({where})", kind.todo, kind.name)
    else:
        yield Standing("run", "fresh", f"the last one ended well at {last['ended_at']}")
    yield _build(good, clock)


def _build(good: str | None, clock: Clock) -> Standing:
    if good is None:
        return Standing("build", "broken", "no run ended well yet", "stamm run", "run-failed")
    age = clock.now() - datetime.fromisoformat(good)
    if age > LATE_BUILD:
        todo = "stamm run, and look whether the schedule is on"
        return Standing("build", "late", f"up to date {_hours(age)} ago", todo, "build-late")
    return Standing("build", "fresh", f"up to date {_hours(age)} ago")


def _sources(project: Project, store: Store) -> Iterator[Standing]:
    """By the stream that was read longest ago, in the time that facts are judged by."""
    from connectors.progress import ProgressLog, as_moment
    from orchestration.project import declared_sources

    log, now = ProgressLog(store), project.clock().now()
    for name, source in declared_sources(project).items():
        streams = [stream.name for stream in project.streams_of(source)]
        read = {stream: log.of(name, stream).checked_at for stream in streams}
        never = [stream for stream, moment in read.items() if moment is None]
        what, todo = f"source {name}", f"stamm check, then stamm run --source {name}"
        if never:
            said = f"never read: {', '.join(never)}"
            yield Standing(what, "late", said, todo, "source-late")
            continue
        oldest = min(read, key=lambda stream: as_moment(str(read[stream])))
        age = now - as_moment(str(read[oldest]))
        late = age > timedelta(hours=source.late_after)
        said = f"{oldest} was read {_hours(age)} ago"
        if late:
            said += f", late after {source.late_after:g} h"
            yield Standing(what, "late", said, todo, "source-late")
        else:
            yield Standing(what, "fresh", said)


def _gates(store: Store) -> Iterator[Standing]:
    """What the gates found in the last run that reached any."""
    from quality.results import latest_results

    results = latest_results(store)
    if not results:
        return
    failed = [r for r in results if not r.passed]
    errors = [r.name for r in failed if r.severity == "error"]
    warnings = [r.name for r in failed if r.severity == "warn"]
    look = "reports/quality.html shows rows and history"
    if errors:
        said = f"stopped by {', '.join(errors)}"
        yield Standing("gates", "broken", said, look, "gate-stopped")
    elif warnings:
        yield Standing("gates", "late", f"warned by {', '.join(warnings)}", look, "warning-new")
    else:
        yield Standing("gates", "fresh", f"{len(results)} checks passed")


def _quarantine(store: Store) -> Iterator[Standing]:
    from orchestration.runs import RunLog

    count = RunLog(store).quarantined()
    if count:
        said, todo = f"{count:,} rows wait for their source or a decision", "stamm quarantine list"
        yield Standing("quarantine", "late", said, todo, "quarantine")
    else:
        yield Standing("quarantine", "fresh", "empty")


def _targets(project: Project, store: Store) -> Iterator[Standing]:
    from orchestration.pushing import ledger_of
    from orchestration.restoring import unreconciled

    waiting = unreconciled(store)
    for name, sink in project.settings.sinks.items():
        ledger = ledger_of(sink, store)
        letters, open_ones = len(ledger.letters()), len(ledger.intents())
        what = f"target {name}"
        if name in waiting:
            said, todo = "not compared since a restore", f"stamm push --reconcile {name}"
            yield Standing(what, "broken", said, todo, "after-a-restore")
        elif letters or open_ones:
            said = f"{letters:,} refused or failed, {open_ones:,} of unknown fate"
            yield Standing(what, "late", said, "stamm push --log", "push-incomplete")
        else:
            yield Standing(what, "fresh", "holds all it was sent")


def _alerts(store: Store, clock: Clock) -> Iterator[Standing]:
    from orchestration.alerts.ledger import AlertLedger

    undelivered = AlertLedger(store, clock).undelivered()
    if undelivered:
        reasons = {one.channel: one.reason or "not tried yet" for one in undelivered}
        said = "; ".join(f"{channel}: {reason}" for channel, reason in reasons.items())
        said = f"{len(undelivered):,} undelivered ({said})"
        yield Standing(
            "alerts",
            "late" if all(one.is_given_up for one in undelivered) else "broken",
            said,
            "stamm alert send",
            "alerts-undelivered",
        )
    else:
        yield Standing("alerts", "fresh", "none waits")


def _backup(project: Project, store: Store, clock: Clock) -> Iterator[Standing]:
    """A sandbox can be made again and needs none."""
    from orchestration.backup import last_backup

    if project.settings.uses_sandbox:
        return
    made = last_backup(store)
    if made is None:
        yield Standing("backup", "late", "none was ever made", "stamm backup DIR", "backup-late")
        return
    age = clock.now() - datetime.fromisoformat(made)
    if age > LATE_BACKUP:
        said = f"the last is {_hours(age)} old"
        yield Standing("backup", "late", said, "stamm backup DIR", "backup-late")
    else:
        yield Standing("backup", "fresh", f"made {_hours(age)} ago")


def _room(project: Project) -> Iterator[Standing]:
    free = shutil.disk_usage(project.home.root).free
    if free < LEAST_ROOM:
        said = f"{free >> 20:,} MB are free"
        yield Standing("disk", "broken", said, "make room; publish.keep bounds builds", "disk-full")


def _hours(age: timedelta) -> str:
    hours = max(age.total_seconds(), 0) / 3600
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} d"
