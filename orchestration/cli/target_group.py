"""`stamm target-group`: the groups of the published build, and lists for mailing tools."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serving.api.views import View

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Segments of customers that stamm.yaml declares under `target_groups`; docs/warehouse.md "
        "says how.\n\n"
        "Every build holds them anew: who is in, how many permit which channel, and the trend over "
        "builds (tables target_groups, target_group_members, target_group_trend)."
    ),
)


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="The groups as JSON.")] = False,
) -> None:
    """List the target groups of the published build, with members and permissions.

    Example: stamm target-group list
    """
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table
    from serving.target_groups.export import groups

    with _view() as view:
        rows = groups(view)
    if as_json:
        write(rows)
        return
    if not rows:
        say("stamm.yaml declared no target_groups when this build was made.")
        return
    table(
        ("group", "members", "share", "e-mail", "sms", "phone", "post", "as expected"),
        [
            (row["target_group"], row["members"], f"{row['share']:.1%}", row["permission_email"],
             row["permission_sms"], row["permission_phone"], row["permission_post"],
             row["not_as_expected"] or "yes")
            for row in rows
        ],
    )  # fmt: skip


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="A group, as `stamm target-group list` says.")],
    channel: Annotated[str, typer.Option("--channel", help="email, sms, phone or post.")],
    everybody: Annotated[
        bool, typer.Option("--all", help="Also members who gave no permission for the channel.")
    ] = False,
    to: Annotated[
        str, typer.Option("--to", metavar="FILE", help="A new file; else standard output.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of CSV.")] = False,
) -> None:
    """Export the members of a group that may be written to over a channel, as CSV.

    Only who gave permission, as it stands now. With --all also the others whose address may leave
    for another reason (a contract, say): that list is not for marketing. Whoever is suppressed or
    restricted is in neither. After a restore it waits for `stamm restore --checked`.

    Example: stamm target-group export sleeping_high_value --channel email --to list.csv
    """
    from typing import get_args

    from serving.spreadsheet import as_csv
    from serving.target_groups.export import Channel
    from serving.target_groups.export import export as members
    from stamm.errors import UsageError
    from stamm.mistakes import nearest

    known = get_args(Channel)
    chosen = next((one for one in known if one == channel), None)
    if chosen is None:
        raise UsageError(
            f"--channel: expected one of {', '.join(known)}, found {channel!r}"
            f"{nearest(channel, known)}"
        )
    with _view(leaves="target-group export") as view:
        found = members(view, name, chosen, everybody=everybody)
    text = _as_json(found.rows) if as_json else as_csv(found.columns, found.rows)
    _write(text, to)
    said = f"{len(found.rows):,} members of {name} over {channel}"
    if found.without:
        said += f", {found.without:,} of them without permission: not for marketing"
    typer.echo(said, err=True)


def _as_json(rows: list[dict[str, Any]]) -> str:
    import json

    return json.dumps(rows, indent=2, ensure_ascii=False, default=str) + "\n"


def _write(text: str, to: str) -> None:
    """Personal data: a file that only its owner reads, and never one that was there."""
    import os
    import sys

    from stamm.errors import UsageError

    if not to:
        sys.stdout.write(text)
        return
    try:
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as failure:
        raise UsageError(
            f"--to: {to}: expected a new file in a folder that is there: {failure.strerror}"
        ) from failure
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


@contextmanager
def _view(leaves: str = "") -> Iterator[View]:
    """`leaves` names what leaves the house, which waits after a restore."""
    from orchestration.project import open_project
    from orchestration.restoring import require_checked
    from serving.api.views import Published
    from stamm.store import Store

    home = open_project().home
    published: Path = home.published
    with closing(Store.open(home.store)) as store:
        if leaves:
            require_checked(store, leaves)
        yield Published(published, store).current()
