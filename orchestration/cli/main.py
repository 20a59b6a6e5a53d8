"""Entry point of `stamm`: wires the sub-commands and turns errors into exit codes.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 a gate stopped the publish.
"""

from __future__ import annotations

import sys

import typer

from orchestration.cli import (
    alerting,
    builds,
    connector,
    dedupe,
    desk,
    explain,
    identity,
    judging,
    lookup,
    metrics,
    project,
    push,
    quarantine,
    reviewing,
    run,
    safekeeping,
    sandbox,
    schema,
    serving,
    status,
    target_group,
    trying,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: importing Rich for it would double the start-up time
    help=(
        "Stamm turns the customer records of many systems into one golden customer and a "
        "published warehouse.\n\n"
        "Start with `stamm run`: without a stamm.yaml it works on a built-in sandbox "
        "company. Then `stamm query` asks the result, `stamm init` begins "
        "your own project.\n\n"
        "Exit codes: 0 done, 1 failed, 2 wrong use, 3 a gate stopped the publish."
    ),
)
app.command()(project.init)
app.command()(project.check)
app.command()(run.run)
app.command()(dedupe.dedupe)
app.command()(status.status)
app.command()(builds.query)
app.command()(metrics.metrics)
app.command()(explain.explain)
app.command()(lookup.lookup)
app.command()(identity.resolve)
app.command()(identity.history)
app.command()(identity.why)
app.command()(judging.judge)
app.command()(judging.merge)
app.command()(judging.unmerge)
app.command()(judging.alias)
app.command()(reviewing.review)
app.command()(reviewing.evaluate)
app.command()(trying.simulate)
app.command()(trying.train)
app.command()(builds.publish)
app.command()(push.push)
app.command()(serving.serve)
app.command()(safekeeping.backup)
app.command()(safekeeping.restore)
app.command()(project.ui)
app.add_typer(serving.key, name="key")
app.add_typer(desk.app, name="desk")
app.add_typer(connector.app, name="connector")
app.add_typer(schema.app, name="schema")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(target_group.app, name="target-group")
app.add_typer(alerting.app, name="alert")
app.add_typer(sandbox.app, name="sandbox")


def main() -> None:
    """Run the command; what a person can act on is shown without a traceback."""
    from stamm.errors import StammError
    from stamm.redaction import redact

    try:
        app()
    except StammError as failure:
        sys.stderr.write(f"{redact(str(failure))}\n")
        sys.exit(failure.exit_code)


if __name__ == "__main__":
    main()
