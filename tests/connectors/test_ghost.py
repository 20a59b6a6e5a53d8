"""Ghost: the token that its key signs, and the request that follows a page of events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.ghost import SYSTEM, AdminKey, GhostSource
from connectors.source import Window
from stamm.clock import ManualClock
from stamm.errors import ContractBroken
from stamm.redaction import redact

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "5e" * 32
KEY = f"65a0000000000000000000a1:{SECRET}"
EVENTS = SYSTEM.stream("member_events")


def parts_of(key: AdminKey) -> tuple[dict[str, Any], dict[str, Any], str, str]:
    scheme, token = key.headers()["Authorization"].split(" ")
    assert scheme == "Ghost"
    content, _, signature = token.rpartition(".")
    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        for part in content.split(".")
    )
    return header, claims, content, signature


def test_a_token_names_its_key_and_is_signed_with_the_bytes_of_the_secret():
    key = AdminKey(KEY, ManualClock(NOON))
    header, claims, content, signature = parts_of(key)
    assert header == {"alg": "HS256", "typ": "JWT", "kid": "65a0000000000000000000a1"}
    assert claims == {"iat": 1772366400, "exp": 1772366700, "aud": "/admin/"}
    right = hmac.new(b"\x5e" * 32, content.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "=") == right


def test_the_next_token_is_signed_before_the_last_one_expires():
    clock = ManualClock(NOON)
    key = AdminKey(KEY, clock)
    first = key.headers()
    clock.sleep(239)
    assert key.headers() == first
    clock.sleep(1)
    assert parts_of(key)[1]["iat"] == 1772366400 + 240


@pytest.mark.parametrize("minutes", [-10, 10])
def test_where_clocks_differ_the_server_s_own_time_is_signed(minutes: int):
    clock = ManualClock(NOON + timedelta(minutes=minutes))
    key = AdminKey(KEY, clock)
    key.headers()
    key.renewed({}, {"Date": "Sun, 01 Mar 2026 12:00:00 GMT"})
    assert parts_of(key)[1]["iat"] == 1772366400
    clock.sleep(240)
    assert parts_of(key)[1]["iat"] == 1772366400 + 240


@pytest.mark.parametrize("headers", [{}, {"Date": "heute"}])
def test_a_server_that_tells_no_time_changes_nothing(headers: dict[str, str]):
    key = AdminKey(KEY, ManualClock(NOON))
    key.renewed({}, headers)
    assert parts_of(key)[1]["iat"] == 1772366400


def test_neither_secret_nor_token_is_shown():
    key = AdminKey(KEY, ManualClock(NOON))
    token = key.headers()["Authorization"].split(" ")[1]
    shown = redact(f"{SECRET} {token}")
    assert SECRET not in shown
    assert token not in shown


@pytest.mark.parametrize("key", ["", "65a0", ":5e5e", "65a0:", "65a0:geheim"])
def test_a_key_that_is_not_id_and_secret_is_told(key: str):
    given = {"system": "ghost", "name": "news", "url": "https://news.example", "api_key": key}
    with pytest.raises(ValidationError, match="expected an Admin API key"):
        GhostSource.model_validate(given)


def page_of(created_at: Any, left: int) -> dict[str, Any]:
    data = {"id": "b2", "member_id": "a1", "created_at": created_at, "member": {"name": "Anna"}}
    pagination = {"total": left}
    return {
        "events": [{"type": "newsletter_event", "data": data}],
        "meta": {"pagination": pagination},
    }


def test_events_go_on_from_moment_and_id_within_their_window():
    request = EVENTS.paginate.first(EVENTS, Window(NOON, NOON))
    begun = EVENTS.paginate.answered(EVENTS, request, page_of("2026-03-01T12:00:07.000Z", 3))
    assert begun.records == [
        {
            "type": "newsletter_event",
            "id": "b2",
            "member_id": "a1",
            "created_at": "2026-03-01T12:00:07.000Z",
        }
    ]
    assert begun.total == 3
    assert begun.following.params["filter"] == (
        "type:newsletter_event+data.created_at:>='2026-03-01 12:00:00'"
        "+(data.created_at:<'2026-03-01 12:00:07',"
        "(data.created_at:'2026-03-01 12:00:07'+id:<'b2'))"
    )
    ended = EVENTS.paginate.answered(
        EVENTS, begun.following, page_of("2026-03-01T12:00:07.000Z", 1)
    )
    assert (ended.following, ended.total) == (None, None)


@pytest.mark.parametrize("created_at", [None, "gestern", 7])
def test_events_without_a_moment_are_not_paged_past(created_at: Any):
    request = EVENTS.paginate.first(EVENTS, Window(None, NOON))
    with pytest.raises(ContractBroken, match="to be a moment"):
        EVENTS.paginate.answered(EVENTS, request, page_of(created_at, 3))
