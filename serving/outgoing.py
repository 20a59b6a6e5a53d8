"""What may leave for another system now: the outbox of the published build, and who is not in it.

In: the view of the current build, and the operational store. Out: `Outgoing`. Whoever is
suppressed is in no row, and what a consent withdrawn since let out is in none either; erased
parties are gone, those that are only restricted or object live.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dedupe.identity.ledger import retired_parties
from privacy.suppressions import Reason
from serving.api.views import View
from serving.suppressed import suppressed
from stamm.store import Store

_ERASED: tuple[Reason, ...] = ("erasure",)
# Asked behind the view, which names no survivor who is restricted; nobody is told of these ids.
_RESOLVES = (
    "select party_id, resolves_to from build.main.retired_parties where resolves_to is not null"
)


@dataclass(frozen=True)
class Outgoing:
    """Rows by party, with the columns beside its id; living parties; id → the id it became."""

    columns: tuple[str, ...]
    rows: dict[str, dict[str, Any]]
    living: frozenset[str]
    resolves: dict[str, str]


def outgoing(view: View, store: Store) -> Outgoing:
    """As the view has it."""
    erased = suppressed(store, reasons=_ERASED).parties
    columns = [row["column_name"] for row in view.rows("describe crm_outbox")]
    rows = view.rows("select * from crm_outbox order by party_id")
    living = view.rows("select party_id from golden_parties")
    resolves = {row["party_id"]: row["resolves_to"] for row in view.rows(_RESOLVES)}
    return Outgoing(
        tuple(column for column in columns if column != "party_id"),
        {row.pop("party_id"): row for row in rows},
        frozenset(row["party_id"] for row in living) | _held_back(view, erased, store),
        {party: into for party, into in resolves.items() if into not in erased},
    )


def _held_back(view: View, erased: frozenset[str], store: Store) -> frozenset[str]:
    """Parties that live and of whom nobody may be told, other than those that were erased."""
    gone = {r.party_id for r in retired_parties(store) if r.resolves_to is None}
    return view.hidden.parties - erased - gone
