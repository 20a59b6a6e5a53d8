"""`stamm explain`: why two records are, or are not, one party."""

from __future__ import annotations

from typing import Annotated, Any

import typer

_BAR = 24  # characters of the longest bar of the waterfall


def explain(
    record_a: Annotated[str, typer.Argument(help="Record id, as xref_parties has it.")],
    record_b: Annotated[str, typer.Argument(help="The other record id.")],
    as_json: Annotated[bool, typer.Option("--json", help="The explanation as JSON.")] = False,
) -> None:
    """Show the match weight of two records, comparison by comparison.

    It reads the private warehouse; nobody who is suppressed is shown.

    Record ids: stamm query "select record_id, party_id, source from xref_parties limit 5"
    """
    from contextlib import closing
    from dataclasses import asdict

    from orchestration.cli.output import as_json as write
    from orchestration.project import open_project
    from orchestration.turns import last_run
    from serving.explaining import explain_shown
    from stamm.store import Store

    home = open_project().home
    with last_run(home) as con, closing(Store.open(home.store)) as store:
        explanation = explain_shown(con, store, home.linkage, record_a, record_b)
    if as_json:
        write(asdict(explanation))
    else:
        _waterfall(explanation)


def _waterfall(explanation: Any) -> None:
    """One line per comparison: its level, its weight in bits, and a bar from zero."""
    from rich.markup import escape

    from orchestration.cli.output import say, say_marked

    widest = max((abs(step.weight) for step in explanation.steps), default=1.0) or 1.0
    say(f"{'starting weight (prior)':<44}{explanation.prior_weight:>+8.2f}")
    for step in explanation.steps:
        length = round(_BAR * abs(step.weight) / widest)
        colour = "green" if step.weight >= 0 else "red"
        label = f"{step.comparison}: {step.level}"[:43]
        words = escape(f"{label:<44}{step.weight:>+8.2f}")
        say_marked(f"{words} [{colour}]{'█' * length}[/{colour}]")
    say(f"{'match weight':<44}{explanation.weight:>+8.2f}   p = {explanation.probability:.4f}")
