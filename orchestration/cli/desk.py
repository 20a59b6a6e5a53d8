"""`stamm desk`: who works at the Desk, and whether its audit trail is whole."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from orchestration.cli.serving import opened_store

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The Desk is the page for the people who decide: `stamm serve` shows it at /desk. Here "
    "its users are made and closed, and its audit trail is checked.",
)
user = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make, list and close users. A steward reviews and decides; an admin also sees users and "
    "the audit trail. Only a slow hash of a password is kept (Argon2id).",
)
app.add_typer(user, name="user")
Name = Annotated[str, typer.Argument(help="Such as m.winter; it stands beside each decision.")]
Json = Annotated[bool, typer.Option("--json", help="The answer as JSON.")]


@user.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="steward or admin.")],
) -> None:
    """Make a user. The password is asked for, or read from standard input.

    At least 15 characters, nothing else is prescribed; what everybody chooses is refused.

    Example: stamm desk user add m.winter --role steward
    """
    from orchestration.cli.output import say
    from serving.desk.users import add_user

    with opened_store() as (store, at):
        made = add_user(store, name, role, _password(), at=at)
    say(f"{made.name} may work at the Desk as {made.role}: stamm serve, then /desk")


@user.command()
def password(name: Name) -> None:
    """Set another password; all sessions of this user end.

    Example: stamm desk user password m.winter
    """
    from orchestration.cli.output import say
    from serving.desk.users import set_password

    with opened_store() as (store, at):
        set_password(store, name, _password(), at=at)
    say(f"{name} has another password.")


@user.command("list")
def list_(as_json: Json = False) -> None:
    """List all users, closed ones too.

    Example: stamm desk user list
    """
    from dataclasses import asdict

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import table
    from serving.desk.users import users

    with opened_store() as (store, _):
        found = users(store)
    if as_json:
        write([asdict(one) for one in found])
        return
    rows = [
        (one.name, one.role, f"{one.created_at:%Y-%m-%d}",
         f"{one.closed_at:%Y-%m-%d}" if one.closed_at else None)
        for one in found
    ]  # fmt: skip
    table(("name", "role", "since", "closed"), rows)


@user.command()
def close(name: Name) -> None:
    """Close a user's access: from the next request on. The name stays in what was decided.

    Example: stamm desk user close m.winter
    """
    from orchestration.cli.output import say
    from serving.desk.users import close_user

    with opened_store() as (store, at):
        close_user(store, name, at=at)
    say(f"{name} is let in no more.")


@app.command()
def audit(
    verify: Annotated[bool, typer.Option("--verify", help="Only check the chain.")] = False,
    noted: Annotated[
        str, typer.Option(metavar="NUMBER:HASH", help="An end of the chain noted earlier.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="Entries to give at most.")] = 50,
    as_json: Json = False,
) -> None:
    """Show the audit trail, newest first, or check that nobody edited it.

    The store refuses to change entries, and each holds a hash over itself and all before it. Note
    the end of the chain elsewhere now and then: with --noted even a chain made anew shows.

    Example: stamm desk audit --verify --noted 42:9c1185a5c5e9fc54612808977ee8f548b2258d31…
    """
    from dataclasses import asdict

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table
    from serving.desk import audit as trail
    from stamm.errors import StammError

    with opened_store() as (store, _):
        faults = trail.verify(store, trail.Head.read(noted) if noted else None)
        head, entries = trail.head(store), [] if verify else trail.entries(store, limit=limit)
    if as_json:
        write({"head": str(head), "faults": faults, "entries": [asdict(one) for one in entries]})
    elif entries:
        columns = ("no", "at", "who", "what", "on what", "detail")
        table(columns, [(str(e.seq), f"{e.at:%Y-%m-%d %H:%M}", e.actor, e.action, e.subject,
                         e.detail) for e in entries])  # fmt: skip
    if faults:
        raise StammError(
            "expected an audit trail as it was written: " + "; ".join(faults),
            hint="Compare with a backup; whoever did it could write to the operational store.",
        )
    if not as_json:
        say(f"The chain is whole; it ends at {head}")


def _password() -> str:
    """Typed twice without being shown, or the first line of what is piped in."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
