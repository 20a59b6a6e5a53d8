"""`stamm simulate`: what another setting of linkage would do, before anything does."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dedupe.specification import Specification
    from orchestration.project import Project
    from orchestration.simulation import Prediction

_NAMED = 10  # ids of each kind on a person's screen


def simulate(
    threshold: Annotated[
        float | None, typer.Option(help="Bits above which records are one party.")
    ] = None,
    spec: Annotated[str, typer.Option("--spec", help="A match specification (YAML).")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The prediction as JSON.")] = False,
) -> None:
    """Predict what a threshold or a specification would do; nothing is changed.

    Merges and splits, ids that retire, the customers, revenue and consents touched, and the
    judgements that it would contradict. The run is tried on copies, so the next run with that
    setting (linkage in stamm.yaml) over the same data does exactly this.

    Example: stamm simulate --threshold 2.5
    """
    from rich.console import Console

    from orchestration.cli.output import as_json as write
    from orchestration.project import open_project
    from orchestration.simulation import predict
    from stamm.errors import UsageError

    if threshold is None and not spec:
        raise UsageError("expected --threshold or --spec", hint="stamm simulate --threshold 2.5")
    project = open_project()
    chosen = _specifications(project, threshold, spec)
    with Console(stderr=True, quiet=as_json).status("trying it on copies"):
        prediction = predict(project, chosen)
    if as_json:
        write(asdict(prediction))
    else:
        _show(prediction)


def _specifications(
    project: Project, threshold: float | None, spec: str
) -> dict[str, Specification]:
    """The project's own, with what is to be tried in their place."""
    from pathlib import Path

    from pydantic import ValidationError

    from dedupe.specification import Thresholds, load_specification
    from orchestration.specifications import match_specifications, with_threshold
    from stamm.errors import UsageError

    chosen = match_specifications(project)
    if spec:
        tried = load_specification("person", Path(spec))
        chosen[tried.party_type] = tried
    if threshold is None:
        return chosen
    try:
        Thresholds(candidate=0.5, merge_bits=threshold, origin="asked for")
    except ValidationError as failure:
        raise UsageError(
            f"--threshold: expected more than -3 and at most 40 bits, found {threshold}",
            hint="-1 is the default; the higher, the fewer and surer the merges.",
        ) from failure
    return {name: with_threshold(one, threshold) for name, one in chosen.items()}


def _show(prediction: Prediction) -> None:
    from orchestration.cli.output import say

    p = prediction
    say(f"{p.parties_before:,} golden parties would become {p.parties_after:,}.")
    say(
        f"{len(p.merges):,} merges, {len(p.splits):,} splits · {len(p.minted):,} ids minted, "
        f"{len(p.merges) + len(p.retired):,} retired, {len(p.restored):,} restored · "
        f"{p.records_moved:,} records change their party"
    )
    say(
        f"Touched: {p.parties_touched:,} parties, {p.customers:,} customers with "
        f"{p.revenue_eur:,.2f} EUR of orders, {p.consents:,} consents ({p.consents_given:,} given)"
    )
    against = ", ".join(map(str, p.contradicted))
    say(f"Judgements the model alone would contradict (they hold): {against or 'none'}")
    for word, pairs in (("merges into", p.merges), ("splits from", p.splits)):
        for one, other in pairs[:_NAMED]:
            say(f"  {one} {word} {other}")
        if len(pairs) > _NAMED:
            say(f"  … and {len(pairs) - _NAMED:,} more; --json names all")
