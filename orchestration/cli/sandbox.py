"""`stamm sandbox`: serve the sandbox company, let its time pass, look at its truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from orchestration.project import Project

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "The built-in company: customers in Germany, Austria and Switzerland, spread over SAP "
        "S/4HANA, Shopware 6, Brevo and Zendesk with the mess of real life.\n\n"
        "`stamm run` makes and serves it by itself. Use these commands to try the APIs by hand "
        "(serve), to see what a later run makes of changes (advance), and to find out who is who "
        "(truth)."
    ),
)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")] = 8470,
    customers: Annotated[int, typer.Option(help="Size of a new company.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of a new company.")] = -1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Addresses and keys as one line of JSON.")
    ] = False,
) -> None:
    """Serve the four vendor APIs of the sandbox on loopback until Ctrl-C.

    Each API speaks its vendor's own protocol and wants its credentials, which are shown at the
    start; they open nothing else. A company that is there already is served as it is, so size and
    seed can only be chosen for a new one; without them they come from stamm.yaml.

    It misbehaves on request: POST {"system": "erp", "kind": "too_many_requests", "times": 3} to
    /_sandbox/faults (kinds: too_many_requests, server_error, down, slow, cut_off, expired_token,
    empty, duplicate_pages, unknown_field, capped_pages, rate_limit); DELETE ends all of it.
    GET /_sandbox/requests lists what was asked.

    Example: curl -u STAMM_READER:sandbox-s4-password 'http://127.0.0.1:8470/erp/sap/opu/odata/sap/API_BUSINESS_PARTNER/A_BusinessPartner?$top=1'
    """
    from orchestration.project import open_project
    from sandbox.server import run
    from stamm.errors import UsageError

    project = open_project()
    _create(project, customers, seed)
    try:
        run(project.home.sandbox, port, lambda url: _announce(project, url, as_json))
    except OSError as failure:
        raise UsageError(
            f"--port: expected a free port, found {port} in use ({failure.strerror})",
            hint="--port 0 takes a free one.",
        ) from failure


def _create(project: Project, customers: int = 0, seed: int = -1) -> None:
    """The company of the settings, unless it is there already."""
    from rich.console import Console

    from sandbox.company import create

    declared = project.settings.sandbox
    size = customers or declared.customers
    with Console(stderr=True).status(f"a company of {size:,} customers"):
        create(project.home.sandbox, customers=size, seed=declared.seed if seed < 0 else seed)


def _announce(project: Project, url: str, as_json: bool) -> None:
    import json
    import sys

    from orchestration.cli.output import say
    from orchestration.sandbox_sources import declared

    served = {name: one for name, one in declared(project, url).items() if "url" in one}
    if as_json:
        sys.stdout.write(json.dumps({"url": url, "sources": served}) + "\n")
        sys.stdout.flush()
        return
    for name, one in served.items():
        say(f"{name:5} {one['system']:9} {one['url']}   {_keys(one)}")
    say("Ctrl-C ends it.")


def _keys(declared: dict[str, Any]) -> str:
    known = {"system", "url", "insecure"}
    return ", ".join(f"{name} {value}" for name, value in declared.items() if name not in known)


@app.command()
def advance(
    days: Annotated[int, typer.Option(help="Days that pass.", min=1)] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="What happened, as JSON.")] = False,
) -> None:
    """Let time pass in the sandbox company, and say what happened.

    New customers come, old ones order, ask and read. People move, correct addresses, e-mails and
    phones without their customer's moment of change moving, take back consents, are deleted; and
    one of the vendors adds a field that nobody announced. The sandbox has its own clock: no
    waiting. The same seed and the same steps give the same company.

    Then: stamm run reads what changed, and only that.
    """
    from dataclasses import asdict

    from rich.console import Console

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import table
    from orchestration.project import open_project
    from sandbox.advance import advance as let_pass

    project = open_project()
    _create(project)
    with Console(stderr=True, quiet=as_json).status(f"{days} days pass"):
        summary = asdict(let_pass(project.home.sandbox, days=days))
    if as_json:
        write(summary)
    else:
        table(("what", "how many"), list(summary.items()))


@app.command()
def truth(
    as_json: Annotated[bool, typer.Option("--json", help="Path and counts as JSON.")] = False,
) -> None:
    """Say where the truth about the sandbox company lies and what it holds.

    The truth knows who every record really is: one row per party record with source, system,
    stream, key and facet ('#org' for the firm that a person's record names), entity_id (null for
    test and nonsense records), organisation_entity_id (for whom a person acts) and household_id.
    The pipeline never reads it; it is only held against the result of a run.
    """
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table
    from orchestration.project import open_project
    from stamm.errors import UsageError

    path = open_project().home.sandbox / "truth.parquet"
    if not path.exists():
        raise UsageError(
            f"{path}: expected the truth of a sandbox company, found none",
            hint="`stamm run`, `stamm sandbox serve` and `stamm sandbox advance` make the company.",
        )
    counts = _count(path)
    if as_json:
        write({"path": str(path), **counts})
        return
    say(str(path))
    table(("what", "how many"), list(counts.items()))


def _count(path: Path) -> dict[str, int]:
    """Records, and who they are."""
    from stamm.duck import in_memory

    with in_memory() as con:
        relation = con.sql(
            "select count(*) as records, count(distinct entity_id) filter (party_type = 'person') "
            "as people, count(distinct entity_id) filter (party_type = 'organisation') as firms, "
            "count(*) filter (entity_id is null) as test_or_nonsense from read_parquet($path)",
            params={"path": str(path)},
        )
        return dict(zip(relation.columns, map(int, relation.fetchall()[0]), strict=True))
