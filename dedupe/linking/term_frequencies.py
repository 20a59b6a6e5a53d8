"""Term frequencies: how much likelier than the average value a stranger holds this one.

Flow: encoded records and the trained model → one table of (value, bits) per column
(`build_frequencies`). What they say of a pair is `dedupe.linking.term_bits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedupe.linking.arriving import arriving
from dedupe.linking.encoding import Encoded
from dedupe.linking.namesakes import name_bits
from dedupe.specification import Comparison, Level
from dedupe.trained import Trained

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Floats = NDArray[np.float64]

# Holders that a value has beside one's own records, where none can be counted: a stated guess
# between "nobody ever" and "one more". At 1 an e-mail address alone would prove nothing.
FEWEST_STRANGERS = 0.3
# A value that a handful of strangers lack is still rare: what is unseen among N records is as rare
# as among N and these. Of no weight from some thousands of records on.
RECORDS_UNSEEN = 100


@dataclass(frozen=True)
class TermBits:
    """The bits of one column's rarest value, at the level of a comparison where it counts."""

    place: int
    code: int
    bits: float
    is_strangers: bool


def frequency_terms(trained: Trained) -> list[tuple[Comparison, Level]]:
    """The levels whose u is replaced by the value's own frequency."""
    return [
        (comparison, level)
        for comparison in trained.specification.comparisons
        for level in comparison.levels
        if level.term_frequency
    ]


def is_strangers(trained: Trained, comparison: Comparison) -> bool:
    """Whether pairs of the alternative agree in it by chance only."""
    alternative = trained.specification.alternative
    return alternative is not None and alternative.by_chance(comparison)


def build_frequencies(
    con: duckdb.DuckDBPyConnection,
    trained: Trained,
    encoded: Encoded,
    distinct: NDArray[np.bool_] | None = None,
) -> None:
    """Tables `link.<party_type>_frequency_<column>` (value, bits): log2(chance / u).

    `distinct` leaves out copies: who is in a table a thousand times is neither a namesake nor a
    stranger who holds the same values.
    """
    if distinct is None:
        distinct = np.ones(len(encoded.codes), dtype=np.bool_)
    bits: dict[str, Floats] = {}
    terms = sorted(frequency_terms(trained), key=lambda term: bool(term[0].corrects))
    for comparison, level in terms:
        bits[level.term_frequency] = (
            name_bits(trained, comparison, encoded, distinct, bits)
            if comparison.corrects
            else _value_bits(trained, comparison, level, encoded, distinct)
        )
    for column, found in bits.items():
        _write(con, trained.specification.party_type, column, encoded.texts[column], found)


def _value_bits(
    trained: Trained,
    comparison: Comparison,
    level: Level,
    encoded: Encoded,
    distinct: NDArray[np.bool_],
) -> Floats:
    """By code; NaN where no record holds the value.

    The chance that a stranger holds a value is that of its holders beyond one's own records: a
    value held by n of N records has (n − c) / N, c being the mean size of a record's own cluster;
    where that is nobody, FEWEST_STRANGERS of N + RECORDS_UNSEEN.
    """
    column = level.term_frequency
    own = 1.0 + trained.match_share * max(trained.records - 1, 0)
    held = np.bincount(encoded.values(column, distinct), minlength=len(encoded.texts[column]) + 1)
    total = float((encoded.has([column]) & distinct).sum())
    chance = np.maximum((held - own) / max(total, 1.0), FEWEST_STRANGERS / (total + RECORDS_UNSEEN))
    place = trained.specification.position(comparison.name)
    u = trained.u[place][comparison.code(level.name) - 1]
    return np.where(held > 0, np.log2(chance / u), np.nan)


def _write(
    con: duckdb.DuckDBPyConnection, party_type: str, column: str, texts: pa.Array, bits: Floats
) -> None:
    import pyarrow as pa

    held = np.flatnonzero(~np.isnan(bits[1:]))
    values = texts.take(pa.array(held))
    with arriving(con, pa.table({"value": values, "bits": bits[1:][held]})) as rows:
        con.execute(f"create or replace table link.{party_type}_frequency_{column} as from {rows}")


def rarest_bits(con: duckdb.DuckDBPyConnection, trained: Trained) -> list[TermBits]:
    """The lowest bits of each column with term frequencies; 0 where no record has a value."""
    party_type, specification = trained.specification.party_type, trained.specification
    found = []
    for comparison, level in frequency_terms(trained):
        table = f"link.{party_type}_frequency_{level.term_frequency}"
        (bits,) = con.execute(f"select coalesce(min(bits), 0) from {table}").fetchall()[0]
        place = specification.position(comparison.name)
        code, alike = comparison.code(level.name), is_strangers(trained, comparison)
        found.append(TermBits(place, code, float(bits), alike))
    return found
