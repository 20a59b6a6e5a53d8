"""Time as an argument: nobody else reads the wall clock, so tests and the sandbox own time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What a stage may know of time."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class NotBefore:
    """A clock set forward where it is behind a moment that has surely come; it goes on from there.

    Facts of a sandbox, and of systems that run ahead of this machine, are never in its future.
    """

    def __init__(self, moment: datetime, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._ahead = max(moment - self._clock.now(), timedelta(0))

    def now(self) -> datetime:
        return self._clock.now() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


class ManualClock:
    """Time that passes only when told to; sleeping takes no real time."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
