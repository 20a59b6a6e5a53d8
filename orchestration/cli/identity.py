"""`stamm resolve`, `history` and `why`: who an id is, what became of it, whence its values."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from dedupe.answers.links import Link
    from dedupe.answers.why import Cell, Lost
    from orchestration.project import Project

_ID = Annotated[str, typer.Argument(metavar="ID", help="A golden id or a record id.")]


def resolve(
    asked: _ID,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help="As of the end of that day, or a moment.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Say which golden id answers for this one, today or as of a day; every id ever minted does.

    An id that was merged away leads to the one that took it in; a retired one answers for itself.
    A record id leads to the party that holds it. The records of the answer are listed. Who is
    suppressed is not shown.

    Example: stamm resolve PABC… --as-of 2026-06-30
    """
    from contextlib import closing

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say
    from orchestration.project import open_project
    from serving.explaining import answer_shown

    project = open_project()
    moment = _moment(project, as_of)
    with closing(project.open_store()) as store:
        found = answer_shown(store, asked, moment)
    if as_json:
        write(asdict(found))
        return
    when = f" as of {as_of}" if as_of else ""
    say(
        f"{asked} → {found.party_id or 'nobody'}{when} ({found.life}), {len(found.records)} records"
    )
    for record in found.records:
        say(f"  {record}")


def history(
    asked: _ID,
    as_json: Annotated[bool, typer.Option("--json", help="The events as JSON.")] = False,
) -> None:
    """Tell everything that happened to a golden id or a record, oldest first.

    Minted, merged, split, retired, restored; records that came and went; judgements about them;
    with time, run and cause. Nothing of it is ever changed or deleted.
    """
    from contextlib import closing

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import table
    from orchestration.project import open_project
    from serving.explaining import history_shown

    with closing(open_project().open_store()) as store:
        found = history_shown(store, asked)
    if as_json:
        write([asdict(one) for one in found])
        return
    rows = [(f"{h.at:%Y-%m-%d %H:%M}", h.what, h.other or "", (h.run_id or "")[:8], h.why)
            for h in found]  # fmt: skip
    table(("when", "what", "who", "run", "why"), rows)


def why(
    asked: _ID,
    attribute: Annotated[
        str, typer.Argument(help="A column of golden_parties; all of them without one.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The answers as JSON.")] = False,
) -> None:
    """Say why golden values are what they are: record, source, time, rule, purpose, legal basis.

    With the values that lost; and why the party is tied to its firm, contacts, parent, branches and
    household. It reads the private warehouse; nobody who is suppressed is shown.

    Example: stamm why PABC… city
    """
    from contextlib import closing

    from orchestration.cli.output import as_json as write
    from orchestration.project import open_project
    from orchestration.turns import last_run
    from serving.explaining import why_shown

    project = open_project()
    with last_run(project.home) as con, closing(project.open_store()) as store:
        found = why_shown(con, store, asked, attribute)
    if as_json:
        cells = [{**asdict(cell), "reason": cell.reason} for cell in found.cells]
        write({**asdict(found), "cells": cells})
        return
    for cell in found.cells:
        _show(cell)
    for link in found.links:
        _show_link(link)


def _show(cell: Cell) -> None:
    """The value and its origin in two lines, then one line for each value that lost."""
    from rich.markup import escape

    from orchestration.cli.output import say, say_marked

    say_marked(f"[bold]{escape(cell.attribute)}[/bold]  {escape(_text(cell.value))}")
    also = f"; {len(cell.agreeing)} more like it" if cell.agreeing else ""
    say(f"  {_origin(cell)}{also}\n  {cell.reason}")
    for lost in cell.lost:
        say_marked(f"  lost: {escape(_text(lost.value))}  [dim]{escape(_origin(lost))}[/dim]")


def _show_link(link: Link) -> None:
    from orchestration.cli.output import say, say_marked

    sure = f", right in {link.weight:.0%}" if link.weight else ""
    say_marked(f"[bold]{link.kind}[/bold]  {link.other_party_id}")
    say(f"  {link.evidence} ({link.basis}{sure}); record {link.evidence_record_id}")


def _origin(told: Cell | Lost) -> str:
    when = f"{told.observed_at:%Y-%m-%d}" if told.observed_at else "without a time"
    return f"record {told.record_id} of {told.source}, {when}; {told.purpose}, {told.legal_basis}"


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _moment(project: Project, text: str) -> datetime | None:
    """A day means its end in the project's time zone."""
    from datetime import UTC, datetime, time
    from zoneinfo import ZoneInfo

    from stamm.errors import UsageError

    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as failure:
        raise UsageError(
            f"--as-of: expected a day like 2026-06-30 or a moment, found {text!r}"
        ) from failure
    if moment.time() == time() and len(text) <= len("2026-06-30"):
        moment = datetime.combine(moment.date(), time.max)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(project.settings.timezone))
    try:
        return moment.astimezone(UTC)
    except OverflowError as failure:  # of a zone west or east of ours, in year 9999 or 1
        raise UsageError(
            f"--as-of: expected a moment from 0001-01-02 to 9999-12-30, found {text!r}"
        ) from failure
