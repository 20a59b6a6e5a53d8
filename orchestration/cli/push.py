"""`stamm push`: golden customers into the systems that consume them, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from connectors.sinks.sink import Change
    from orchestration.project import Project
    from stamm.settings import SinkSettings

_SHOWN = 50  # changes and dead letters on a person's screen
_OPERATIONS = ("create", "update", "merge", "withdraw", "delete")
_TOLD_EVERY = 100  # changes


def push(
    sink: Annotated[str, typer.Option("--sink", metavar="NAME", help="Only this target.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")
    ] = False,
    values: Annotated[
        bool, typer.Option("--values", help="With --dry-run: the values too, personal data.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also what a target refused as it is.")
    ] = False,
    log: Annotated[
        bool, typer.Option("--log", help="List what was refused or failed, and why.")
    ] = False,
    reconciled: Annotated[
        str,
        typer.Option("--reconcile", metavar="NAME", help="Somebody compared this target: go on."),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Send the published customers to the targets under `sinks` in stamm.yaml.

    `stamm run` does so after each publish; this does it now. Each target gets what differs from
    what it confirmed: new customers, changed values, merged ids, withdrawals and deletions. What
    may not leave is not in the published outbox; what was suppressed or withdrawn since is taken
    out here.

    Failed rows are tried again, here and with the next push, under the same id, so that nothing is
    done twice. Refused rows wait until their values change, or for --again.

    After a restore of the operational store no target is sent anything until somebody has compared
    it with --dry-run and said so with --reconcile: its ledger is older than it is.

    Exit codes: 0 every target holds what it should, 1 something was refused or failed, 2 wrong use.

    Examples: stamm push --dry-run · stamm push --sink crm · stamm push --again · stamm push --log
    """
    from orchestration.project import open_project
    from stamm.errors import UsageError

    if values and not dry_run:
        raise UsageError("--values: expected --dry-run beside it, found none")
    if log and (dry_run or again):
        raise UsageError("--log: expected no other choice beside it; it sends nothing")
    project = open_project()
    chosen = _chosen(project, sink or reconciled)
    if reconciled:
        _reconcile(project, reconciled)
    if log:
        _show_letters(project, chosen, as_json=as_json)
    elif dry_run:
        _show_plan(project, chosen, again=again, values=values, as_json=as_json)
    else:
        _push(project, chosen, again=again, as_json=as_json)


def _chosen(project: Project, name: str) -> list[SinkSettings]:
    from stamm.errors import UsageError
    from stamm.mistakes import nearest

    known = project.settings.sinks
    if not known:
        raise UsageError(
            "expected targets under `sinks` in stamm.yaml, found none",
            hint="docs/sinks.md shows one.",
        )
    if name and name not in known:
        raise UsageError(
            f"--sink: expected one of {', '.join(known)}, found {name!r}{nearest(name, known)}"
        )
    return [known[name]] if name else list(known.values())


def _reconcile(project: Project, name: str) -> None:
    """Open a target again that a restore closed."""
    from orchestration.cli.output import say
    from orchestration.restoring import reconcile

    with closing(project.open_store()) as store:
        waited = reconcile(store, name)
    say(f"{name}: open again" if waited else f"{name}: was not closed by a restore")


def _push(project: Project, chosen: Sequence[SinkSettings], *, again: bool, as_json: bool) -> None:
    from orchestration.alone import alone
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say
    from orchestration.cli.progress import shown_progress
    from orchestration.departed import forget_departed, told
    from orchestration.pushing import Outbox, incomplete, push_to
    from stamm.errors import Several

    project.home.prepare()
    results = {}
    with (
        shown_progress(quiet=as_json),
        alone(project),
        closing(project.open_store()) as store,
    ):
        outbox = Outbox(project, store)
        left = forget_departed(project, store)
        for sink in chosen:
            results[sink.name] = push_to(
                project, sink, outbox, store, again=again, heard=_progress(sink.name)
            )
    rows = [
        {"sink": name, **{o: done.sent[o] for o in _OPERATIONS}, **done.counts()}
        for name, done in results.items()
    ]
    write(rows) if as_json else _show(rows)
    for sentence in told(left) if not as_json else ():
        say(sentence)
    errors = [incomplete(s, results[s.name]) for s in chosen if not results[s.name].complete]
    if errors:
        raise errors[0] if len(errors) == 1 else Several(errors)


def _progress(name: str) -> Any:
    """Announces how many changes a target has answered."""
    from orchestration.announcing import announce

    answered = 0
    announce(f"push {name}")

    def heard(*_: object) -> None:
        nonlocal answered
        answered += 1
        if answered % _TOLD_EVERY == 0:
            announce(f"push {name}: {answered:,} changes answered", passing=True)

    return heard


def _show(rows: Sequence[dict[str, Any]]) -> None:
    from orchestration.cli.output import table

    columns = ("sink", "sent", *_OPERATIONS, "refused", "failed", "waiting")
    table(columns, [[row[c] for c in columns] for row in rows])


def _show_plan(
    project: Project,
    chosen: Sequence[SinkSettings],
    *,
    again: bool,
    values: bool,
    as_json: bool,
) -> None:
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table
    from orchestration.pushing import Outbox, planned_for

    with closing(project.open_store()) as store:
        wishes = Outbox(project, store).now()
        plans = {s.name: planned_for(s, wishes, store, again=again) for s in chosen}
    if as_json:
        write([_as_data(name, c, values) for name, plan in plans.items() for c in plan])
        return
    for name, plan in plans.items():
        rows = [[c.operation, c.party_id, _what(c, values)] for c in plan[:_SHOWN]]
        if rows:
            table((name, "customer", "fields"), rows)
        if len(plan) > _SHOWN:
            say(f"… the first {_SHOWN}; --json gives all")
        told = ", ".join(f"{n:,} {o}" for o in _OPERATIONS if (n := _count(plan, o)))
        say(f"{name}: {len(plan):,} changes would be sent{f' ({told})' if told else ''}")


def _count(plan: Sequence[Change], operation: str) -> int:
    return sum(change.operation == operation for change in plan)


def _what(change: Change, values: bool) -> str:
    if change.operation == "merge":
        return f"→ {change.into_party_id}"
    if values:
        return ", ".join(f"{name}={value!r}" for name, value in change.fields.items())
    return ", ".join(change.fields)


def _as_data(sink: str, change: Change, values: bool) -> dict[str, Any]:
    return {
        "sink": sink,
        "operation": change.operation,
        "customer": change.party_id,
        "into": change.into_party_id,
        "fields": dict(change.fields) if values else list(change.fields),
    }


def _show_letters(project: Project, chosen: Sequence[SinkSettings], *, as_json: bool) -> None:
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table
    from orchestration.pushing import ledger_of

    with closing(project.open_store()) as store:
        letters = [(s.name, one) for s in chosen for one in ledger_of(s, store).letters()]
    if as_json:
        write([{"sink": name, **vars(letter)} for name, letter in letters])
        return
    columns = ("sink", "customer", "change", "outcome", "reason", "attempts", "when")
    if letters:
        table(columns, [(name, *vars(letter).values()) for name, letter in letters[:_SHOWN]])
    if len(letters) > _SHOWN:
        say(f"… the first {_SHOWN} of {len(letters):,}; --json gives all")
    if not letters:
        say("No target refused anything, and nothing failed when it was tried last.")
