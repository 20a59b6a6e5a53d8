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
_LONGEST = timedelta(minutes=15)


class Pace:
    """Gives each request its turn; `per_minute` None leaves it to the server alone."""

    def __init__(self, clock: Clock, per_minute: float | None = None) -> None:
        self._clock = clock
        self._apart = timedelta(seconds=_A_MINUTE / per_minute) if per_minute else timedelta()
        self._next = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may go."""
        with self._lock:
            now = self._clock.now()
            turn = max(now, self._next)
            self._next = turn + self._apart
        if turn > now:
            self._clock.sleep((turn - now).total_seconds())

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take in what an answer says of the requests that are left."""
        left = _first(headers, _REMAINING)
        if left is None or left >= 1:
            return
        now = self._clock.now()
        pause = min(timedelta(seconds=_pause(headers, now)), _LONGEST)
        with self._lock:
            self._next = max(self._next, now + pause)


def _pause(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds until there is a request again, as none is left."""
    limit, period = _first(headers, _LIMIT), _first(headers, _PERIOD)
    if limit and period:  # one comes back at a time
        return period / limit
    reset = _first(headers, _RESET)
    if reset is None:
        return _A_MINUTE
    return max(0.0, reset - now.timestamp() if reset > _A_MOMENT else reset)


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    """The first of these headers that is a number; `100, 100;w=60` begins with one."""
    for name in names:
        value = headers.get(name, "").partition(",")[0].partition(";")[0].strip()
        try:
            return float(value)
        except ValueError:
            continue
    return None
