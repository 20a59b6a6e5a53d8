"""`stamm alert`: try the channels, see what was told and what waits, send it again."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Who is told when a run fails, a gate stops it, or a warning is new.\n\n"
        "`alerts:` in stamm.yaml names a webhook, a mail server, or both. What a channel did not "
        "take waits and is sent with the next run; the runbook of each alert is a section of "
        "docs/operations.md."
    ),
)


@app.command(name="list")
def list_alerts(
    as_json: Annotated[bool, typer.Option("--json", help="The alerts as JSON.")] = False,
) -> None:
    """Alerts that were raised, newest first, and which channel took them when."""
    from orchestration.alerts.ledger import AlertLedger
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import table
    from orchestration.project import open_project
    from stamm.clock import SystemClock

    with closing(open_project().open_store()) as store:
        ledger = AlertLedger(store, SystemClock())
        raised, deliveries = ledger.raised(), ledger.all()
    rows = [
        {
            "raised_at": alert.raised_at, "alert": alert.kind.name, "stage": alert.stage,
            "checks": list(alert.checks), "run_id": alert.run_id,
            "told": {d.channel: d.state for d in deliveries
                     if d.alert.alert_id == alert.alert_id},
        }
        for alert in reversed(raised)
    ]  # fmt: skip
    if as_json:
        write(rows)
        return
    columns = ("raised_at", "alert", "stage", "checks", "told")
    table(columns, [[_cell(row[column]) for column in columns] for row in rows])


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {text}" for name, text in value.items()) or "nobody to be told"
    return ", ".join(value) if isinstance(value, list) else str(value)


@app.command()
def test() -> None:
    """Send a test to every channel of stamm.yaml; fails if one does not take it."""
    from orchestration.alerts.channels import channels
    from orchestration.alerts.ledger import AlertLedger
    from orchestration.project import open_project
    from orchestration.runs import Failure
    from stamm.clock import SystemClock
    from stamm.errors import UsageError
    from stamm.ids import new_ulid

    project, clock = open_project(), SystemClock()
    names = list(channels(project.settings.alerts, clock))
    if not names:
        raise UsageError(
            "alerts: expected a webhook or email in stamm.yaml, found neither",
            hint="docs/operations.md, Alerts, has both to copy.",
        )
    with closing(project.open_store()) as store:
        told = Failure("stamm alert test", "")
        AlertLedger(store, clock).note("test", f"test-{new_ulid(clock)}", told, names)
    send()


@app.command()
def send() -> None:
    """Send what waits or was given up; fails if a channel did not take it."""
    from orchestration.alerts.ledger import AlertLedger
    from orchestration.alerts.telling import deliver
    from orchestration.cli.output import say
    from orchestration.project import open_project
    from stamm.clock import SystemClock
    from stamm.errors import StammError

    project = open_project()
    with closing(project.open_store()) as store:
        taken = deliver(project, store, again=True)
        waiting = AlertLedger(store, SystemClock()).undelivered()
    say(f"{taken} taken, {len(waiting)} waiting")
    if waiting:
        reasons = {one.channel: one.reason or "no channel of this name any more" for one in waiting}
        raise StammError(
            "; ".join(f"{channel}: {reason}" for channel, reason in reasons.items()),
            hint="Mend `alerts` in stamm.yaml or the receiver; it is tried again with every run.",
        )
