"""A batch of pairs as columns of whole numbers, and what conditions say of them.

Tests on numbers answer for all pairs of the batch, which costs less than choosing; those on texts
are asked of the pairs that are open and that their signatures leave possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from dedupe.linking import text_tests
from dedupe.linking.encoding import Codes, Encoded, Lists, Rows
from dedupe.specification import Condition
from stamm.errors import UsageError

Truth = NDArray[np.bool_]  # one per pair
Places = NDArray[np.int64]
ROWS = 1 << 13  # gathered at once: both sides stay in the cache until they lie by column


class Batch:
    """Pairs of rows of encoded records."""

    def __init__(
        self, encoded: Encoded, left: Rows, right: Rows, least: Mapping[str, float]
    ) -> None:
        """`least` is the lowest similarity that anybody asks of a column."""
        shape = (encoded.codes.shape[1], len(left))
        self._encoded = encoded
        self._least = least
        self._rows = (left, right)
        self._sides = (np.empty(shape, np.int32), np.empty(shape, np.int32))
        for start in range(0, len(left), ROWS):
            part = slice(start, start + ROWS)
            for side, rows in zip(self._sides, self._rows, strict=True):
                side[:, part] = encoded.codes.take(rows[part], axis=0).T
        self._similarities: dict[str, NDArray[np.float64]] = {}

    def __len__(self) -> int:
        return len(self._rows[0])

    def present(self, columns: Sequence[str]) -> Truth:
        """Whether both records have all these columns."""
        return np.asarray(reduce(np.logical_and, map(self._both, columns)))

    def holds(self, condition: Condition, among: Truth) -> Truth:
        """Whether a condition holds; of pairs not `among` those asked for, anything is said.

        A missing value never agrees.
        """
        if condition.test == "any_of":
            held = np.zeros(len(self), dtype=np.bool_)
            for part in condition.of:
                held |= self.holds(part, among & ~held)
            return held
        return _TESTS[condition.test](self, condition, among)

    def _side(self, column: str) -> tuple[Codes, Codes]:
        place = self._encoded.place[column]
        return self._sides[0][place], self._sides[1][place]

    def _both(self, column: str) -> Truth:
        left, right = self._side(column)
        return np.asarray((left != 0) & (right != 0))

    def _equal(self, condition: Condition, among: Truth) -> Truth:
        del among
        if condition.column in self._encoded.lists:
            raise UsageError(
                f"{condition.column}: test `equal` of a column of lists",
                hint="Lists are tested by `overlap`.",
            )
        return _equal(*self._side(condition.column))

    def _crossing(self, condition: Condition) -> tuple[Truth, Truth]:
        """(left column = right other, left other = right column)."""
        one, other = self._side(condition.column), self._side(condition.other)
        return _equal(one[0], other[1]), _equal(other[0], one[1])

    def _crossed(self, condition: Condition, among: Truth) -> Truth:
        del among
        return np.logical_or(*self._crossing(condition))

    def _swapped(self, condition: Condition, among: Truth) -> Truth:
        del among
        return np.logical_and(*self._crossing(condition))

    def _overlap(self, condition: Condition, among: Truth) -> Truth:
        """Two lone entries by their numbers, the few longer lists entry by entry."""
        left, right = self._side(condition.column)
        held = (left == right) & (left > 0)
        many = np.flatnonzero(among & ((left < 0) | (right < 0)) & (left != 0) & (right != 0))
        lists = self._encoded.lists[condition.column]
        pairs, _ = shared_entries(lists, *(rows.take(many) for rows in self._rows))
        held[many[pairs]] = True
        return np.asarray(held)

    def _similar(self, condition: Condition, among: Truth) -> Truth:
        """Asked once for all levels of a column; equal values are as similar as can be."""
        column = condition.column
        known = self._similarities.get(column)
        if known is None:
            known = np.where(_equal(*self._side(column)), 1.0, np.nan)
            self._similarities[column] = known
        unasked = among & np.isnan(known)
        known[unasked] = 0.0
        lowest = condition.model_copy(update={"at_least": self._least[column]})
        asked, *places = self._possible(lowest, unasked)
        known[asked] = text_tests.similarities(self._encoded.texts[column], *places)
        return np.asarray(known >= condition.at_least)

    def _as_texts(self, condition: Condition, among: Truth) -> Truth:
        held = np.zeros(len(self), dtype=np.bool_)
        asked, *places = self._possible(condition, among)
        texts = self._encoded.texts[condition.column]
        held[asked] = text_tests.many(condition, texts, *places)
        return held

    def _possible(self, condition: Condition, among: Truth) -> tuple[Places, Places, Places]:
        """The pairs with both values of which it may hold, and the places of their texts."""
        asked = np.flatnonzero(among & self._both(condition.column))
        left, right = (
            side.take(asked).astype(np.int64) - 1 for side in self._side(condition.column)
        )
        may = self._encoded.signatures[condition.column].possible(condition, left, right)
        return asked[may], left[may], right[may]


def _equal(left: Codes, right: Codes) -> Truth:
    return np.asarray((left == right) & (left != 0))


def shared_entries(lists: Lists, left: Rows, right: Rows) -> tuple[Places, Codes]:
    """(pair, entry) wherever two rows' lists share an entry, from the rows of each pair."""
    pair, at_left = _spread(lists, left)
    again, at_right = _spread(lists, right.take(pair))
    entry = lists.entries[at_left[again]]
    shared = (entry == lists.entries[at_right]) & (entry != 0)
    return pair[again[shared]], entry[shared]


def _spread(lists: Lists, rows: Rows) -> tuple[Places, Places]:
    """(which of the rows, place of an entry) for each entry of the rows' lists."""
    starts = lists.starts.take(rows)
    sizes = lists.starts.take(rows + 1) - starts
    which = np.repeat(np.arange(len(rows)), sizes)
    within = np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return which, starts[which] + within


_TESTS: dict[str, Callable[[Batch, Condition, Truth], Truth]] = {
    "equal": Batch._equal, "crossed": Batch._crossed, "swapped": Batch._swapped,
    "overlap": Batch._overlap, "jaro_winkler": Batch._similar, "levenshtein": Batch._as_texts,
    "slip": Batch._as_texts, "initial": Batch._as_texts, "starts_with": Batch._as_texts,
}  # fmt: skip
