"""Term frequencies: how much likelier than the average value a stranger holds this one.

Flow: `link.<party_type>_records` and the trained model → one table of (value, bits) per column
(`build_frequencies`) → the bits of any table of pairs, as joins that scoring adds to its own
(`term_sums`). Where both records hold several shared values, the rarest of them counts, so that
it does not matter which record stands left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe.linking.blocking import LISTS
from dedupe.linking.namesakes import build_namesakes
from dedupe.linking.patterns import level_sql
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


def build_frequencies(con: duckdb.DuckDBPyConnection, trained: Trained) -> None:
    """Tables `link.<party_type>_frequency_<column>` (value, bits): log2(chance / u).

    The chance that a stranger holds a value is that of its holders beyond one's own records: a
    value held by n of N records has (n − c) / N, c being the mean size of a record's own cluster.
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
            build_namesakes(con, trained, comparison)


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


def term_sums(con: duckdb.DuckDBPyConnection, trained: Trained, pairs: str) -> tuple[str, str, str]:
    """Bits of the pairs' shared values: (for strangers, for the alternative, joins to `p`).

    The first two are sums over the joined tables; `pairs` has (l_rid, r_rid, pattern).
    """
    strangers, alternative, joins = ["0"], ["0"], []
    terms = frequency_terms(trained)
    if terms:
        _write_record_bits(con, trained, pairs)
        joins += [f"inner join record_bits as {side} on {side}.rid = p.{side}_rid" for side in "lr"]
    for place, (comparison, level) in enumerate(terms):
        bits = f"l.bits_{place}, r.bits_{place}"
        if level.term_frequency in LISTS:
            _write_list_bits(con, trained, pairs, place)
            joins.append(
                f"left join list_bits_{place} as t_{place}"
                f" on t_{place}.l_rid = p.l_rid and t_{place}.r_rid = p.r_rid"
            )
            bits += f", t_{place}.bits"
        at_level = _at_level(trained, comparison, level, "p.pattern")
        term = f"case when {at_level} then coalesce({bits}, 0) else 0 end"
        strangers.append(term)
        if is_strangers(trained, comparison):
            alternative.append(term)
    return " + ".join(strangers), " + ".join(alternative), " ".join(joins)


def _at_level(trained: Trained, comparison: Comparison, level: Level, pattern: str) -> str:
    code = level_sql(trained.specification, comparison.name, pattern)
    return f"{code} = {comparison.code(level.name)}"


def _write_record_bits(con: duckdb.DuckDBPyConnection, trained: Trained, pairs: str) -> None:
    """Temp table `record_bits` (rid, bits_0, …): of the record's value, where it has only one."""
    records = f"link.{trained.specification.party_type}_records"
    columns, joins = [], []
    for place, (_, level) in enumerate(frequency_terms(trained)):
        column = level.term_frequency
        value = f"r.{column}"
        if column in LISTS:
            value = f"case when len(r.{column}) = 1 then r.{column}[1] end"
        table = f"link.{trained.specification.party_type}_frequency_{column}"
        joins.append(f"left join {table} as f_{place} on f_{place}.value = {value}")
        columns.append(f"f_{place}.bits as bits_{place}")
    con.execute(
        f"create or replace temp table record_bits as select r.rid, {', '.join(columns)}"
        f" from {records} as r {' '.join(joins)} where r.rid in"
        f" (select l_rid from {pairs} union all select r_rid from {pairs})"
    )


def _write_list_bits(
    con: duckdb.DuckDBPyConnection, trained: Trained, pairs: str, place: int
) -> None:
    """Temp table `list_bits_<place>` (l_rid, r_rid, bits): the rarest entry that both share.

    Of pairs in which both hold several; in the others it is the only entry of one of them.
    """
    comparison, level = frequency_terms(trained)[place]
    party_type, column = trained.specification.party_type, level.term_frequency
    con.execute(
        f"create or replace temp table list_bits_{place} as"
        " with shared as (select p.l_rid, p.r_rid,"
        f" unnest(list_intersect(l.{column}, r.{column})) as value from {pairs} as p"
        f" inner join link.{party_type}_records as l on l.rid = p.l_rid"
        f" inner join link.{party_type}_records as r on r.rid = p.r_rid"
        f" where {_at_level(trained, comparison, level, 'p.pattern')}"
        f" and len(l.{column}) > 1 and len(r.{column}) > 1)"
        " select l_rid, r_rid, min(bits) as bits from shared"
        f" inner join link.{party_type}_frequency_{column} using (value) group by l_rid, r_rid"
    )
