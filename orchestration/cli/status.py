"""`stamm status`: the last run and the published build, at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from orchestration.project import Project


def status(
    as_json: Annotated[bool, typer.Option("--json", help="The status as JSON.")] = False,
) -> None:
    """The last run and the published build, at a glance.

    Says when the last run was, for which day, how it ended and how long its stages took; which
    build readers see now; and what to do if the run was cut off.

    Example: stamm status --json | jq .last_run.outcome
    """
    from orchestration.cli.output import as_json as write
    from orchestration.project import open_project
    from serving.publish import current_build

    project = open_project()
    last, build = _last_run(project), current_build(project.home.published)
    if as_json:
        write({"last_run": last, "build": build and {"id": build.build_id, **build.info}})
        return
    _show_run(last)
    _show_build(build)


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
