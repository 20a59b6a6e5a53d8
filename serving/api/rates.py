"""How often a key may ask: a bucket of tokens per key, in the memory of one server.

A bucket holds a minute's worth and fills evenly. Several servers beside each other count for
themselves; a restart fills every bucket.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic


class Rates:
    """Buckets by key; `now` gives seconds that never run backwards."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._filled: dict[str, tuple[float, float]] = {}  # key → tokens, and as of when

    def wait(self, key_id: str, per_minute: int) -> float:
        """Takes a token and gives 0; where there is none, the seconds until there will be one."""
        with self._lock:
            now = self._now()
            tokens, since = self._filled.get(key_id, (float(per_minute), now))
            tokens = min(float(per_minute), tokens + (now - since) * per_minute / 60)
            if tokens < 1:
                self._filled[key_id] = (tokens, now)
                return (1 - tokens) * 60 / per_minute
            self._filled[key_id] = (tokens - 1, now)
            return 0.0
