"""`/customers/{id}/…`: what happened with a party, what it is made of, and who belongs to it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from dedupe.answers.why import RULES
from serving.api.asking import Asked
from serving.api.customers import MayRead, resolved
from serving.api.models import (
    Contacts,
    History,
    Household,
    PartyId,
    Provenance,
    Sources,
    Timeline,
)
from serving.api.problems import Problem, described, not_found
from serving.api.sql import query_text
from serving.explaining import history_shown
from stamm.errors import InputError

router = APIRouter(prefix="/customers/{party_id}", tags=["customers"])
_PROBLEMS = described(401, 403, 404, 422, 429, 503)


class Paging(BaseModel):
    """A page of events."""

    model_config = ConfigDict(extra="forbid")

    before: str | None = Field(
        default=None, max_length=400, description="`next` of the page before."
    )
    limit: int = Field(default=50, ge=1, le=500)


@router.get("/timeline", response_model=Timeline, responses=_PROBLEMS,
            summary="Orders, quotes, invoices, tickets, feedback, mails and consents")  # fmt: skip
def timeline(asked: MayRead, party_id: PartyId, paging: Annotated[Paging, Query()]) -> Response:
    """Newest first; of a firm also what its people did for it."""
    party = asked.party(party_id)
    at, record, kind = _ended(paging.before)
    rows = asked.view.named(
        "timeline", party=party, at=at, id=record, kind=kind, limit=paging.limit + 1
    )
    page = rows[: paging.limit]
    after = _cursor(page[-1]) if len(rows) > len(page) else None
    return _part(asked, "timeline", party_id, party, next=after, items=page)


@router.get("/sources", response_model=Sources, responses=_PROBLEMS,
            summary="The source records that are this party")  # fmt: skip
def sources(asked: MayRead, party_id: PartyId) -> Response:
    """Opaque record ids; `/xref` finds one by the source's own key."""
    party = asked.party(party_id)
    records = asked.view.table("party_records", [party])
    rows = asked.view.rows(
        f"select record_id, source, stream, facet_of from {records} where party_id = $party "
        "order by source, stream, record_id",
        {"party": party},
    )
    return _part(asked, "sources", party_id, party, items=rows)


@router.get("/provenance", response_model=Provenance, responses=_PROBLEMS,
            summary="Whence each golden value: record, rule, purpose, legal basis")  # fmt: skip
def provenance(asked: MayRead, party_id: PartyId) -> Response:
    """What lost against a value is not in a build: `stamm why` tells it."""
    party = asked.party(party_id)
    golden, lineage, records = (
        asked.view.table(name, [party])
        for name in ("golden_parties", "golden_lineage", "party_records")
    )
    [values] = asked.view.rows(f"from {golden} where party_id = $party", {"party": party})
    told = query_text("provenance").format(lineage=lineage, records=records)
    rows = [
        {**row, "value": values[row["attribute"]], "reason": RULES[row["rule"]]}
        for row in asked.view.rows(told, {"party": party})
        if values.get(row["attribute"]) is not None
    ]
    return _part(asked, "provenance", party_id, party, items=rows)


@router.get("/history", response_model=History, responses=_PROBLEMS,
            summary="What became of the id, and what we held true when")  # fmt: skip
def history(asked: MayRead, party_id: PartyId) -> Response:
    """Events are those of the id that was asked for, whoever answers for it now."""
    party = asked.party(party_id)
    try:
        events = history_shown(asked.store, party_id, asked.view.hidden)
    except InputError:  # published from a ledger that is not this one
        raise not_found("the history of an id") from None
    versions = asked.view.named("versions", party=party)
    return _part(
        asked, "history", party_id, party, events=list(map(asdict, events)), versions=versions
    )


@router.get("/household", response_model=Household, responses=_PROBLEMS,
            summary="Who lives with this person, and what says so")  # fmt: skip
def household(asked: MayRead, party_id: PartyId) -> Response:
    """Empty for who lives in no household that we know of."""
    party = asked.party(party_id)
    members = asked.view.named("household", party=party)
    people = [member["party_id"] for member in members]
    return _part(asked, "household", party_id, party, people=people, items=members)


@router.get("/contacts", response_model=Contacts, responses=_PROBLEMS,
            summary="The people of a firm, or the firms of a person")  # fmt: skip
def contacts(asked: MayRead, party_id: PartyId) -> Response:
    """One row per person and organisation."""
    party = asked.party(party_id)
    rows = asked.view.named("contacts", party=party)
    people = [row["person_party_id"] for row in rows]
    return _part(asked, "contacts", party_id, party, people=people, items=rows)


def _part(
    asked: Asked,
    operation: str,
    asked_for: str,
    party: str,
    *,
    people: list[str] | None = None,
    **body: Any,
) -> Response:
    head = {
        "build_id": asked.view.build.build_id,
        "party_id": party,
        "resolved_from": resolved(asked_for, party),
    }
    return asked.answer(operation, [party, *(people or ())], {**head, **body})


def _cursor(row: dict[str, Any]) -> str:
    text = "|".join((row["at"].isoformat(), row["record_id"], row["kind"]))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _ended(cursor: str | None) -> tuple[datetime | None, str, str]:
    """Where the page before ended."""
    if cursor is None:
        return None, "", ""
    try:
        text = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode()
        at, record, kind = text.split("|")
        return datetime.fromisoformat(at).replace(tzinfo=None), record, kind
    except (ValueError, binascii.Error):
        raise Problem(
            422, "wrong-cursor", "before: expected `next` of a page of this timeline"
        ) from None
