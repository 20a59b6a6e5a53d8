"""`POST /consents`: a grant with its evidence, or a withdrawal; both act on the next answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Depends, Response
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from privacy.consents import ConsentEvent, record_consent
from serving.api.asking import Asked, as_json, asked
from serving.api.problems import Problem, described

router = APIRouter(tags=["consents"])
MayConsent = Annotated[Asked, Depends(asked("consent"))]
_WORDS = r"\S"
_MAILBOX = re.compile(r"[^\s<>,;:@]+@[^\s<>,;:@]+")


class Evidence(BaseModel):
    """What proves a consent (Art. 7 (1) GDPR): the words that were agreed to, and where and how."""

    model_config = ConfigDict(extra="forbid")

    wording: str = Field(min_length=1, max_length=5000, pattern=_WORDS)
    where: str = Field(min_length=1, max_length=500, pattern=_WORDS, examples=["fair, hall 4"])
    given_by: str = Field(min_length=1, max_length=200, pattern=_WORDS, description="Who signed.")
    heard_by: str | None = Field(default=None, max_length=200)
    document: str | None = Field(default=None, max_length=500, description="Where the form lies.")


class ConsentRequest(BaseModel):
    """One statement about one address. A withdrawal needs no evidence."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "address": "sigrid@ziegelberg.example",
                    "channel": "email",
                    "event": "confirmed",
                    "purpose": "marketing",
                    "occurred_at": "2026-06-30T10:15:00+02:00",
                    "evidence": {
                        "wording": "I want the newsletter by e-mail.",
                        "where": "trade fair, hall 4",
                        "given_by": "Sigrid Ziegelberg",
                    },
                }
            ]
        },
    )

    address: str = Field(min_length=3, max_length=320, pattern=r"@|[0-9]")
    channel: Literal["email", "sms", "phone", "post"]
    event: Literal["granted", "confirmed", "withdrawn"]
    purpose: str = Field(default="marketing", min_length=1, max_length=100, pattern=_WORDS)
    occurred_at: AwareDatetime
    evidence: Evidence | None = None
    record_id: str | None = Field(default=None, max_length=200)

    @field_validator("occurred_at")
    @classmethod
    def _in_our_time(cls, stated: datetime) -> datetime:
        """As a moment in UTC, which has no year 0 and none after 9999."""
        try:
            return stated.astimezone(UTC)
        except OverflowError as failure:
            raise ValueError("expected a moment from 0001-01-02 to 9999-12-30") from failure

    @model_validator(mode="after")
    def _one_mailbox(self) -> ConsentRequest:
        """With a name beside it the address would match nobody's."""
        if self.channel == "email" and not _MAILBOX.fullmatch(self.address.strip()):
            raise ValueError(
                "address: expected one plain e-mail address for this channel, such as a@b.example, "
                "without a name or angle brackets"
            )
        return self


class ConsentKept(BaseModel):
    """The same event told twice has the same id and is kept once."""

    consent_event_id: str


@router.post(
    "/consents",
    status_code=201,
    response_model=ConsentKept,
    responses=described(401, 403, 422, 429, 503),
    summary="State that a consent was given, confirmed or withdrawn",
)
def consents(asked: MayConsent, stated: ConsentRequest) -> Response:
    """Appended and never deleted. Whether the address is anybody's is not told."""
    if stated.occurred_at.astimezone(UTC) > _latest(asked):
        raise Problem(422, "in-the-future", "occurred_at: expected a moment that has come")
    event = ConsentEvent(
        stated.address,
        stated.channel,
        stated.event,
        stated.occurred_at,
        _text(asked, stated.evidence),
        stated.record_id,
        stated.purpose,
    )
    body = {"consent_event_id": record_consent(asked.store, event)}
    return Response(as_json(body), 201, media_type="application/json")


def _latest(asked: Asked) -> datetime:
    """Now; a sandbox has a time of its own, and what a person states may be of either."""
    return max(asked.service.clock.now(), datetime.now(UTC))


def _text(asked: Asked, evidence: Evidence | None) -> str | None:
    """One text, with who handed it in."""
    if evidence is None:
        return None
    told = {**evidence.model_dump(exclude_none=True), "key": asked.key.name}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()
