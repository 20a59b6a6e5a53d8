"""The bits of the values that pairs share: (tables of value and bits, encoded records) → per pair.

Where both records hold several shared values, the rarest of them counts, so that it does not matter
which record stands left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedupe.linking.batches import shared_entries
from dedupe.linking.encoding import Codes, Encoded, Lists, Rows
from dedupe.linking.patterns import BITS
from dedupe.linking.term_frequencies import frequency_terms, is_strangers
from dedupe.trained import Trained

if TYPE_CHECKING:
    import duckdb

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """A level whose chance is the value's own; `bits[code]` says how rare, 0 where unknown.

    `values` are the codes of its column by row, and `entries` those of a column of lists.
    """

    values: Codes
    entries: Lists | None
    place: int
    code: int
    is_strangers: bool
    bits: Floats

    def at_level(self, patterns: NDArray[np.int64]) -> NDArray[np.int64]:
        """The pairs that agree at that level."""
        return np.flatnonzero((patterns >> (BITS * self.place)) & 7 == self.code)


@dataclass(frozen=True)
class Scorable:
    """Encoded records and the bits of their values: what pairs of them are scored by."""

    records: Encoded
    terms: Sequence[Term]

    @staticmethod
    def of(con: duckdb.DuckDBPyConnection, trained: Trained, records: Encoded) -> Scorable:
        """Bits are those of tables `link.<party_type>_frequency_<column>`, as they are now."""
        return Scorable(records, _terms(con, trained, records))


def _terms(con: duckdb.DuckDBPyConnection, trained: Trained, encoded: Encoded) -> list[Term]:
    return [
        Term(
            np.ascontiguousarray(encoded.codes[:, encoded.place[level.term_frequency]]),
            encoded.lists.get(level.term_frequency),
            trained.specification.position(comparison.name),
            comparison.code(level.name),
            is_strangers(trained, comparison),
            _bits_by_code(con, trained, encoded, level.term_frequency),
        )
        for comparison, level in frequency_terms(trained)
    ]


def _bits_by_code(
    con: duckdb.DuckDBPyConnection, trained: Trained, encoded: Encoded, column: str
) -> Floats:
    import pyarrow as pa

    texts = encoded.texts[column]
    numbered = {"code": pa.array(np.arange(1, len(texts) + 1)), "value": texts}
    con.register("arriving_values", pa.table(numbered))
    found = con.execute(
        "select code, bits from arriving_values"
        f" inner join link.{trained.specification.party_type}_frequency_{column} using (value)"
    ).fetchnumpy()
    con.unregister("arriving_values")
    bits = np.zeros(len(texts) + 1)
    bits[found["code"]] = np.ma.filled(found["bits"], 0.0)
    return bits


def shared_bits(term: Term, left: Rows, right: Rows) -> Floats:
    """The bits of the value that the records of each pair of rows share."""
    one = term.values.take(left)
    if term.entries is None:
        return term.bits.take(one)
    other = term.values.take(right)
    lone = np.where(one > 0, one, other)  # what a list of many shares with a lone entry is that
    bits = term.bits.take(np.maximum(lone, 0))
    many = np.flatnonzero(lone < 0)
    if len(many):
        bits[many] = _rarest(term, term.entries, left[many], right[many])
    return bits


def _rarest(term: Term, lists: Lists, left: Rows, right: Rows) -> Floats:
    pairs, entries = shared_entries(lists, left, right)
    found = np.full(len(left), np.inf)
    np.minimum.at(found, pairs, term.bits.take(entries))
    return np.where(np.isinf(found), 0.0, found)
