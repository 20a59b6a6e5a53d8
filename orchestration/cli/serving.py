"""`stamm serve` and `stamm key`: the REST API and the Desk, and who may ask the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from stamm.store import Store

key = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make, list and revoke the keys of the REST API. Only a hash of each is kept, and the log "
    "of reads names its holder as the recipient (Art. 15 GDPR). What it opens is its scopes: "
    "read, match, judge, consent.",
)
Json = Annotated[bool, typer.Option("--json", help="The answer as JSON.")]


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Where to listen; TLS is the work of a proxy before it.")
    ] = "127.0.0.1",
    dagster_url: Annotated[
        str, typer.Option(help="Where `stamm ui` is seen; the Desk links to it.")
    ] = "http://127.0.0.1:3000",
) -> None:
    """Serve the published build over REST, and the Desk: the page for the people who decide.

    It opens the published build and the operational store; a new build is taken up by itself. A
    key is needed: stamm key create "CRM" --scope read --scope match

    The Desk is at /desk; make a user first: stamm desk user add NAME --role steward (docs/desk.md).
    Description of all routes: http://127.0.0.1:8000/docs (docs/api.md).
    """
    from orchestration.cli.output import say
    from orchestration.project import open_project
    from orchestration.serving_api import desk, service
    from orchestration.serving_api import serve as run
    from serving.api.app import application
    from stamm.errors import StammError

    project = open_project()
    with service(project) as shared, desk(project, shared, dagster_url) as page:
        try:
            run(
                application(shared, page),
                host,
                port,
                lambda url: say(
                    f"Serving {url} (Ctrl+C ends it); the Desk: {url}/desk, all routes: {url}/docs"
                ),
            )
        except OSError as taken:
            raise StammError(
                f"{host}:{port}: cannot be listened on: {taken.strerror}",
                hint="Name another one: --port 0 takes any that is free.",
            ) from taken


@key.command()
def create(
    name: Annotated[str, typer.Argument(help="Who will hold it, such as CRM.")],
    scope: Annotated[list[str], typer.Option(help="read, match, judge or consent; repeatable.")],
    per_minute: Annotated[int, typer.Option(min=1, help="Requests it may make.")] = 600,
    as_json: Json = False,
) -> None:
    """Make a key. Its text is shown this once and kept nowhere.

    Example: stamm key create "CRM" --scope read --scope match
    """
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say
    from serving.api.keys import create_key

    with opened_store() as (store, at):
        made, text = create_key(store, name, scope, at=at, per_minute=per_minute)
    if as_json:
        write({"key_id": made.key_id, "key": text})
        return
    say(f"Key {made.key_id} of {made.name} for {', '.join(sorted(made.scopes))}:")
    say(text)


@key.command("list")
def list_(as_json: Json = False) -> None:
    """List all keys, revoked ones too; never their text.

    Example: stamm key list
    """
    from dataclasses import asdict

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import table
    from serving.api.keys import list_keys

    with opened_store() as (store, _):
        keys = list_keys(store)
    if as_json:
        write([{**asdict(one), "scopes": sorted(one.scopes)} for one in keys])
        return
    rows = [
        (one.key_id, one.name, ", ".join(sorted(one.scopes)), one.per_minute,
         f"{one.created_at:%Y-%m-%d}", f"{one.revoked_at:%Y-%m-%d}" if one.revoked_at else None)
        for one in keys
    ]  # fmt: skip
    table(("key", "holder", "scopes", "per minute", "created", "revoked"), rows)


@key.command()
def revoke(key_id: Annotated[str, typer.Argument(help="As `stamm key list` shows it.")]) -> None:
    """Revoke a key: from the next request on it opens nothing.

    Example: stamm key revoke 9f2c44d01ab7
    """
    from orchestration.cli.output import say
    from serving.api.keys import revoke_key

    with opened_store() as (store, at):
        gone = revoke_key(store, key_id, at=at)
    say(f"Key {gone.key_id} of {gone.name} is revoked.")


@contextmanager
def opened_store() -> Iterator[tuple[Store, datetime]]:
    """The operational store and the machine's own time."""
    from contextlib import closing

    from orchestration.project import open_project
    from stamm.clock import SystemClock

    with closing(open_project().open_store()) as store:
        yield store, SystemClock().now()
