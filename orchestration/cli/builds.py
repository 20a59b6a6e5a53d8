"""`stamm query` and `stamm publish`: ask the published build, list builds, go back to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    pass

_SHOWN = 50  # rows on a person's screen


def query(
    sql: Annotated[str, typer.Argument(help='Such as "select count(*) from customer_360".')],
    as_json: Annotated[bool, typer.Option("--json", help="Rows as JSON.")] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help="Rows to give at most; 50 for a person, all with --json."),
    ] = None,
) -> None:
    """Ask the published build, read-only. Tables: `stamm query "show tables"`.

    Example: stamm query "select lifecycle, count(*) from customer_360 group by all"
    """
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table
    from orchestration.project import open_project
    from serving.asking import ask
    from serving.publish import open_published

    if limit is None and not as_json:
        limit = _SHOWN
    home = open_project().home
    with open_published(home.published, home.store) as con:
        answer = ask(con, sql, limit)
    if as_json:
        write([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
        return
    table(answer.columns, answer.rows)
    if answer.cut:
        say(f"… the first {limit} rows; --limit shows more")


def publish(
    list_: Annotated[bool, typer.Option("--list", help="The builds that are kept.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to a build.")] = False,
    build: Annotated[str, typer.Option(help="The build to go back to; else the one before.")] = "",
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Take who was suppressed since out of all copies.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The builds as JSON.")] = False,
) -> None:
    """List the published builds, or make an earlier one the current one again.

    The change feed tells it, and a PostgreSQL that builds are copied to follows. Whoever was
    suppressed stays so: where it is needed, a copy of the build without them becomes current.
    """
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table
    from orchestration.project import open_project
    from serving.publish import current_build, list_builds
    from stamm.errors import UsageError

    project = open_project()
    published = project.home.published
    if not (list_ or rollback or refresh):
        raise UsageError(
            "expected --list, --rollback or --refresh", hint="`stamm run` makes new builds."
        )
    if rollback or refresh:
        from orchestration.showing import show_build

        now = show_build(project, build or None, back=rollback)
        if not as_json:
            say(f"Now published: {now}")
            return
    current = current_build(published)
    rows = [
        (b.build_id, current is not None and b.build_id == current.build_id, b.info.get("as_of"))
        for b in list_builds(published)
    ]
    if as_json:
        write([{"build": r[0], "current": r[1], "as_of": r[2]} for r in rows])
    else:
        table(("build", "current", "as of"), rows)
