"""`stamm quarantine`: rows that a gate found at fault, and what people decide about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import duckdb

    from orchestration.project import Project
    from quality.decisions import Decision

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Rows that a gate found at fault: by opaque id, with rule and reason, counted, never "
        "lost.\n\n"
        "A source that is mended empties it by itself with the next run. What will not be mended "
        "is released (it is right as it is) or dropped (it is worth nothing); a decision acts on "
        "the next run, and reopen takes it back."
    ),
)
Records = Annotated[list[str], typer.Argument(help="Record ids, as `stamm quarantine list` says.")]
Rule = Annotated[str, typer.Option("--rule", help="Only this rule.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for whoever asks in a year.")]


@app.command("list")
def list_(
    source: Annotated[str, typer.Option("--source", help="Only rows of this source.")] = "",
    rule: Rule = "",
    limit: Annotated[int, typer.Option(min=1, help="Rows to give at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON.")] = False,
) -> None:
    """List rows in quarantine, the longest waiting first.

    Example: stamm quarantine list --source shop --rule country_is_a_code
    """
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table
    from orchestration.project import open_project
    from quality.decisions import waiting

    with _warehouse(open_project()) as con:
        rows = waiting(con, source=source, rule=rule)
    if as_json:
        write([asdict(row) for row in rows[:limit]])
        return
    if not rows:
        say("The quarantine is empty.")
        return
    columns = ("record", "source", "stream", "rule", "reason", "first seen", "last seen")
    table(
        columns,
        [
            (row.record_id, row.source, row.stream, row.rule, row.reason,
             row.first_seen[:10], row.last_seen[:10])
            for row in rows[:limit]
        ],
    )  # fmt: skip
    if len(rows) > limit:
        say(f"{len(rows) - limit:,} more: --limit {len(rows)}")


@app.command()
def release(records: Records, why: Why, rule: Rule = "") -> None:
    """Decide that rows are right as they are: the rule minds them no more.

    Example: stamm quarantine release 9f2c… --rule birth_date_is_plausible --why "she is 123"
    """
    _decide("release", records, rule, why)


@app.command()
def drop(records: Records, why: Why, rule: Rule = "") -> None:
    """Decide that records are worth nothing: nothing behind landing sees them any more.

    They stay in landing and are counted as dropped. One whose content changes is looked at anew.

    Example: stamm quarantine drop 9f2c… --why "a trial entry of 2019"
    """
    _decide("drop", records, rule, why)


@app.command()
def reopen(records: Records, why: Why, rule: Rule = "") -> None:
    """Take a release or a drop back: the next run looks again.

    Example: stamm quarantine reopen 9f2c… --why "it was a customer after all"
    """
    _decide("reopen", records, rule, why)


def _decide(decision: Decision, records: list[str], rule: str, why: str) -> None:
    import getpass

    from orchestration.cli.output import say
    from orchestration.project import open_project
    from quality.decisions import decide, decided_rows, waiting
    from stamm.errors import UsageError

    project = open_project()
    with closing(project.open_store()) as store, _warehouse(project) as con:
        rows = [
            row
            for one in records
            for row in (
                decided_rows(store, one, rule)
                if decision == "reopen"
                else waiting(con, rule=rule, record=one)
            )
        ]
        if not rows:
            raise UsageError(
                f"expected records in quarantine{f' under {rule}' if rule else ''}, "
                f"found none of {', '.join(records)} there",
                hint="`stamm quarantine list` names them.",
            )
        count = decide(
            store, con, decision, rows, by=getpass.getuser(), why=why, at=project.clock().now()
        )
    say(f"{count} {'row' if count == 1 else 'rows'}: {decision}. The next `stamm run` obeys.")


@contextmanager
def _warehouse(project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    from orchestration.turns import last_run
    from stamm.duck import in_memory

    if not project.home.warehouse.exists():  # no run yet: an empty quarantine
        with in_memory() as con:
            yield con
        return
    with last_run(project.home) as con:
        yield con
