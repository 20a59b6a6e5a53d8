"""Answers for a person's eyes: nobody who is suppressed, no suppressed address.

In: the private warehouse, where the records of a pair are, and the operational store. Out: what
`dedupe.answers` tells of pairs, values, ids and their past, or a refusal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.answers.biography import Answer, Happening, answer, history
from dedupe.answers.explain import Explanation, Step, explain
from dedupe.answers.links import Link, links
from dedupe.answers.why import Cell, why
from dedupe.identity.ledger import holders
from dedupe.identity.memberships import members
from privacy.suppressions import canonical_address
from serving.suppressed import suppressed
from stamm.errors import InputError
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

    from dedupe.survivorship.golden import Candidates

_MAILS = re.compile(r"[^\s<>(),;:\"'\[\]]+@[^\s<>(),;:\"'\[\]]+")
_TOLD_APART = 7  # digits at the end of a number
_NUMBERS = re.compile(r"[+(0-9][0-9 ()/.\u2013-]{5,}")


def explain_shown(
    con: duckdb.DuckDBPyConnection, store: Store, work_dir: Path, record_a: str, record_b: str
) -> Explanation:
    """As `dedupe.answers.explain`. Raises InputError also for a record of a suppressed party."""
    hidden = suppressed(store)
    if hidden.parties:
        for record_id in (record_a, record_b):
            _refuse_suppressed(store, hidden.parties, record_id)
    found = explain(con, work_dir, record_a, record_b)
    return replace(
        found, steps=tuple(without_addresses(step, hidden.addresses) for step in found.steps)
    )


@dataclass(frozen=True)
class Why:
    """The answers about a party: its cells, and its ties where all of it was asked for."""

    party_id: str
    cells: tuple[Cell, ...]
    links: tuple[Link, ...]


def why_shown(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    asked: str,
    attribute: str = "",
    candidates: Candidates | None = None,
) -> Why:
    """As `why` and `links` of `dedupe.answers`, of the party that answers for an id or record.

    Raises InputError for a suppressed party. A suppressed address is nobody's value and in nobody's
    words, and a suppressed party nobody's tie. `candidates` are those of `asked`, where they are
    known already.
    """
    party = answer(store, asked).party_id
    hidden = suppressed(store)
    if party is None or party in hidden.parties:
        raise _is_suppressed(asked)

    def may_be_shown(value: object) -> bool:
        return not isinstance(value, str) or canonical_address(value) not in hidden.addresses

    cells = [
        replace(
            cell,
            lost=tuple(lost for lost in cell.lost if may_be_shown(lost.value)),
            by_hand="" if names_an_address(cell.by_hand, hidden.addresses) else cell.by_hand,
        )
        for cell in why(con, party, attribute, candidates if party == asked else None)
        if may_be_shown(cell.value)
    ]
    ties = [] if attribute else links(con, party)
    shown = [link for link in ties if link.other_party_id not in hidden.parties]
    return Why(party, tuple(cells), tuple(shown))


def answer_shown(store: Store, asked: str, as_of: datetime | None = None) -> Answer:
    """As `dedupe.answers.biography.answer`; raises InputError also for who is suppressed now.

    Records that a suppressed party holds now are not told, whoever held them at that moment.
    """
    found = answer(store, asked, as_of)
    parties = suppressed(store).parties
    records = _records_of(store, parties)
    if _is_hidden(store, asked, parties) or found.party_id in parties:
        raise _is_suppressed(asked)
    return replace(found, records=tuple(r for r in found.records if r not in records))


def history_shown(
    store: Store, asked: str, hidden: frozenset[str] | None = None
) -> list[Happening]:
    """As `dedupe.answers.biography`; of who is suppressed it tells ids and times, no words.

    In the history of somebody else, ids that point to them are emptied and their records left out.
    `hidden` are the parties to leave out, where they are more than those who are suppressed now.
    """
    parties = suppressed(store).parties if hidden is None else hidden
    records = _records_of(store, parties)
    told = history(store, asked, unspoken=records)
    if _is_hidden(store, asked, parties):
        return [replace(one, why="") for one in told]
    return [_without(one, parties) for one in told if one.other not in records]


def _without(happening: Happening, parties: frozenset[str]) -> Happening:
    """Without ids of these parties; the reason that a run gives may name one, too."""
    if happening.other in parties:
        return replace(happening, other=None, why="")
    return replace(happening, why="") if parties & set(happening.why.split()) else happening


def _is_hidden(store: Store, asked: str, parties: frozenset[str]) -> bool:
    """Whether an id or record answers today through one of these parties."""
    return bool(parties) and bool({asked, answer(store, asked).party_id} & parties)


def _records_of(store: Store, parties: frozenset[str]) -> frozenset[str]:
    return frozenset(record for party in parties for record in members(store, party))


def _is_suppressed(asked: str) -> InputError:
    return InputError(
        f"{asked}: expected a party that may be shown, this one is suppressed",
        hint="docs/privacy.md says what a suppression takes out of sight.",
    )


def _refuse_suppressed(store: Store, parties: frozenset[str], record_id: str) -> None:
    """A record that no party holds yet may be anybody's, so it is refused as well."""
    held_by = holders(store, [record_id])
    if not held_by or held_by & parties:
        raise InputError(
            f"{record_id}: expected a record that may be shown, "
            + ("its party is suppressed" if held_by else "no party holds this one"),
            hint="docs/privacy.md says what a suppression takes out of sight.",
        )


def names_an_address(words: str, addresses: frozenset[str]) -> bool:
    """Whether a free text names one of these; a number is known by its end."""
    if not addresses or not words:
        return False
    if any(mail.strip(".-") in addresses for mail in _MAILS.findall(words.lower())):
        return True
    told = [re.sub("[^0-9]", "", number) for number in _NUMBERS.findall(words)]
    ends = [one[-_TOLD_APART:] for one in addresses if "@" not in one]
    return any(end in number for number in told for end in ends)


def without_addresses(step: Step, addresses: frozenset[str]) -> Step:
    """The step without hidden addresses; a side may hold several values in one text."""

    def shown(side: str) -> str:
        values = side.split(", ")
        return ", ".join(v for v in values if canonical_address(v) not in addresses)

    return replace(step, left=shown(step.left), right=shown(step.right)) if addresses else step
