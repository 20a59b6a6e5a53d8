"""`stamm dedupe`: link any files by themselves, without a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dedupe.files import Result

_GUESSED = "?"


def dedupe(
    files: Annotated[list[Path], typer.Argument(help="CSV, Parquet, JSON Lines or Excel files.")],
    id_column: Annotated[
        str, typer.Option("--id", metavar="COL", help="The column that names a row of a file.")
    ] = "",
    truth: Annotated[
        str,
        typer.Option(
            metavar="COL", help="The column that knows who is who; used for nothing but scoring."
        ),
    ] = "",
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="ROLE=COL", help="State what a column is; repeatable."),
    ] = None,
    spec: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A specification.yml of an earlier run.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where results go.  [default: <first file>-dedupe]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Find out which records of any files are one person or one firm.

    What each column holds is inferred, or stated with --map; several files are pooled. Results:
    clusters.csv, golden.csv (one record per cluster), pairs.parquet, specification.yml,
    summary.json, and report.html, which opens without a network.

    Examples: stamm dedupe customers.csv · stamm dedupe shop.csv erp.xlsx --id number --map
    phone=Rufnummer
    """
    from dedupe.files import Options, dedupe_files
    from orchestration.announcing import announce
    from orchestration.cli.output import as_json as write
    from orchestration.cli.progress import shown_progress

    options = Options(id_column, truth, _mapped(mapped or []), spec, out)
    with shown_progress(quiet=as_json):
        result = dedupe_files(files, options, announce)
    if as_json:
        write(result.as_dict())
    else:
        _show(result)


def _mapped(pairs: list[str]) -> dict[str, str]:
    """ROLE=COL → column: role."""
    from stamm.errors import UsageError

    found: dict[str, str] = {}
    for pair in pairs:
        role, separator, column = pair.partition("=")
        if not (role and separator and column):
            raise UsageError(
                f"--map: expected ROLE=COL, found {pair!r}",
                hint="Such as --map phone=Rufnummer; repeat --map for each column.",
            )
        found[column] = role
    return found


def _show(result: Result) -> None:
    from orchestration.cli.output import say, table

    findings = result.findings
    table(
        ("column", "role", "filled", "why"),
        [
            (c.column, c.role + _GUESSED * c.doubtful, f"{c.filled:.0%}", c.reason)
            for c in findings.columns
        ],
    )
    for one in findings.party_types:
        say()
        table(
            (f"{one.party_type} records meet by", "pairs", "adds of the matches"),
            [(rule.rule, rule.pairs, f"{rule.found:.0%}") for rule in one.rules],
        )
    say()
    _show_scores(result)
    say(
        f"{findings.records:,} records · {findings.clusters:,} clusters ·"
        f" {findings.duplicates:,} duplicates · largest cluster {findings.largest_cluster:,}"
    )
    for one in findings.party_types:
        say(
            f"{one.party_type}: estimated precision {one.estimate.precision:.1%}, recall"
            f" {one.estimate.recall:.1%} (no truth was looked at)"
        )
    if findings.unsure:
        say("Unsure:")
        for sentence in findings.unsure:
            say(f"  · {sentence}")
    say(f"Open it: {result.out / 'report.html'}")


def _show_scores(result: Result) -> None:
    from orchestration.cli.output import say, table

    if result.scores is None:
        return
    scores: dict[str, Any] = {
        "pairwise": result.scores.pairwise,
        "cluster": result.scores.cluster,
        "b3": result.scores.b3,
    }
    table(
        ("against the truth", "precision", "recall", "F1"),
        [(kind, *figures) for kind, figures in scores.items()],
    )
    say()
