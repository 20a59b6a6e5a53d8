"""The pause before a request: what servers tell of their limits, and a budget of one's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.politeness import Pace
from stamm.clock import ManualClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
IN_90_SECONDS = str(int((NOON + timedelta(seconds=90)).timestamp()))

HEADERS = [
    ({}, 0),
    ({"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "40"}, 0),
    # Roundup: one request comes back each period / limit; all of them after the reset.
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "20", "X-RateLimit-Limit-Period": "60",
      "X-RateLimit-Reset": "58.7"}, 3),
    # The draft of the IETF: seconds.
    ({"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "0", "RateLimit-Reset": "7"}, 7),
    # A moment since 1970.
    ({"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0",
      "X-RateLimit-Reset": IN_90_SECONDS}, 90),
    # Zendesk tells no reset: its limits are per minute.
    ({"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "0"}, 60),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "86400"}, 15 * 60),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "-5"}, 0),
    ({"X-RateLimit-Remaining": "many"}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "seconds"), HEADERS)
def test_the_pause_that_an_answer_asks_for(headers: dict[str, str], seconds: float):
    clock = ManualClock(NOON)
    pace = Pace(clock)
    pace.wait()
    pace.heard(headers)
    pace.wait()
    assert clock.now() - NOON == timedelta(seconds=seconds)


def test_a_budget_spaces_requests_evenly():
    clock = ManualClock(NOON)
    pace = Pace(clock, per_minute=30)
    for _ in range(10):
        pace.wait()
    assert clock.now() - NOON == timedelta(seconds=18)


def test_time_that_has_passed_by_itself_is_not_waited_again():
    clock = ManualClock(NOON)
    pace = Pace(clock, per_minute=30)
    pace.wait()
    clock.sleep(1.5)
    pace.wait()
    assert clock.now() - NOON == timedelta(seconds=2)
