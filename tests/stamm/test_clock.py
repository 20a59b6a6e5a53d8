"""A clock that is behind is set forward; one that is right is left alone."""

from datetime import UTC, datetime, timedelta

from stamm.clock import ManualClock, NotBefore

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_clock_behind_starts_at_the_moment_and_goes_on():
    clock = NotBefore(NOON, ManualClock(NOON - 30 * DAY))
    assert clock.now() == NOON
    clock.sleep(60)
    assert clock.now() == NOON + timedelta(minutes=1)


def test_a_clock_past_the_moment_keeps_its_time():
    assert NotBefore(NOON, ManualClock(NOON + DAY)).now() == NOON + DAY
