"""`stamm lookup`: search before create. One card, or a warm process that answers line by line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dedupe.lookup import Card, Hit

_NONE: list[str] = []


def lookup(  # noqa: PLR0913, PLR0917  (a card has many fields)
    full_name: Annotated[str | None, typer.Option("--name", help="Whole name.")] = None,
    given_name: Annotated[str | None, typer.Option("--given-name")] = None,
    family_name: Annotated[str | None, typer.Option("--family-name")] = None,
    company_name: Annotated[str | None, typer.Option("--company")] = None,
    birth_date: Annotated[str | None, typer.Option(help="Such as 1980-01-31.")] = None,
    email: Annotated[list[str], typer.Option(help="May be given more than once.")] = _NONE,
    phone: Annotated[list[str], typer.Option(help="May be given more than once.")] = _NONE,
    street: Annotated[str | None, typer.Option(help="With or without the house number.")] = None,
    house_number: Annotated[str | None, typer.Option()] = None,
    postcode: Annotated[str | None, typer.Option()] = None,
    city: Annotated[str | None, typer.Option()] = None,
    country: Annotated[str | None, typer.Option(help="Two letters; DE if left out.")] = None,
    vat_id: Annotated[str | None, typer.Option()] = None,
    website: Annotated[str | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option(min=1, help="People, and firms, at most.")] = 5,
    lines: Annotated[
        bool,
        typer.Option("--lines", help="Read cards as JSON, one a line; answer one line each."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The hits as JSON.")] = False,
) -> None:
    """Find the golden customers that a business card may be, with weight and reasons.

    stamm lookup --name "Anna Müller" --email anna@example.de --postcode 10115

    Reading all records takes seconds, an answer then milliseconds: a system that asks often keeps
    one process and writes cards to it; after a run it reads anew by itself:

    echo '{"family_name": "Müller", "emails": ["anna@example.de"]}' | stamm lookup --lines
    """
    if lines:
        with _opened() as find:
            _answer_lines(find, limit)
        return
    from dedupe.lookup.card import read_card

    card = read_card({
        "full_name": full_name, "given_name": given_name, "family_name": family_name,
        "company_name": company_name, "birth_date": birth_date, "emails": email, "phones": phone,
        "street": street, "house_number": house_number, "postcode": postcode, "city": city,
        "country": country, "vat_id": vat_id, "website_domain": website,
    })  # fmt: skip
    with _opened() as find:
        hits = find(card, limit)
    if as_json:
        from orchestration.cli.output import as_json as write

        write([asdict(hit) for hit in hits])
    else:
        _show(hits)


@contextmanager
def _opened() -> Iterator[Any]:
    """A function of a card and a limit. The warehouse is let go as soon as it is read."""
    from orchestration.looking_up import CurrentLookup
    from orchestration.project import open_project
    from stamm.store import Store

    home = open_project().home
    with closing(Store.open(home.store)) as store:
        yield CurrentLookup(home, store).find


def _answer_lines(find: Any, limit: int) -> None:
    """A card that cannot be read is answered with its error, and the next line is read."""
    import json

    from dedupe.lookup.card import read_card
    from stamm.errors import StammError

    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            hits = find(_card_of(line, read_card), limit)
            answer: dict[str, Any] = {"hits": [asdict(hit) for hit in hits]}
        except StammError as failure:
            answer = {"error": str(failure)}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _card_of(line: str, read_card: Any) -> Card:
    import json

    from stamm.errors import UsageError

    try:
        fields = json.loads(line)
    except ValueError as mistake:
        raise UsageError(f"card: expected one JSON object a line: {mistake}") from mistake
    if not isinstance(fields, dict):
        raise UsageError(f"card: expected a JSON object, found {type(fields).__name__}")
    card: Card = read_card(fields)
    return card


def _show(hits: list[Hit]) -> None:
    from orchestration.cli.output import say

    if not hits:
        say("Nobody known fits: a new customer would be no duplicate that linking can see.")
    for hit in hits:
        reasons = ", ".join(f"{s.comparison}: {s.level} ({s.weight:+.1f})" for s in hit.steps)
        say(
            f"{hit.party_id}  {hit.party_type:<12} {hit.party_name or '–':<32}"
            f" {hit.weight:+6.1f} bits  p = {hit.probability:.4f}"
        )
        say(f"    {reasons}, prior ({hit.prior_weight:+.1f})")
