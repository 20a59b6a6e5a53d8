"""What the Desk's health page tells of other stages: reads, gates, quarantine of the last run.

In: a project and its operational store. Out: a `Condition`: counts, names and moments only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.project import Project, declared_sources
from orchestration.runs import RunLog
from stamm.store import Store

if TYPE_CHECKING:
    from serving.desk.condition import Condition, Fault, ReadStream
    from serving.desk.copies import Copies


def condition(project: Project, store: Store, copies: Copies) -> Condition:
    """Of the run that began last; nothing is asked of a source."""
    from serving.desk.condition import Condition

    last = RunLog(store).latest() or {}
    faults, passed = _checks(store)
    return Condition(
        last.get("run_id"), last.get("ended_at"), last.get("outcome"),
        _streams(project, store), faults, passed, _quarantine(copies),
    )  # fmt: skip


def _streams(project: Project, store: Store) -> tuple[ReadStream, ...]:
    from connectors.progress import ProgressLog
    from serving.desk.condition import ReadStream

    log = ProgressLog(store)
    return tuple(
        ReadStream(name, stream.name, progress.checked_at, progress.live)
        for name, source in sorted(declared_sources(project).items())
        for stream in project.streams_of(source)
        for progress in [log.of(name, stream.name)]
    )


def _checks(store: Store) -> tuple[tuple[Fault, ...], int]:
    from quality.report.content import content
    from serving.desk.condition import Fault

    found = content(store)
    if found is None:
        return (), 0
    faults = tuple(
        Fault(one.gate, one.name, one.expected, one.observed, one.rows_failed, one.now == "stopped")
        for one in found.at_fault
    )
    return faults, sum(one.now == "passed" for one in found.checks)


def _quarantine(copies: Copies) -> tuple[tuple[str, str, int], ...]:
    """As the copy of the last run has it; nothing before the first run has ended."""
    from quality.report.page import quarantined
    from stamm.errors import StammError

    try:
        with copies.bench() as bench:
            return tuple((one.source, one.rule, one.rows) for one in quarantined(bench.con))
    except StammError:
        return ()
