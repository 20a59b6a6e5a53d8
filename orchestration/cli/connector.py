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
    there, in ten minutes.

    Example: `stamm connector new acme`
    """
    from connectors.layout import lay_out
    from orchestration.cli.output import say

    for path in lay_out(name, Path.cwd()):
        say(f"Wrote {path.relative_to(Path.cwd())}")
    say(
        "Next:\n"
        f"  1. declare its streams in connectors/{name}.py: docs/connectors/writing.md\n"
        f"  2. uv run pytest tests/connectors/test_{name}.py\n"
        f"  3. uv run python -m connectors.pages    writes its page in the docs\n"
        "  4. stamm check                           asks your account"
    )
