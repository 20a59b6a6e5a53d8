"""Term frequencies: how much likelier than the average value a stranger holds this one.

Flow: `link.<party_type>_records` and the trained model → one table of (value, bits) per column
(`build_frequencies`). What they say of a pair is `dedupe.linking.term_bits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe.linking.blocking import LISTS
from dedupe.linking.namesakes import build_namesakes
from dedupe.specification import Comparison, Level
from dedupe.trained import Trained

if TYPE_CHECKING:
    import duckdb

# Holders that a value has beside one's own records, where none can be counted: a stated guess
# between "nobody ever" and "one more". At 1 an e-mail address alone would prove nothing.
FEWEST_STRANGERS = 0.3


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
    return alternative is not None and comparison.name in alternative.as_strangers


def build_frequencies(con: duckdb.DuckDBPyConnection, trained: Trained, distinct: str = "") -> None:
    """Tables `link.<party_type>_frequency_<column>` (value, bits): log2(chance / u).

    The chance that a stranger holds a value is that of its holders beyond one's own records: a
    value held by n of N records has (n − c) / N, c being the mean size of a record's own cluster.
    `distinct` names the records without copies: who is in a table a thousand times is no namesake.
    """
    party_type = trained.specification.party_type
    own = 1.0 + trained.match_share * max(trained.records - 1, 0)
    for comparison, level in frequency_terms(trained):
        if comparison.corrects:
            continue
        column = level.term_frequency
        value = f"unnest({column})" if column in LISTS else column
        place, code = trained.specification.position(comparison.name), comparison.code(level.name)
        records = f"link.{party_type}_records"
        con.execute(
            f"create or replace table link.{party_type}_frequency_{column} as"
            f" with given as (select {value} as value from {records}),"
            f" total as (select count(*) as n from {records} where {column} is not null)"
            " select value, log2((greatest(count(*) - $own, $least)"
            " / (select n from total)) / $u) as bits from given"
            " where value is not null group by value",
            {"u": trained.u[place][code - 1], "own": own, "least": FEWEST_STRANGERS},
        )
    for comparison in trained.specification.comparisons:
        if comparison.corrects:
            build_namesakes(con, trained, comparison, distinct)


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
