"""`stamm review` and `stamm evaluate`: what to look at, and how good linkage is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dedupe.measures.measured import Share
    from orchestration.measuring import Evaluation, TypeEvaluation


def review(
    list_: Annotated[
        bool, typer.Option("--list", help="List them; that is also what it does without.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Items to give at most.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="The items as JSON.")] = False,
) -> None:
    """List the pairs most worth a person's look, most valuable first, each with its reason.

    Parties kept apart that may be one, single pairs that hold a party together, judgements that
    contradict each other, and new records that resemble judged ones. The value is the doubt times
    what hangs on it: records, orders, and every 1,000 EUR of revenue. Nobody suppressed is named.

    Then: stamm explain A B · stamm judge A B same|different|unsure --why "…"
    """
    from rich.markup import escape

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, say_marked
    from orchestration.measuring import worth_a_look
    from orchestration.project import open_project

    del list_
    items = worth_a_look(open_project(), limit)
    if as_json:
        write([{**asdict(item), "value": item.value} for item in items])
        return
    if not items:
        say("Nothing is in doubt.")
        return
    for item in items:
        hangs = item.stakes
        say_marked(
            f"[bold]{item.value:8.1f}[/bold]  {item.kind}: {escape(item.reason)}\n"
            f"{'':10}{hangs.records} records, {hangs.orders} orders, {hangs.revenue_eur:,.2f} EUR"
            f" · stamm explain {item.left_record} {item.right_record}"
        )


def evaluate(
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Tell how good the last run's linkage is: precision and recall, estimated and measured.

    Estimated: what the model itself expects, without any truth. Measured: on the pairs that people
    judged so far, with the range that so few leave open (95 %); mind that people judge the
    doubtful ones. Where a truth is known, the scores against it.

    Example: stamm evaluate --json
    """
    from orchestration.cli.output import as_json as write
    from orchestration.measuring import evaluation
    from orchestration.project import open_project

    found = evaluation(open_project())
    if as_json:
        write(_data(found))
    else:
        _show(found)


def _show(found: Evaluation) -> None:
    from orchestration.cli.output import say, table

    table(
        ("estimated by the model", "precision", "recall", "F1"),
        [row for one in found.types for row in _estimates(one)],
    )
    say()
    judged = [one for one in found.types if one.judged]
    if judged:
        table(
            ("measured on judgements", "right", "of", "share", "95 % between"),
            [row for one in judged for row in _measures(one)],
        )
    else:
        say("No judgement of the last run's records yet; `stamm review` says where to begin.")
    if found.truth:
        say()
        table(
            ("against the truth", "precision", "recall", "F1"),
            [(kind, *figures) for kind, figures in found.truth.items()],
        )


def _estimates(one: TypeEvaluation) -> list[tuple[Any, ...]]:
    told = one.expected
    return [
        (f"{told.party_type}: {what}", e.precision, e.recall, e.f1)
        for what, e in (
            (f"pairs above {told.threshold:+.1f} bits", told.at_threshold),
            ("golden parties", told.clusters),
        )
    ]


def _measures(one: TypeEvaluation) -> list[tuple[Any, ...]]:
    kind, told = one.expected.party_type, one.measured
    rows = [
        (f"{kind}: precision", *_shown(told.precision)),
        (f"{kind}: recall", *_shown(told.recall)),
    ]
    rows += [
        (f"{kind}: one party, {band.low:+g} to {band.high:+g} bits", *_shown(band.same))
        for band in told.bands
    ]
    return rows


def _shown(share: Share) -> tuple[Any, ...]:
    low, high = share.interval
    value = "–" if share.value is None else f"{share.value:.3f}"
    return share.right, share.of, value, f"{low:.3f} – {high:.3f}"


def _data(found: Evaluation) -> dict[str, Any]:
    return {
        "types": {one.expected.party_type: _type_data(one) for one in found.types},
        "truth": {
            kind: dict(zip(("precision", "recall", "f1"), figures, strict=True))
            for kind, figures in found.truth.items()
        },
    }


def _type_data(one: TypeEvaluation) -> dict[str, Any]:
    def expected(e: Any) -> dict[str, float]:
        return {"precision": e.precision, "recall": e.recall, "f1": e.f1}

    def share(s: Share) -> dict[str, Any]:
        return {"right": s.right, "of": s.of, "share": s.value, "interval": s.interval}

    told = one.expected
    return {
        "threshold_bits": told.threshold,
        "expected_matches": told.matches,
        "coverage": told.coverage,
        "estimated": {
            "pairs": expected(told.at_threshold),
            "clusters": expected(told.clusters),
            "curve": [{"threshold": t, **expected(e)} for t, e in told.curve],
        },
        "measured": {
            "judged": one.judged,
            "precision": share(one.measured.precision),
            "recall": share(one.measured.recall),
            "bands": [
                {"from": str(b.low), "to": str(b.high), **share(b.same)} for b in one.measured.bands
            ],
        },
    }
