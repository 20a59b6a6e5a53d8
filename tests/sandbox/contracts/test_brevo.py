"""The sandbox's lists against Brevo's API reference (version 3), written down as schemas.

Read 2026-11: get-contacts, get-lists, get-email-campaigns, get-email-event-report.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from sandbox.server import credentials

MOMENT = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$",
}
TEXT, WHOLE, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
NUMBERS = {"type": ["array", "null"], "items": WHOLE}
# Fields by path; the ones that the reference marks as optional are listed beside.
FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "/v3/contacts": {
        "id": WHOLE, "email": TEXT, "emailBlacklisted": FLAG, "smsBlacklisted": FLAG,
        "createdAt": MOMENT, "modifiedAt": MOMENT, "listIds": NUMBERS,
        "listUnsubscribed": NUMBERS, "attributes": {"type": "object"},
    },
    "/v3/contacts/lists": {
        "id": WHOLE, "name": TEXT, "totalBlacklisted": WHOLE, "totalSubscribers": WHOLE,
        "uniqueSubscribers": WHOLE, "folderId": WHOLE,
    },
    "/v3/emailCampaigns": {
        "id": WHOLE, "name": TEXT, "subject": TEXT,
        "type": {"enum": ["classic", "trigger"]},
        "status": {
            "enum": ["draft", "sent", "archive", "queued", "suspended", "inProcess", "inReview"]
        },
        "testSent": FLAG, "header": TEXT, "footer": TEXT, "replyTo": TEXT, "htmlContent": TEXT,
        "sender": {"type": "object", "required": ["email"]},
        "createdAt": MOMENT, "modifiedAt": MOMENT, "scheduledAt": MOMENT, "sentDate": MOMENT,
        "recipients": {"type": "object", "required": ["lists", "exclusionLists"]},
        "statistics": {"type": "object"}, "tag": TEXT,
    },
    "/v3/smtp/statistics/events": {
        "email": TEXT, "date": MOMENT, "messageId": TEXT,
        "event": {
            "enum": [
                "bounces", "hardBounces", "softBounces", "delivered", "spam", "requests", "opened",
                "clicks", "invalid", "deferred", "blocked", "unsubscribed", "error",
                "loadedByProxy",
            ]
        },
        "subject": TEXT, "reason": TEXT, "tag": TEXT, "ip": TEXT, "link": TEXT, "from": TEXT,
        "templateId": WHOLE,
    },
}  # fmt: skip
OPTIONAL = {
    *("listUnsubscribed", "folderId", "subject", "scheduledAt", "sentDate", "tag", "reason"),
    *("ip", "link", "from", "templateId"),
}
MEMBERS = {
    "/v3/contacts": ("contacts", "count"),
    "/v3/contacts/lists": ("lists", "count"),
    "/v3/emailCampaigns": ("campaigns", "count"),
    "/v3/smtp/statistics/events": ("events",),
}


def schema(path: str) -> dict[str, Any]:
    record = {
        "type": "object",
        "properties": FIELDS[path],
        "required": [name for name in FIELDS[path] if name not in OPTIONAL],
        "additionalProperties": False,
    }
    rows = {"type": "array", "items": record, "minItems": 3}
    members = {name: rows if name != "count" else WHOLE for name in MEMBERS[path]}
    return {"properties": members, "required": [*members], "additionalProperties": False}


@pytest.mark.parametrize("path", FIELDS)
def test_every_answer_has_the_fields_of_the_reference_and_no_other(url: str, path: str):
    answer = requests.get(
        f"{url}/mail{path}",
        params={"limit": "50", **({"days": "90"} if "events" in path else {})},
        headers={"api-key": credentials.BREVO_API_KEY},
        timeout=5,
    )
    errors = Draft202012Validator(schema(path)).iter_errors(answer.json())
    assert [f"{e.json_path}: {e.message}" for e in errors] == []
