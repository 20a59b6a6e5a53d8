"""What a vendor can do wrong: the kinds of misbehaviour, and when one of them happens."""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "too_many_requests": "429 with Retry-After",
    "server_error": "500 with an HTML page",
    "down": "503 without a body",
    "slow": "the answer comes late",
    "cut_off": "the connection ends in the middle of the body",
    "expired_token": "401 although the credentials are right",
    "empty": "a list without records",
    "duplicate_pages": "each record of a page twice",
    "unknown_field": "every record has a field nobody declared",
    "capped_pages": "fewer records than asked for, in silence",
    "rate_limit": "429 from the eleventh request of a window on",
}
_SECONDS = {"slow": 1.0, "too_many_requests": 1.0, "rate_limit": 60.0}
_TIMES = {"rate_limit": sys.maxsize}
ALLOWED = 10  # requests in a window; Zendesk's own limit on incremental exports
_CAP = "sandbox.page_cap"


@dataclass
class Fault:
    """One misbehaviour, for the next `times` requests whose path holds `path`.

    `times`: 1 unless told otherwise; `rate_limit` holds until it is taken away.
    `seconds`: how late (`slow`), what Retry-After says (`too_many_requests`), the length of a
    window (`rate_limit`). `rows`: the cap (`capped_pages`); 0 is half of what is asked for.
    """

    system: str
    kind: str
    times: int = 0
    path: str = ""
    seconds: float = 0.0
    after: int = 0  # fitting requests that are still answered well
    rows: int = 0
    seen_at: deque[float] = field(default_factory=deque, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: expected one of {', '.join(KINDS)}, found {self.kind!r}")
        self.times = self.times or _TIMES.get(self.kind, 1)
        self.seconds = self.seconds or _SECONDS.get(self.kind, 0.0)
        if self.kind == "rate_limit" and self.system == "help":
            self.path = self.path or "/incremental/"

    def meets(self, path: str, now: float) -> bool:
        """Whether this request is hit; `now` in seconds. A hit is used up."""
        if not path.startswith(f"/{self.system}/") or self.path not in path:
            return False
        if self.times <= 0 or (self.kind == "rate_limit" and not self._is_over(now)):
            return False
        if self.after > 0 and self.kind != "rate_limit":
            self.after -= 1
            return False
        self.times -= 1
        return True

    def _is_over(self, now: float) -> bool:
        while self.seen_at and self.seen_at[0] <= now - self.seconds:
            self.seen_at.popleft()
        if len(self.seen_at) >= ALLOWED:
            return True
        self.seen_at.append(now)
        return False

    def retry_after(self, now: float) -> int:
        """Whole seconds until a request would be answered again."""
        left = self.seen_at[0] + self.seconds - now if self.seen_at else self.seconds
        return max(math.ceil(left), 1)

    def cap(self, scope: MutableMapping[str, Any]) -> None:
        """Leave the cap where the vendor's API looks for it."""
        scope[_CAP] = self.rows


def page_cap(scope: MutableMapping[str, Any], limit: int) -> int:
    """The page size really served for an asked one."""
    rows = scope.get(_CAP)
    if rows is None:
        return limit
    return min(limit, rows or max(limit // 2, 1))
