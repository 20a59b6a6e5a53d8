"""Patterns and value frequencies → match weights, as fixed-point integers.

weight = log2( share_m · m / (share_u · u + share_v · v) ): the Bayes factor including the prior,
where strangers (u) and the alternative (v, one household) are the two ways not to match. On an
equality level with `term_frequency` the chance u is replaced by the frequency of the very value.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING

from dedupe.blocking import LISTS
from dedupe.patterns import level_sql, pattern_sql, unpack
from dedupe.specification import Comparison, Level
from dedupe.trained import Trained

if TYPE_CHECKING:
    import duckdb

FIXED_POINT = 1000  # weights are stored as thousandths of a bit
# Holders that a value has beside one's own records, where none can be counted: a stated guess
# between "nobody ever" and "one more". At 1 an e-mail address alone would prove nothing.
FEWEST_STRANGERS = 0.3


@dataclass(frozen=True)
class Bits:
    """log2 of share × likelihood of a pattern for each kind of pair."""

    match: float
    stranger: float
    alternative: float


def pattern_bits(trained: Trained, pattern: int) -> Bits:
    """Before term frequencies."""
    codes = unpack(pattern, len(trained.specification.comparisons))
    seen = [(place, code - 1) for place, code in enumerate(codes) if code]
    return Bits(
        match=log2(trained.match_share) + sum(log2(trained.m[i][k]) for i, k in seen),
        stranger=log2(trained.stranger_share) + sum(log2(trained.u[i][k]) for i, k in seen),
        alternative=log2(trained.alternative_share or 1e-300)
        + sum(log2(trained.v[i][k]) for i, k in seen),
    )


def weight_of(match: float, stranger: float, alternative: float) -> float:
    """Bits for and against: log2(match) − log2(stranger + alternative), without overflow."""
    high, low = max(stranger, alternative), min(stranger, alternative)
    return match - high - log2(1.0 + float(2.0 ** max(low - high, -1000.0)))


def probability(weight: float) -> float:
    """Of a match, from a weight that includes the prior."""
    return 1.0 / (1.0 + float(2.0 ** min(-weight, 1000.0)))


def threshold_weight(chance: float) -> int:
    """A probability as a fixed-point weight."""
    return round(FIXED_POINT * log2(chance / (1.0 - chance)))


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
            " where value is not null group by value order by value",
            {"u": trained.u[place][code - 1], "own": own, "least": FEWEST_STRANGERS},
        )


def score_pairs(
    con: duckdb.DuckDBPyConnection,
    party_type: str,
    trained: Trained,
    pairs_table: str,
    out_table: str,
) -> None:
    """Score any pairs (l_rid, r_rid) into `out_table` (l_rid, r_rid, pattern, weight).

    The pairs need not come from blocking. Needs the tables that `link` left in `link`.
    """
    records = f"link.{party_type}_records"
    con.execute(
        "create or replace temp table scored_patterns_in as"
        f" select p.l_rid, p.r_rid, {pattern_sql(trained.specification)} as pattern"
        f" from {pairs_table} as p"
        f" inner join {records} as l on l.rid = p.l_rid"
        f" inner join {records} as r on r.rid = p.r_rid"
    )
    weigh(con, trained, "scored_patterns_in", out_table)
    con.execute("drop table scored_patterns_in")


def weigh(
    con: duckdb.DuckDBPyConnection, trained: Trained, compared: str, out_table: str, extra: str = ""
) -> None:
    """Pairs with patterns → `out_table` with weights; `extra` names columns to carry along."""
    _weigh_patterns(con, trained, compared)
    strangers, alternative = _term_bits(con, trained, compared)
    carried = f", {extra}" if extra else ""
    con.execute(
        f"create or replace table {out_table} as"
        f" with summed as (select l_rid, r_rid, pattern{carried}, match,"
        f" stranger + {strangers} as s, alternative + {alternative} as a"
        f" from {compared} inner join pattern_bits using (pattern)"
        " left join pair_terms using (l_rid, r_rid))"
        f" select l_rid, r_rid, pattern{carried}, round({FIXED_POINT} * (match - greatest(s, a)"
        " - log2(1 + pow(2, greatest(least(s, a) - greatest(s, a), -1000)))))::integer as weight"
        " from summed order by l_rid, r_rid"
    )


def _weigh_patterns(con: duckdb.DuckDBPyConnection, trained: Trained, compared: str) -> None:
    distinct = con.execute(f"select distinct pattern from {compared} order by pattern").fetchall()
    con.execute(
        "create or replace temp table pattern_bits"
        " (pattern bigint, match double, stranger double, alternative double)"
    )
    import pyarrow as pa

    bits = [pattern_bits(trained, pattern) for (pattern,) in distinct]
    table = pa.table({
        "pattern": pa.array([row[0] for row in distinct], pa.int64()),
        "match": pa.array([b.match for b in bits], pa.float64()),
        "stranger": pa.array([b.stranger for b in bits], pa.float64()),
        "alternative": pa.array([b.alternative for b in bits], pa.float64()),
    })  # fmt: skip
    con.register("arriving_bits", table)
    con.execute("insert into pattern_bits select * from arriving_bits")
    con.unregister("arriving_bits")


def _term_bits(con: duckdb.DuckDBPyConnection, trained: Trained, compared: str) -> tuple[str, str]:
    """Temp table `pair_terms`, and the sums of its columns for strangers and the alternative."""
    records = f"link.{trained.specification.party_type}_records"
    frequency = f"link.{trained.specification.party_type}_frequency"
    columns, joins, stranger, alternative = [], [], ["0"], ["0"]
    for comparison, level in frequency_terms(trained):
        name, column = comparison.name, level.term_frequency
        value = f"list_intersect(l.{column}, r.{column})[1]" if column in LISTS else f"l.{column}"
        at_level = f"{level_sql(trained.specification, name)} = {comparison.code(level.name)}"
        joins.append(
            f"left join {frequency}_{column} as f_{name}"
            f" on f_{name}.value = case when {at_level} then {value} end"
        )
        columns.append(f"f_{name}.bits as {name}_bits")
        stranger.append(f"coalesce({name}_bits, 0)")
        if is_strangers(trained, comparison):
            alternative.append(f"coalesce({name}_bits, 0)")
    con.execute(
        "create or replace temp table pair_terms as select c.l_rid, c.r_rid"
        f"{''.join(', ' + column for column in columns)} from {compared} as c"
        f" inner join {records} as l on l.rid = c.l_rid"
        f" inner join {records} as r on r.rid = c.r_rid"
        f" {' '.join(joins)}"
    )
    return " + ".join(stranger), " + ".join(alternative)
