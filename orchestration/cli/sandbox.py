"""`stamm sandbox`: serve the sandbox company, let its time pass, look at its truth."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The built-in company: serve it, let time pass.",
)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8470,
    customers: Annotated[int, typer.Option(help="Size of a new company.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of a new company.")] = -1,
) -> None:
    """Serve the four vendor APIs of the sandbox on loopback until Ctrl-C."""
    from orchestration.cli.output import say
    from orchestration.project import open_project
    from sandbox.company import create
    from sandbox.server import run

    project = open_project()
    declared = project.settings.sandbox
    create(
        project.home.sandbox,
        customers=customers or declared.customers,
        seed=declared.seed if seed < 0 else seed,
    )
    say(f"http://127.0.0.1:{port}/erp /shop /mail /help   (Ctrl-C ends it)")
    run(project.home.sandbox, port)


@app.command()
def advance(
    days: Annotated[int, typer.Option(help="Days that pass.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="What happened, as JSON.")] = False,
) -> None:
    """Let time pass: new customers, edits, moves, deletes, withdrawals, a schema change."""
    from dataclasses import asdict

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import table
    from orchestration.project import open_project
    from sandbox.advance import advance as let_pass
    from sandbox.company import create

    project = open_project()
    declared = project.settings.sandbox
    create(project.home.sandbox, customers=declared.customers, seed=declared.seed)
    summary = asdict(let_pass(project.home.sandbox, days=days))
    if as_json:
        write(summary)
    else:
        table(("what", "how many"), list(summary.items()))


@app.command()
def truth() -> None:
    """Say where the truth lies and how to read it. The pipeline never does."""
    from orchestration.cli.output import say
    from orchestration.project import open_project

    path = open_project().home.sandbox / "truth.parquet"
    say(f"{path}\n  one row per party record: source, system, stream, key, facet → entity_id")
