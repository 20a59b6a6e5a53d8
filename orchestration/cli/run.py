"""`stamm run`: the same Dagster job that the schedule runs, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from orchestration.project import Project


_STORY = "`stamm ui` shows the steps; logs/stamm.log in the data folder has the whole story."


def run(  # noqa: PLR0917 - options of the command, given by name
    full: Annotated[
        bool, typer.Option("--full", help="Rebuild everything after landing, from landing.")
    ] = False,
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Learn the weights of matching anew, then rebuild.")
    ] = False,
    reextract: Annotated[
        bool, typer.Option("--reextract", help="Read the sources anew, from their beginning.")
    ] = False,
    source: Annotated[
        str, typer.Option("--source", help="Extract only this source; the others stay as landed.")
    ] = "",
    stream: Annotated[
        str, typer.Option("--stream", help="Extract only this stream of --source.")
    ] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="DATE", help="Backfill: read again from this day on.")
    ] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help="… to the end of this day; else to now.")
    ] = "",
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help="The day that ages and scores refer to.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Extract, link, build the warehouse, check it and publish it.

    Incremental by default: only what changed at the sources is read, and when nothing changed the
    published build stands. The same as-of date over the same data gives the same rows and ids.

    A backfill (--since) reads a stretch of one stream again and lands what differs; the next run
    goes on where the last one was, as if it had not been.

    Examples: stamm run · stamm run --full · stamm run --source shop · stamm run --as-of 2026-06-30
    · stamm run --source shop --stream orders --since 2026-01-01 --until 2026-01-31
    """
    from orchestration.project import open_project

    project = open_project()
    _check_options(project, source, stream)
    _check_dates({"--as-of": as_of, "--since": since, "--until": until})
    _check_stretch(project, source, stream, since, until)
    options = {
        "full": full, "retrain": retrain, "reextract": reextract,
        "only_source": source, "only_stream": stream, "since": since, "until": until,
        "as_of": as_of,
    }  # fmt: skip
    run_id = execute(project, options, quiet=as_json)
    from orchestration.summary import show, summarise

    summary = summarise(project, run_id)
    if as_json:
        from orchestration.cli.output import as_json as write

        write(summary)
    else:
        show(summary)


def _check_options(project: Project, source: str, stream: str) -> None:
    from orchestration.project import declared_sources
    from stamm.errors import UsageError
    from stamm.mistakes import nearest

    known = declared_sources(project)
    if source and source not in known:
        raise UsageError(f"--source: expected one of {', '.join(known)}, found {source!r}")
    if stream and not source:
        raise UsageError("--stream: expected --source beside it, found none")
    if stream:
        declared = known[source]
        names = [one.name for one in project.systems[declared.system].streams_of(declared)]
        if stream not in names:
            raise UsageError(
                f"--stream: expected one of {', '.join(names)}, found {stream!r}"
                f"{nearest(stream, names)}"
            )


def _check_dates(given: dict[str, str]) -> None:
    from datetime import date

    from stamm.errors import UsageError

    for option, day in given.items():
        try:
            date.fromisoformat(day or "2000-01-01")
        except ValueError as failure:
            raise UsageError(
                f"{option}: expected a date like 2026-06-30, found {day!r}"
            ) from failure


def _check_stretch(project: Project, source: str, stream: str, since: str, until: str) -> None:
    from orchestration.project import declared_sources
    from stamm.errors import UsageError

    if not since and not until:
        return
    if not since or not stream:
        missing = "--since" if not since else "--source and --stream"
        raise UsageError(
            f"a backfill: expected {missing}, found none",
            hint="stamm run --source shop --stream orders --since 2026-01-01 --until 2026-01-31",
        )
    if until and until < since:
        raise UsageError(f"--until: expected a day at or after {since}, found {until}")
    system = project.systems[declared_sources(project)[source].system]
    declared = {one.name: one for one in system.streams_of(declared_sources(project)[source])}
    if declared[stream].cursor is None or not declared[stream].incremental:
        raise UsageError(
            f"{source}.{stream} has no stretches: the source cannot be asked for what changed when",
            hint="It is read whole each time; `stamm run` is all it needs.",
        )


def execute(project: Project, options: dict[str, Any], *, quiet: bool) -> str:
    """Run the job in process with a persistent Dagster instance; returns the run's id.

    Raises what the steps raised, so that its exit code is the command's.
    """
    from orchestration.cli.progress import shown_progress
    from orchestration.instance import prepare_instance

    prepare_instance(project.home)
    with shown_progress(quiet=quiet):
        from dagster import DagsterInstance

        from orchestration.definitions import JOB, defs
        from orchestration.logs import quiet_terminal

        quiet_terminal(project.home.logs)

        with DagsterInstance.get() as instance:
            result = defs.resolve_job_def(JOB).execute_in_process(
                instance=instance,
                run_config={
                    "resources": {"pipeline": {"config": options}},
                    "loggers": {"file": {}},
                },
                raise_on_error=False,
            )
    if not result.success:
        raise _failure(result)
    return str(result.run_id)


def _failure(result: Any) -> Exception:
    """What ended the run: our own errors as they were raised, else the cause Dagster tells."""
    from orchestration.session import raised
    from stamm.errors import Several, StammError

    if raised:
        errors = list(raised.values())
        return errors[0] if len(errors) == 1 else Several(errors)
    for event in result.filter_events(lambda e: e.is_step_failure):
        return StammError(f"{event.step_key} failed: {_cause(event)}", hint=_STORY)
    return StammError("the run failed", hint=_STORY)


def _cause(event: Any) -> str:
    """The innermost error of a failed step, in one line."""
    error = event.event_specific_data.error
    while error.cause is not None:
        error = error.cause
    return str(error.message).strip()
