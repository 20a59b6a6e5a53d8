"""Work a little ahead of whoever takes the results, in threads, and never further.

What was asked for and what was made of it are both held in memory, so that the bound is on both.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")
AHEAD = 2  # in work at once


def worked_ahead(work: Callable[[Thing], Result], things: Iterable[Thing]) -> Iterator[Result]:
    """What `work` makes of each, in their order; the next one is asked for when there is room."""
    waiting = deque[Future[Result]]()
    with ThreadPoolExecutor(AHEAD) as pool:
        for thing in things:
            waiting.append(pool.submit(work, thing))
            del thing  # else it is held until the next one is there
            if len(waiting) == AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
