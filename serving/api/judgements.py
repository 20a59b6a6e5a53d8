"""`POST /judgements`: a person's decision whether two sides are one party; the next run obeys."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from dedupe.identity.ledger import holders
from dedupe.judgement.judging import Side, Signature, judge, side
from serving.api.asking import Asked, as_json, asked
from serving.api.problems import described, not_found
from stamm.errors import InputError

router = APIRouter(tags=["judgements"])
MayJudge = Annotated[Asked, Depends(asked("judge"))]
_SIDE = Field(
    min_length=1, max_length=4000, description="A golden id, or record ids joined by commas."
)
_WORDS = r"\S"


class JudgementRequest(BaseModel):
    """A golden id stands for all records it holds now, so that the decision outlives the id."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "left": "PKNWDVJLNEACP7JPAJ3J6",
                    "right": "PVMDQZVXJRHV4O2MHFNBY",
                    "verdict": "different",
                    "by": "m.winter",
                    "reason": "father and son of one name",
                }
            ]
        },
    )

    left: str = _SIDE
    right: str = _SIDE
    verdict: Literal["same", "different", "unsure"]
    by: str = Field(min_length=1, max_length=200, pattern=_WORDS, description="Who decides.")
    reason: str = Field(min_length=1, max_length=2000, pattern=_WORDS)


class JudgementKept(BaseModel):
    """The number under which it is kept for ever."""

    judgement: int
    verdict: str
    left_records: int
    right_records: int


@router.post(
    "/judgements",
    status_code=201,
    response_model=JudgementKept,
    responses=described(401, 403, 404, 422, 429, 503),
    summary="Say whether two sides are one party",
)
def judgements(asked: MayJudge, stated: JudgementRequest) -> Response:
    """Appended and never deleted; the latest word on two records counts."""
    signed = Signature(f"{stated.by} ({asked.key.name})", asked.service.clock.now(), stated.reason)
    try:
        for named in (stated.left, stated.right):
            _refuse_hidden(asked, side(asked.store, named))
        kept = judge(asked.store, stated.left, stated.right, stated.verdict, signed)
    except InputError:
        raise not_found("two sides") from None
    body = {
        "judgement": kept.seq,
        "verdict": kept.verdict,
        "left_records": len(kept.left.records),
        "right_records": len(kept.right.records),
    }
    return Response(as_json(body), 201, media_type="application/json")


def _refuse_hidden(asked: Asked, named: Side) -> None:
    """About who may not be shown nobody decides over the API, by whatever id or record."""
    meant = {named.asked, named.party_id} | holders(asked.store, named.records)
    if meant & asked.view.hidden.parties:
        raise not_found("two sides")
