"""`stamm init`, `check` and `ui`: begin, look, and open the pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_TEMPLATE = Path(__file__).parent / "stamm.template.yaml"


def init(
    schema: Annotated[
        bool, typer.Option("--schema", help="Write stamm.schema.json for your editor instead.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write a commented stamm.yaml into this folder and say what to do next.

    Each kind of source stands in it as a comment: SAP S/4HANA, Shopware, Brevo, Zendesk, and files
    (CSV, Excel, JSON Lines, Parquet, vCard). Uncomment what you have. Secrets stay out of the
    file: it names environment variables, as in ${ERP_PASSWORD}.

    With --schema it writes stamm.schema.json: an editor then completes the keys of stamm.yaml and
    underlines mistakes as you type.
    """
    from orchestration.cli.output import say
    from stamm.errors import UsageError

    target = Path("stamm.schema.json" if schema else "stamm.yaml")
    if target.exists() and not force:
        raise UsageError(f"{target}: is already here", hint="--force replaces it.")
    if schema:
        _write_schema(target)
        say(f"Wrote {target}. The first line of stamm.yaml already points your editor to it.")
        return
    target.write_text(_TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    say(
        f"Wrote {target}. Next:\n"
        "  1. name your sources in it and set the environment variables it mentions\n"
        "  2. stamm check    connects to each source and says what is missing\n"
        "  3. stamm run      reads them and publishes the first build"
    )


def _write_schema(target: Path) -> None:
    import json

    from connectors.registry import systems
    from connectors.sinks.registry import sinks
    from stamm.settings import json_schema

    schema = json_schema(
        {name: system.settings for name, system in systems().items()},
        {name: sink.settings for name, sink in sinks().items()},
    )
    target.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")


def check(
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
) -> None:
    """Connect to every source and say what a run would find there; nothing is read or changed.

    Per stream: how many records the source counts, how many are landed, how long ago it was last
    read; in a wide terminal and with --json also what that read brought: records that were new,
    known already, in quarantine, and found deleted. Then everything that is wrong, with the
    setting that mends it: credentials, an address that does not answer, a file without a column,
    landing that lacks loads.

    Exit codes: 0 a run can read every source, 1 it cannot, 2 stamm.yaml itself is wrong.

    Example: stamm check --json | jq '.[] | select(.ok | not) | .problems'
    """
    from orchestration.cli.health import as_data, ask_sources, show
    from orchestration.cli.output import as_json as write
    from orchestration.project import open_project, with_sources
    from orchestration.target_groups import target_group_variables

    project = open_project()
    project.home.prepare()
    if project.settings.target_groups:
        target_group_variables(project)
    with with_sources(project) as served:
        found = ask_sources(served, quiet=as_json)
    if as_json:
        write(as_data(found))
    else:
        show(found)
    if any(not health.ok for health in found.values()):
        raise typer.Exit(1)


def ui(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 3000,
) -> None:
    """Open Dagster's pages: the graph from API to published build, runs, checks, the schedule.

    Serves until Ctrl-C, on this machine only. Under `Lineage` each group is a stage; a click on a
    table shows its rows, its checks and when it was last made. The daily run starts by itself
    while this is open, once it is switched on under `Automation`.

    Example: stamm ui --port 3001
    """
    import os
    import sys

    from orchestration.cli.output import say
    from orchestration.instance import prepare_instance
    from orchestration.project import open_project

    prepare_instance(open_project().home)
    say(f"http://127.0.0.1:{port}   (Ctrl-C ends it)")
    quiet = ["-W", "ignore"]  # Dagster warns of its own command's successor
    command = [sys.executable, *quiet, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    sys.stdout.flush()
    os.execv(command[0], [*command, "-h", "127.0.0.1", "-p", str(port)])  # noqa: S606 - our own
