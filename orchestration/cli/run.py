"""`stamm run`: the same Dagster job that the schedule runs, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from orchestration.project import Project
    from orchestration.runs import Failure


_STORY = "`stamm ui` shows the steps; logs/stamm.log in the data folder has the whole story."


def run(  # noqa: PLR0913, PLR0917 - options of the command, given by name
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
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the end of a run that is at work here.")
    ] = False,
    log_format: Annotated[
        str, typer.Option("--log-format", help="Lines of logs/stamm.log: text or json.")
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
    from orchestration.options import check_dates, check_sources, check_stretch
    from orchestration.project import open_project

    project = open_project()
    check_sources(project, source, stream)
    check_dates({"--as-of": as_of, "--since": since, "--until": until})
    check_stretch(project, source, stream, since, until)
    options = {
        "full": full, "retrain": retrain, "reextract": reextract,
        "only_source": source, "only_stream": stream, "since": since, "until": until,
        "as_of": as_of,
    }  # fmt: skip
    if not wait:
        options["patience"] = 0.0
    _check_format(log_format)
    run_id = execute(project, options, log_format=log_format, quiet=as_json)
    from orchestration.summary import show, summarise

    summary = summarise(project, run_id)
    if as_json:
        from orchestration.cli.output import as_json as write

        write(summary)
    else:
        show(summary)


def _check_format(log_format: str) -> None:
    from stamm.errors import UsageError

    if log_format not in {"", "text", "json"}:
        raise UsageError(f"--log-format: expected text or json, found {log_format!r}")


def execute(project: Project, options: dict[str, Any], *, log_format: str = "", quiet: bool) -> str:
    """Run the job in process with a persistent Dagster instance; returns the run's id.

    Raises what the steps raised, so that its exit code is the command's.
    """
    from orchestration.alerts.telling import tell_of_an_unusable_store, tell_of_run
    from orchestration.cli.progress import shown_progress
    from orchestration.instance import prepare_instance
    from stamm.errors import StoreError
    from stamm.store import Store

    prepare_instance(project.home)
    try:
        Store.open(project.home.store).close()  # one that is none is told at once
    except StoreError as failure:
        tell_of_an_unusable_store(project, "", failure)
        raise
    with shown_progress(quiet=quiet):
        from dagster import DagsterInstance

        from orchestration.definitions import JOB, defs
        from orchestration.logs import quiet_terminal

        form = log_format or project.settings.log.format
        quiet_terminal(project.home.logs, form)

        with DagsterInstance.get() as instance:
            result = defs.resolve_job_def(JOB).execute_in_process(
                instance=instance,
                run_config={
                    "resources": {"pipeline": {"config": options}},
                    "loggers": {"file": {"config": {"format": form}}},
                },
                raise_on_error=False,
            )
    tell_of_run(project, str(result.run_id), otherwise=_before_its_stages(result))
    if not result.success:
        raise _failure(result)
    return str(result.run_id)


def _before_its_stages(result: Any) -> Failure | None:
    """What ended a run that noted nothing itself; None where another one was at work."""
    from orchestration.alone import AtWork
    from orchestration.runs import Failure
    from orchestration.session import raised

    early = raised.get("session")
    if result.success or isinstance(early, AtWork):
        return None
    return Failure("beginning" if early else "the run", type(early).__name__ if early else "Error")


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
