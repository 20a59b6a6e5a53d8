"""`stamm judge`, `merge`, `unmerge` and `alias`: what people decide, for the next run to obey."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dedupe.judgement.judging import Judged, Signature
    from stamm.store import Store

Why = Annotated[str, typer.Option("--why", help="The reason, for whoever asks in a year.")]
Json = Annotated[bool, typer.Option("--json", help="What was kept as JSON.")]

_SIDE = "A golden id, or record ids joined by commas."


def judge(
    a: Annotated[str, typer.Argument(help=_SIDE)],
    b: Annotated[str, typer.Argument(help=_SIDE)],
    verdict: Annotated[str, typer.Argument(help="same, different or unsure.")],
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Decide whether two sides are one party; the next run obeys, and every run after it.

    A golden id stands for all records it holds now, so that the decision outlives the id. The
    latest word on two records counts; `unsure` takes an earlier word back. Nothing is ever deleted.

    Example: stamm judge PABC… PDEF… different --why "father and son, both called"
    """
    from dedupe.judgement.judging import judge as append
    from stamm.errors import UsageError

    if verdict not in ("same", "different", "unsure"):
        raise UsageError(f"expected same, different or unsure, found {verdict!r}")
    with _signing(why) as (store, signed):
        judged = append(store, a, b, verdict, signed)  # type: ignore[arg-type]  # checked above
    _tell([judged], as_json)


def merge(
    ids: Annotated[list[str], typer.Argument(help="Two or more golden ids or record ids.")],
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Decide that all of these are one party: the next run merges them, the oldest id survives.

    Example: stamm merge PABC… PDEF… --why "one firm, two customer numbers"
    """
    from dedupe.judgement.judging import merge as append

    with _signing(why) as (store, signed):
        judged = append(store, ids, signed)
    _tell(judged, as_json)


def unmerge(
    records: Annotated[list[str], typer.Argument(help="Record ids of one golden party.")],
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Decide that these records do not belong to the rest of their party.

    The next run parts them, and no later duplicate brings the two sides together again. A part
    that had an id of its own before gets it back.

    Records of a party: stamm resolve PABC…
    Example: stamm unmerge 9f2c… --why "the daughter, same mailbox"
    """
    from dedupe.judgement.judging import unmerge as append

    with _signing(why) as (store, signed):
        judged = append(store, records, signed)
    _tell([judged], as_json)


def alias(
    old: Annotated[str, typer.Argument(help="The record id that the source no longer uses.")] = "",
    new: Annotated[str, typer.Argument(help="The record id that it uses instead.")] = "",
    file: Annotated[
        str, typer.Option("--file", help="CSV: source,stream,old_key,new_key, as the source says.")
    ] = "",
    why: Why = "",
    as_json: Json = False,
) -> None:
    """State that a source gave records new keys: ids, judgements and memberships follow.

    Say it before the run that reads the new keys. With --file the keys are the source's own, one
    line per record.

    Examples: stamm alias 9f2c… 77ab… --why "ERP migration" · stamm alias --file rekeyed.csv --why …
    """
    from dedupe.judgement.judging import alias as append
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say
    from stamm.errors import UsageError

    if bool(file) == bool(old and new):
        raise UsageError("expected OLD and NEW, or --file", hint="stamm alias --help")
    with _signing(why) as (store, signed):
        if file:
            from orchestration.rekeyed import read_rekeyed

            pairs = read_rekeyed(file, store)
        else:
            pairs = [(old, new)]
        stated = append(store, pairs, signed)
    if as_json:
        write({"read": len(pairs), "stated": stated})
    else:
        say(f"{stated:,} of {len(pairs):,} statements are new and kept. {_NEXT}")


_NEXT = "The next `stamm run` applies it."


@contextmanager
def _signing(why: str) -> Iterator[tuple[Store, Signature]]:
    """The operational store, and who decides now."""
    import getpass

    from dedupe.judgement.judging import Signature
    from orchestration.project import open_project

    project = open_project()
    signed = Signature(getpass.getuser(), project.clock().now(), why)
    store = project.open_store()
    try:
        yield store, signed
    finally:
        store.close()


def _tell(judged: list[Judged], as_json: bool) -> None:
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say

    if as_json:
        write([_data(one) for one in judged])
        return
    for one in judged:
        say(f"Judgement {one.seq}: {one.verdict}. {_side(one.left)} against {_side(one.right)}.")
    say(_NEXT)


def _side(side: Any) -> str:
    records = f"{len(side.records)} record{'s' if len(side.records) != 1 else ''}"
    return f"{records} of {side.party_id}" if side.party_id else records


def _data(judged: Judged) -> dict[str, Any]:
    def side(one: Any) -> dict[str, Any]:
        return {"asked": one.asked, "party_id": one.party_id, "records": sorted(one.records)}

    return {
        "judgement": judged.seq,
        "verdict": judged.verdict,
        "left": side(judged.left),
        "right": side(judged.right),
        "why": judged.reason,
    }
