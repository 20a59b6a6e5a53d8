"""How fast a source may be asked: its own rate headers, and a budget from the settings.

In: the headers of each answer. Out: the pause before the next request, so that a server that tells
how many requests are left never has to refuse one. Safe for several threads.
Source: draft-ietf-httpapi-ratelimit-headers; the X-RateLimit headers of Roundup (seconds until all
requests are back, with the period) and of GitHub's kind (a moment); Zendesk's X-Rate-Limit.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from stamm.clock import Clock

_REMAINING = ("RateLimit-Remaining", "X-RateLimit-Remaining", "X-Rate-Limit-Remaining")
_RESET = ("RateLimit-Reset", "X-RateLimit-Reset")
_LIMIT = ("RateLimit-Limit", "X-RateLimit-Limit", "X-Rate-Limit")
_PERIOD = ("X-RateLimit-Limit-Period",)
_A_MINUTE = 60.0
_A_MOMENT = 1e9  # a reset above this is a moment since 1970, not a number of seconds
_LARGEST = 1e11  # beyond any moment or number of requests; inf and nan are no numbers here
_LONGEST = timedelta(minutes=15)


class Pace:
    """Gives each request its turn; `per_minute` None leaves it to the server alone."""

    def __init__(self, clock: Clock, per_minute: float | None = None) -> None:
        self._clock = clock
        self._apart = timedelta(seconds=_A_MINUTE / per_minute) if per_minute else timedelta()
        self._next = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self._spaced = timedelta()  # as the server's own limit wants it, once it is reached
        self._lock = threading.Lock()
        self._on_their_way = 0

    def wait(self) -> None:
        """Return when the next request may go."""
        while (pause := self._taken()) > 0:
            self._clock.sleep(pause)

    def _taken(self) -> float:
        """0 if this moment's request was free, and is taken now; else seconds to wait for one."""
        with self._lock:
            now = self._clock.now()
            if now < self._next:
                return (self._next - now).total_seconds()
            self._next = now + max(self._apart, self._spaced)
            self._on_their_way += 1
            return 0.0

    def heard(self, headers: Mapping[str, str] | None) -> None:
        """Take in what an answer says of the requests that are left; None: no answer came.

        Those of other threads that are on their way have taken theirs already.
        """
        with self._lock:
            self._on_their_way -= 1
            taken = self._on_their_way
        left = _first(headers or {}, _REMAINING)
        if headers is None or left is None:
            return
        missing = 1 + taken - left
        comes_back = _comes_back(headers)
        with self._lock:
            self._spaced = comes_back or timedelta() if missing > 0 else timedelta()
        if missing > 0:
            pause = (
                missing * comes_back if comes_back else _all_are_back(headers, self._clock.now())
            )
            self.hold(pause)

    def hold(self, pause: timedelta) -> None:
        """Nobody asks for so long."""
        until = self._clock.now() + min(pause, _LONGEST)
        with self._lock:
            self._next = max(self._next, until)


def _comes_back(headers: Mapping[str, str]) -> timedelta | None:
    """How long one request takes to come back, where they come back one at a time."""
    limit, period = _first(headers, _LIMIT), _first(headers, _PERIOD)
    return timedelta(seconds=period / limit) if limit and period else None


def _all_are_back(headers: Mapping[str, str], now: datetime) -> timedelta:
    """The time until there are requests again, as none is left."""
    reset = _first(headers, _RESET)
    if reset is None:
        return timedelta(seconds=_A_MINUTE)
    seconds = reset - now.timestamp() if reset > _A_MOMENT else reset
    return timedelta(seconds=min(max(0.0, seconds), _LONGEST.total_seconds()))


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    """The first of these headers that is a number; `100, 100;w=60` begins with one."""
    for name in names:
        value = headers.get(name, "").partition(",")[0].partition(";")[0].strip()
        try:
            number = float(value)
        except ValueError:
            continue
        if abs(number) < _LARGEST:
            return number
    return None
