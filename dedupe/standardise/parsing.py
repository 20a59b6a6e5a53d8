"""Raw values of a kind → their parsed parts, in processes of their own where there are many.

Flow: spellings in a fixed order → chunks → parsed rows in the same order, so that nothing hangs
on which process was faster. Few values are parsed here: a process costs more than they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedupe.standardise.values import Kind

WORTH_PROCESSES = 20_000  # values; parsed here in about as long as the processes take to start
CHUNK = 4_000
PROCESSES = 2
Row = Sequence[Any]


class Parsers:
    """Parses values of any kind; starts its processes when they are first worth it."""

    def __init__(self) -> None:
        self._processes: Any = None

    def parse(self, kind: Kind, spellings: Sequence[Row]) -> list[Row]:
        """One row of parts per spelling, in their order."""
        if len(spellings) < WORTH_PROCESSES:
            return parse_rows(kind.parse, spellings)
        from joblib import delayed

        chunks = [spellings[i : i + CHUNK] for i in range(0, len(spellings), CHUNK)]
        parsed = self._started()(delayed(_parse_chunk)(kind.name, chunk) for chunk in chunks)
        return [row for rows in parsed for row in rows]

    def _started(self) -> Any:
        if self._processes is None:
            # joblib's processes neither fork (DuckDB's threads would be missing in the other one)
            # nor import the caller's main module, so a plain script may call us as a command does.
            from joblib import Parallel

            self._processes = Parallel(n_jobs=PROCESSES, batch_size=1).__enter__()
        return self._processes

    def close(self) -> None:
        if self._processes is not None:
            self._processes.__exit__(None, None, None)


@contextmanager
def parsers() -> Iterator[Parsers]:
    """Parsers whose processes end with the block."""
    opened = Parsers()
    try:
        yield opened
    finally:
        opened.close()


def parse_rows(parse: Callable[..., Row], spellings: Sequence[Row]) -> list[Row]:
    return [tuple(parse(*spelling)) for spelling in spellings]


def _parse_chunk(kind: str, spellings: Sequence[Row]) -> list[Row]:
    """In the other process: a kind's parser is found by its name, as it cannot be sent."""
    from dedupe.standardise.kinds import KINDS

    return parse_rows(KINDS[kind].parse, spellings)
