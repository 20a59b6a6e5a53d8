"""`stamm schema`: what the sources' records hold, beside what is declared of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from orchestration.project import Project
    from stamm.settings import SourceSettings

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What the sources' records hold, beside what is declared of them.",
)


@app.command()
def diff(
    source: Annotated[str, typer.Argument(help="Only this source.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The differences as JSON.")] = False,
) -> None:
    """Show where records differ from their stream's declaration: new, missing, other kinds.

    Each line names the field, what is declared, what was found, how many records had it, and when
    it was first and last met. Nothing is lost by it: records land as they came, unless
    sources.NAME.drift in stamm.yaml says quarantine or fail for the stream.

    Exit codes: 0 no difference was ever met, 1 there are some, 2 wrong use.

    Examples: `stamm schema diff` · `stamm schema diff shop --json`
    """
    from orchestration.cli.output import as_json as tell
    from orchestration.cli.output import say, table
    from orchestration.project import open_project

    found = _differences(open_project(), source)
    if as_json:
        tell(found)
    elif found:
        columns = ("source", "stream", "difference", "records", "first seen", "last seen")
        table(columns, [[row[c.replace(" ", "_")] for c in columns] for row in found])
    else:
        say("All records are as their streams declare.")
    raise typer.Exit(int(bool(found)))


@app.command()
def declare(
    source: Annotated[str, typer.Argument(help="A source that has been read.")],
    out: Annotated[Path | None, typer.Option(help="Write there instead of showing it.")] = None,
) -> None:
    """Write the declaration that fits what a source's records held so far, as YAML.

    For who adds a connector: read the source once, look through what this prints, and put it into
    connectors/schemas/SYSTEM.yml. A kind that ends with ? may be absent.

    Examples: `stamm schema declare shop` · `stamm schema declare erp --out schema.yml`
    """
    from orchestration.cli.output import say
    from orchestration.project import open_project
    from stamm.errors import UsageError

    if out is not None and not out.absolute().parent.is_dir():
        raise UsageError(
            f"--out: expected the folder {out.parent} to be there, found none",
            hint="A path begins at the folder this is called in, not at the clone.",
        )
    text = _declaration(open_project(), source)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        say(f"Wrote {out}.")


def _differences(project: Project, only: str) -> list[dict[str, Any]]:
    from connectors.progress import ProgressLog

    sources = _chosen(project, only)
    store = project.open_store()
    try:
        log = ProgressLog(store)
        return [
            {
                "source": name,
                "stream": stream.name,
                "difference": str(noted.drift),
                "field": noted.drift.field,
                "declared": noted.drift.declared or None,
                "found": noted.drift.found or None,
                "records": noted.records,
                "first_seen": noted.first_seen_at,
                "last_seen": noted.last_seen_at,
            }
            for name, source in sources.items()
            for stream in project.streams_of(source)
            for noted in log.drift(name, stream.name)
        ]
    finally:
        store.close()


def _declaration(project: Project, name: str) -> str:
    import yaml

    from connectors.landing import stream_folder
    from connectors.parts import landed_records
    from connectors.schema import learnt
    from stamm.errors import UsageError

    [source] = _chosen(project, name).values()
    streams = project.streams_of(source)
    landing = project.home.landing
    learned = {s.name: learnt(landed_records(stream_folder(landing, name, s.name)))
               for s in streams}  # fmt: skip
    written = {name: {f: str(kind) for f, kind in fields.items()}
               for name, fields in learned.items() if fields}  # fmt: skip
    if not written:
        raise UsageError(
            f"expected landed records of {name} to learn from, found none",
            hint=f"Read it first: `stamm run --source {name}`; `stamm check` says why it cannot.",
        )
    return str(yaml.safe_dump(written, sort_keys=False, allow_unicode=True))


def _chosen(project: Project, name: str) -> dict[str, SourceSettings]:
    """The source of that name, or all of them."""
    from orchestration.project import declared_sources
    from stamm.errors import UsageError
    from stamm.mistakes import nearest

    known = dict(declared_sources(project))
    if not name:
        return known
    if name not in known:
        raise UsageError(
            f"expected a source out of {', '.join(known)}, found {name!r}{nearest(name, known)}"
        )
    return {name: known[name]}
