"""`stamm query` and `stamm publish`: ask the published build, list builds, go back to one."""

from __future__ import annotations

from typing import Annotated

import typer


def query(
    sql: Annotated[str, typer.Argument(help='Such as "select count(*) from customer_360".')],
    as_json: Annotated[bool, typer.Option("--json", help="Rows as JSON.")] = False,
    limit: Annotated[int, typer.Option(help="Rows to show at most.")] = 50,
) -> None:
    """Ask the published build, read-only. Tables: `stamm query "show tables"`.

    Example: stamm query "select lifecycle, count(*) from customer_360 group by all"
    """
    import duckdb

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table
    from orchestration.project import open_project
    from serving.publish import open_published
    from stamm.errors import UsageError

    home = open_project().home
    with open_published(home.published, home.store) as con:
        try:
            relation = con.sql(sql)
        except duckdb.Error as failure:
            raise UsageError(str(failure).strip()) from failure
        columns = relation.columns if relation is not None else []
        rows = relation.fetchmany(limit + 1) if relation is not None else []
    if as_json:
        write([dict(zip(columns, row, strict=True)) for row in rows[:limit]])
        return
    table(columns, rows[:limit])
    if len(rows) > limit:
        say(f"… the first {limit} rows; --limit shows more")


def publish(
    list_: Annotated[bool, typer.Option("--list", help="The builds that are kept.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to a build.")] = False,
    build: Annotated[str, typer.Option(help="The build to go back to; else the one before.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The builds as JSON.")] = False,
) -> None:
    """List the published builds, or make an earlier one the current one again."""
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table
    from orchestration.project import open_project
    from serving.publish import current_build, list_builds
    from serving.publish import rollback as roll_back
    from stamm.errors import UsageError

    published = open_project().home.published
    if not (list_ or rollback):
        raise UsageError("expected --list or --rollback", hint="`stamm run` makes new builds.")
    if rollback:
        say(f"Now published: {roll_back(published, build or None).build_id}")
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
