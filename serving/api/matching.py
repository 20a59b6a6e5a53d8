"""`POST /match`: search before create. A business card in, who it may be out.

The verdict is about the best person, or the best firm where the card names no person. Its limits
are probabilities of the trained model, as the review band of linking has them: `certain` from
0.99 on, `new` below 0.5, `review` between, and also where two parties are about as likely.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from dedupe.lookup import Card, Hit
from dedupe.lookup.card import read_card
from serving.api.asking import Asked, asked
from serving.api.problems import Problem, described
from serving.api.views import among
from stamm.errors import UsageError

router = APIRouter(tags=["match"])
MayMatch = Annotated[Asked, Depends(asked("match"))]
Verdict = Literal["certain", "review", "new"]
CERTAIN, POSSIBLE = 0.99, 0.5
_SHOWN = "party_id, party_type, full_name, company_name, email, phone, postcode, city"


class MatchRequest(BaseModel):
    """Either free fields or a vCard."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"card": {"full_name": "Sigrid Ziegelberg", "emails": ["sigrid@z.example"],
                          "company_name": "Ziegelberg GmbH"}},
                {"vcard": "BEGIN:VCARD\nVERSION:3.0\nFN:Sigrid Ziegelberg\nEND:VCARD"},
            ]
        },
    )  # fmt: skip

    card: dict[str, Any] | None = Field(
        default=None,
        description=f"Fields: {', '.join(Card.model_fields)}.",
        max_length=len(Card.model_fields),
    )
    vcard: str | None = Field(default=None, max_length=1_500_000)  # with its picture
    limit: int = Field(default=5, ge=1, le=20, description="People, and firms, at most.")


class Reason(BaseModel):
    """What one comparison saw; the weights of all and the prior add up."""

    comparison: str
    level: str
    left: str
    right: str
    weight: float


class Candidate(BaseModel):
    """A golden party that the card may be."""

    party_id: str
    party_type: str
    full_name: str | None
    company_name: str | None
    email: str | None
    phone: str | None
    postcode: str | None
    city: str | None
    record_id: str
    weight: float
    probability: float
    prior_weight: float
    steps: list[Reason]


class MatchAnswer(BaseModel):
    """`party_id` is that of the verdict `certain`, else null."""

    build_id: str
    verdict: Verdict
    party_id: str | None
    company_verdict: Verdict
    company_party_id: str | None
    people: list[Candidate]
    companies: list[Candidate]


@router.post("/match", response_model=MatchAnswer,
             responses=described(401, 403, 422, 429, 503),
             summary="Search before create")  # fmt: skip
def match(asked: MayMatch, question: MatchRequest) -> Response:
    """Ask this before a new customer is created; nothing of the card is kept."""
    card = _card(asked, question)
    hits = asked.service.finder.find(card, question.limit, asked.view.hidden)
    shown = _published(asked, hits)
    people = [one for one in shown if one["party_type"] == "person"]
    firms = [one for one in shown if one["party_type"] == "organisation"]
    verdict, party = decided(people)
    firm_verdict, firm = decided(firms)
    body = {
        "build_id": asked.view.build.build_id,
        "verdict": verdict,
        "party_id": party,
        "company_verdict": firm_verdict,
        "company_party_id": firm,
        "people": people,
        "companies": firms,
    }
    return asked.answer("match", [one["party_id"] for one in shown], body)


def decided(candidates: list[dict[str, Any]]) -> tuple[Verdict, str | None]:
    """What the likeliest candidates, best first, allow to say."""
    if not candidates or candidates[0]["probability"] < POSSIBLE:
        return "new", None
    best, *others = candidates
    alone = not others or others[0]["probability"] < CERTAIN
    if best["probability"] >= CERTAIN and alone:
        return "certain", best["party_id"]
    return "review", None


def _card(asked: Asked, question: MatchRequest) -> Card:
    if (question.card is None) == (question.vcard is None):
        raise UsageError("expected either card or vcard, found both or neither")
    if question.vcard is not None:
        return read_card(asked.service.read_vcard(question.vcard))
    return read_card(question.card or {})


def _published(asked: Asked, hits: list[Hit]) -> list[dict[str, Any]]:
    """The hits as the build knows them; of two that are one by now the better one."""
    known = _rows(asked, [hit.party_id for hit in hits])
    answering = {hit.party_id: _party(asked, hit.party_id) for hit in hits
                 if hit.party_id not in known}  # fmt: skip
    known |= _rows(asked, [party for party in answering.values() if party])
    found: dict[str, dict[str, Any]] = {}
    for hit in hits:
        party = answering.get(hit.party_id, hit.party_id)
        if party in known and party not in found:
            told = asdict(hit)
            del told["party_name"]
            found[party] = {**told, **known[party]}
    return list(found.values())


def _rows(asked: Asked, parties: list[str]) -> dict[str, dict[str, Any]]:
    """Party → what is shown of it; all in one query."""
    if not parties:
        return {}
    ids, bound = among(parties)
    table = asked.view.table("golden_parties", parties)
    rows = asked.view.rows(f"select {_SHOWN} from {table} where party_id in ({ids})", bound)
    return {row["party_id"]: row for row in rows}


def _party(asked: Asked, party_id: str) -> str | None:
    """The id in the build; None for who is in no build yet."""
    try:
        return asked.party(party_id)
    except Problem:
        return None
