"""`stamm connector`: begin a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Connectors to other systems.")


@app.callback()
def _only_with_a_command() -> None:
    """Without this, `stamm connector NAME` would be taken for `stamm connector new NAME`."""


@app.command()
def new(name: Annotated[str, typer.Argument(help="The system's name, such as acme.")]) -> None:
    """Lay out a declaration, its fields and a test that work as they are.

    Run it in a checkout. It writes connectors/NAME.py, connectors/schemas/NAME.yml and
    tests/connectors/test_NAME.py, and replaces nothing. docs/connectors/writing.md goes on from
    there.

    Example: `stamm connector new acme`
    """
    from connectors.layout import lay_out
    from orchestration.cli.output import say

    for path in lay_out(name, Path.cwd()):
        say(f"Wrote {path.relative_to(Path.cwd())}")
    say(
        "Next, as docs/connectors/writing.md tells:\n"
        f"  1. declare its streams in connectors/{name}.py, change its test with that\n"
        "  2. stamm check, stamm run                where a stamm.yaml names your account\n"
        "  3. stamm schema declare SOURCE --out …   writes its fields down\n"
        "  4. uv run python -m connectors.pages     writes its page in the docs\n"
        "  5. name it in docs/connectors/README.md\n"
        f"  6. uv run pytest -n 0 tests/connectors -k '{name} or conformance or overview'"
    )
