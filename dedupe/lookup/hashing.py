"""DuckDB's hashes of short texts: what the index is keyed by, asked without planning twice.

In: expressions over `?` and the texts in their places. Out: a hash for each expression. A form of
question that was asked before is planned already, which halves the time it takes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stamm.duck import in_memory, literal

_MOST = 500  # forms that are kept; a card makes one by the number of its values


class Hasher:
    """Not for several threads at once."""

    def __init__(self) -> None:
        self._con = in_memory()
        self._planned: dict[str, str] = {}

    def hashes(self, expressions: Sequence[str], texts: Sequence[str]) -> list[np.uint64]:
        """The value of each expression, such as `hash(3, hash(?, ?))`."""
        asked = ", ".join(expressions)
        if any("\0" in text for text in texts):  # which no literal holds
            found = self._con.execute(f"select {asked}", list(texts))
        else:
            given = ", ".join(map(literal, texts))
            found = self._con.execute(f"execute {self._plan(asked)}({given})")
        return [np.uint64(one) for one in found.fetchall()[0]]

    def _plan(self, asked: str) -> str:
        if asked not in self._planned:
            if len(self._planned) == _MOST:
                for name in self._planned.values():
                    self._con.execute(f"deallocate {name}")
                self._planned.clear()
            name = f"form_{len(self._planned)}"
            self._con.execute(f"prepare {name} as select {asked.replace('?', '?::varchar')}")
            self._planned[asked] = name
        return self._planned[asked]
