"""Signatures of texts: what tells most pairs that they cannot be alike, without reading them.

Flow: distinct texts → length, letters that occur, first letter → bounds on similarity. A bound only
ever says "certainly not"; all other pairs are asked (`text_tests`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedupe.specification import Condition

if TYPE_CHECKING:
    import pyarrow as pa

Truth = NDArray[np.bool_]
Places = NDArray[np.int64]
PREFIX = 0.4  # Winkler: at most four letters of beginning count, a tenth each


@dataclass(frozen=True)
class Signatures:
    """By place among the distinct texts. Texts beyond ASCII are `strange`: nothing is said."""

    length: NDArray[np.int32]
    letters: NDArray[np.uint64]  # bit b: a byte that ends on the six bits b occurs
    first: NDArray[np.uint8]
    strange: Truth

    @staticmethod
    def of(texts: pa.Array) -> Signatures:
        """Of texts without nulls."""
        import pyarrow as pa

        plain = texts.cast(pa.large_string())
        _, at, data = plain.buffers()
        ends = np.frombuffer(at, np.int64)[plain.offset : plain.offset + len(plain) + 1]
        read = np.frombuffer(data, np.uint8)[: ends[-1]] if data else np.zeros(0, np.uint8)
        length = np.diff(ends).astype(np.int32)
        # One more byte, so that the end of the last text has a place too.
        padded = np.append(read, np.uint8(0))
        masks = np.uint64(1) << (padded & np.uint8(63)).astype(np.uint64)
        occurring = np.bitwise_or.reduceat(masks, ends)[:-1]
        highest = np.maximum.reduceat(padded, ends)[:-1]
        return Signatures(
            length,
            np.where(length > 0, occurring, np.uint64(0)),
            padded[ends[:-1]],
            (highest > 127) | (length == 0),
        )

    def possible(self, condition: Condition, left: Places, right: Places) -> Truth:
        """False where the condition cannot hold of the texts at these places."""
        if condition.test == "jaro_winkler":
            may = self._similar(condition.at_least, left, right)
        elif condition.test in {"levenshtein", "slip"}:
            may = self._edited(1 if condition.test == "slip" else condition.at_most, left, right)
        else:  # the beginning of one is the other: `initial`, `starts_with`
            may = self.first.take(left) == self.first.take(right)
            if condition.test == "initial":
                may &= (self.length.take(left) == 1) | (self.length.take(right) == 1)
        return np.asarray(may | self.strange.take(left) | self.strange.take(right))

    def _similar(self, least: float, left: Places, right: Places) -> Truth:
        """Letters found in one text alone match nothing: that bounds Jaro, and Winkler on it."""
        sizes, alone = self._sizes(left, right), self._alone(left, right)
        matching = np.minimum(sizes[0] - alone[0], sizes[1] - alone[1]).astype(np.float32)
        shares = (matching / np.maximum(size, 1) for size in sizes)
        jaro = (sum(shares) + 1) / 3
        begins = self.first.take(left) == self.first.take(right)
        bound = np.where(begins, jaro + np.float32(PREFIX) * (1 - jaro), jaro)
        return np.asarray((matching > 0) & (bound >= least - 1e-4))

    def _edited(self, most: int, left: Places, right: Places) -> Truth:
        """An edit changes the length by one at most, and brings and takes one letter at most."""
        sizes, alone = self._sizes(left, right), self._alone(left, right)
        return np.asarray((np.abs(sizes[0] - sizes[1]) <= most) & (np.maximum(*alone) <= most))

    def _sizes(self, left: Places, right: Places) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        return self.length.take(left), self.length.take(right)

    def _alone(self, left: Places, right: Places) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """How many letters at least occur on the left side only, and on the right one."""
        one, other = self.letters.take(left), self.letters.take(right)
        return np.bitwise_count(one & ~other), np.bitwise_count(other & ~one)
