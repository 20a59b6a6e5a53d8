"""`stamm simulate` and `stamm train`: what another setting would do, before anything does."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dedupe.specification import Specification
    from orchestration.measuring import Proposal
    from orchestration.project import Project
    from serving.prediction import Prediction

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


def train(
    supervised: Annotated[
        bool, typer.Option("--supervised", help="Learn from the judgements so far.")
    ] = False,
    write_to: Annotated[
        str, typer.Option("--write", metavar="FOLDER", help="Write the specifications there.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The proposals as JSON.")] = False,
) -> None:
    """Learn from judgements, and show what that would change; nothing is applied.

    With at least 50 judgements on people, or on firms, a logistic regression weighs the comparisons
    anew beside the unsupervised weights. Shown are its agreement with judgements it did not see,
    the pairs that would flip, and the merges and splits that would cause.

    To apply it: --write FOLDER, then name the files in stamm.yaml (linkage: {person: …}).
    Unsupervised training needs no command: `stamm run` does it.
    """
    from rich.console import Console

    from orchestration.cli.output import as_json as write
    from orchestration.measuring import proposals
    from orchestration.project import open_project
    from orchestration.simulation import predict
    from orchestration.specifications import match_specifications
    from stamm.errors import UsageError

    if not supervised:
        raise UsageError("expected --supervised", hint="`stamm run` trains without labels.")
    project = open_project()
    found = proposals(project)
    chosen = match_specifications(project)
    for one in found:
        chosen[one.specification.party_type] = one.specification
    with Console(stderr=True, quiet=as_json).status("trying it on copies"):
        prediction = predict(project, chosen)
    files = _write(found, write_to) if write_to else []
    if as_json:
        write({
            "proposals": [_proposal(one) for one in found],
            "prediction": asdict(prediction),
            "written": files,
        })  # fmt: skip
        return
    for one in found:
        _show_proposal(one)
    _show(prediction)
    _tell_next(files)


def _proposal(one: Proposal) -> dict[str, Any]:
    supervised = one.specification.supervised
    return {
        "party_type": one.specification.party_type,
        "supervised": supervised.model_dump() if supervised else None,
        "agreement": asdict(one.agreement),
        "flips": asdict(one.flips),
    }


def _show_proposal(one: Proposal) -> None:
    from orchestration.cli.output import say, say_marked, table

    told, supervised = one.agreement, one.specification.supervised
    say_marked(f"[bold]{one.specification.party_type}[/bold], {told.of} judgements")
    say(
        f"Agreement with them: {told.unsupervised / told.of:.1%} without labels, "
        f"{told.supervised / told.of:.1%} supervised (each fifth unseen)"
    )
    if supervised:
        say(f"Every weight {supervised.shift_bits:+.2f} bits, and")
        table(
            ("comparison", "counts times"),
            [(name, f"{scale:.2f}") for name, scale in supervised.scales.items()],
        )
    joined, parted = one.flips.joined, one.flips.parted
    say(f"Pairs that flip: {joined:,} come above the threshold, {parted:,} fall below it")


def _write(found: list[Proposal], folder: str) -> list[str]:
    """One file per party type, as `--spec` and stamm.yaml take them."""
    from pathlib import Path

    from dedupe.specification import written

    Path(folder).mkdir(parents=True, exist_ok=True)
    files = []
    for one in found:
        path = Path(folder) / f"{one.specification.party_type}.yml"
        path.write_text(written(one.specification), encoding="utf-8")
        files.append(str(path))
    return files


def _tell_next(files: list[str]) -> None:
    from orchestration.cli.output import say

    if not files:
        say("Nothing is applied. --write FOLDER keeps the specifications.")
        return
    say(f"Wrote {', '.join(files)}. Name them in stamm.yaml under linkage to apply them.")


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
        threshold = project.settings.linkage.threshold  # as a run with that file would
    if threshold is None:
        return chosen
    try:
        Thresholds(candidate=0.5, merge_bits=threshold, origin="asked for")
    except ValidationError as failure:
        raise UsageError(
            f"--threshold: expected more than -3 and at most 40 bits, found {threshold}",
            hint="The higher, the fewer and surer the merges; the specification states its own.",
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
