"""How long one waits for what may pass: pauses that grow, with jitter, within a budget."""

from __future__ import annotations

import random

from stamm.clock import Clock


class Patience:
    """Of one thing that is tried several times. Pauses in seconds; `waiting` is all of them."""

    def __init__(
        self, clock: Clock, *, attempts: int, waiting: float, longest_pause: float = 60.0
    ) -> None:
        self._clock = clock
        self._left = attempts - 1
        self._waiting = waiting
        self._longest_pause = longest_pause
        self._ceiling = 0.5

    def again(self, asked: float | None = None) -> bool:
        """Wait for the next attempt, as long as was asked for; False at once if patience ends."""
        pause = self._backoff() if asked is None else asked
        if self._left <= 0 or pause > self._waiting:
            return False
        self._clock.sleep(pause)
        self._waiting -= pause
        self._left -= 1
        return True

    def _backoff(self) -> float:
        self._ceiling = min(self._longest_pause, 2.0 * self._ceiling)
        return self._ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
