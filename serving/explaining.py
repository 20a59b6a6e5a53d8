"""Answers for a person's eyes: nobody who is suppressed, no suppressed address.

In: the private warehouse, where the records of a pair are, and the operational store. Out: what
`dedupe.answers` tells of pairs, values, ids and their past, or a refusal.
"""

from __future__ import annotations

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
from dedupe.judgement.judgements import Judgement
from privacy.suppressions import canonical_address
from serving.mentions import names_an_address
from serving.suppressed import Suppressed, suppressed
from stamm.errors import InputError
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

    from dedupe.survivorship.golden import Candidates


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


def why_shown(con: duckdb.DuckDBPyConnection, store: Store, asked: str, attribute: str = "") -> Why:
    """As `why` and `links` of `dedupe.answers`, of the party that answers for an id or record.

    Raises InputError for a suppressed party.
    """
    party = answer(store, asked).party_id
    hidden = suppressed(store)
    if party is None or party in hidden.parties:
        raise _is_suppressed(asked)
    return why_without(con, party, hidden, attribute)


def why_without(
    con: duckdb.DuckDBPyConnection,
    party: str,
    hidden: Suppressed,
    attribute: str = "",
    candidates: Candidates | None = None,
) -> Why:
    """As `why` and `links` of this very party, whoever the ledger says answers for it by now.

    A hidden address is nobody's value and in nobody's words, and a hidden party nobody's tie.
    `candidates` are those of the party, where they are known already. Raises InputError for a
    party that is hidden, or not one of this run.
    """
    if party in hidden.parties:
        raise _is_suppressed(party)

    def may_be_shown(value: object) -> bool:
        return not isinstance(value, str) or canonical_address(value) not in hidden.addresses

    cells = [
        replace(
            cell,
            lost=tuple(lost for lost in cell.lost if may_be_shown(lost.value)),
            by_hand="" if names_an_address(cell.by_hand, hidden.addresses) else cell.by_hand,
        )
        for cell in why(con, party, attribute, candidates)
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


def history_shown(store: Store, asked: str, hidden: Suppressed | None = None) -> list[Happening]:
    """As `dedupe.answers.biography`; of who is suppressed it tells ids and times, no words.

    In the history of somebody else, ids that point to them are emptied and their records left out;
    so are words that name a hidden address. `hidden` is who and what to leave out, where that is
    more than what is suppressed now.
    """
    withheld = suppressed(store) if hidden is None else hidden
    records = _records_of(store, withheld.parties)
    told = history(store, asked, unspoken=records)
    if _is_hidden(store, asked, withheld.parties):
        return [replace(one, why="") for one in told]
    return [_without(one, withheld) for one in told if one.other not in records]


def judgement_shown(judgement: Judgement, addresses: frozenset[str]) -> Judgement:
    """Without its reason where that names a hidden address."""
    hides = names_an_address(judgement.reason, addresses)
    return replace(judgement, reason="") if hides else judgement


def _without(happening: Happening, hidden: Suppressed) -> Happening:
    """Without ids of hidden parties; the reason that a run or a person gave may name one, too."""
    if happening.other in hidden.parties:
        return replace(happening, other=None, why="")
    words = happening.why
    hides = hidden.parties & set(words.split()) or names_an_address(words, hidden.addresses)
    return replace(happening, why="") if hides else happening


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


def without_addresses(step: Step, addresses: frozenset[str]) -> Step:
    """The step without hidden addresses; a side may hold several values in one text."""

    def shown(side: str) -> str:
        values = side.split(", ")
        return ", ".join(v for v in values if canonical_address(v) not in addresses)

    return replace(step, left=shown(step.left), right=shown(step.right)) if addresses else step
