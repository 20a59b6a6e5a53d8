"""`stamm status`: what is fresh, late or broken, and what to do, at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestration.project import Project
    from orchestration.standing import Standing


def status(
    as_json: Annotated[bool, typer.Option("--json", help="The status as JSON.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with code 1 if anything is late or broken.")
    ] = False,
) -> None:
    """What is fresh, late or broken, and what to do about it, at a glance.

    Runs and the build, each source by when it was read and `late_after`, gates, quarantine,
    targets, alerts that wait, the last backup, room on the disk. Asks no source and waits for no
    run; --strict is for a monitor. Where a section of the runbook in docs/operations.md says more,
    its name stands at the end of the line.

    Examples: stamm status · stamm status --strict · stamm status --json | jq .last_run.outcome
    """
    from contextlib import closing
    from dataclasses import asdict

    from orchestration.cli.output import as_json as write
    from orchestration.project import open_project
    from orchestration.standing import standings
    from serving.publish import current_build

    project = open_project()
    project.home.prepare()
    last, build = _last_run(project), current_build(project.home.published)
    with closing(project.open_store()) as store:
        found = standings(project, store)
    if as_json:
        told = {"id": build.build_id, **build.info} if build else None
        write({"last_run": last, "build": told, "standing": [asdict(one) for one in found]})
    else:
        _show_run(last)
        _show_build(build)
        _show_standing(found)
    if strict and any(one.state != "fresh" for one in found):
        raise typer.Exit(1)


def _show_standing(found: Sequence[Standing]) -> None:
    """Worst first; what needs nothing is one line."""
    from orchestration.cli.output import say

    say()
    for state in ("broken", "late"):
        for one in (one for one in found if one.state == state):
            anchor = f" · {one.runbook}" if one.runbook else ""
            say(f"{state:<7} {one.what}: {one.says}\n        → {one.todo}{anchor}")
    fresh = [one.what for one in found if one.state == "fresh"]
    say(f"{'fresh':<7} {', '.join(fresh) or 'nothing'}")


def _last_run(project: Project) -> dict[str, Any] | None:
    """The latest run with its stages; None before the first one."""
    from orchestration.runs import RunLog

    if not project.home.store.exists():
        return None
    store = project.open_store()
    try:
        log = RunLog(store)
        last = log.latest()
        stages = log.stages(last["run_id"]) if last else {}
    finally:
        store.close()
    if last is None:
        return None
    names = ("run_id", "started_at", "as_of", "full", "ended_at", "outcome", "build_id")
    return {
        **{name: last[name] for name in names},
        "stages": {stage: round(seconds, 2) for stage, (seconds, _) in stages.items()},
    }


def _show_run(last: dict[str, Any] | None) -> None:
    from orchestration.cli.output import say, table

    if last is None:
        say("Nothing has run here yet. `stamm run` makes the first build.")
        return
    table(("stage", "seconds"), list(last["stages"].items()))
    say()
    outcome = last["outcome"] or "at work, or cut off: `stamm run` finishes what it began"
    say(f"last run   {last['started_at']} as of {last['as_of']}: {outcome}")


def _show_build(build: Any) -> None:
    from orchestration.cli.output import say

    if build is None:
        say("published  nothing yet")
        return
    rows = sum(table["rows"] for table in build.tables.values())
    say(f"published  {build.build_id}: {len(build.tables)} tables, {rows:,} rows")
