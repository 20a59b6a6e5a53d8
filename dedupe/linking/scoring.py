"""Patterns and value frequencies → match weights, as fixed-point integers.

weight = log2( share_m · m / (share_u · u + share_v · v) ): the Bayes factor including the prior,
where strangers (u) and the alternative (v, one household) are the two ways not to match. On an
equality level with `term_frequency` the chance u is replaced by the frequency of the very value.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dedupe.linking.arriving import arriving
from dedupe.linking.comparing import compare, encode_mentioned, portions, side_by_side
from dedupe.linking.patterns import unpack
from dedupe.linking.term_bits import Scorable, shared_bits
from dedupe.linking.term_frequencies import TermBits, rarest_bits
from dedupe.trained import Trained

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

FIXED_POINT = 1000  # weights are stored as thousandths of a bit
PatternBits = dict[str, NDArray[Any]]  # columns, a row per pattern


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
    stranger = log2(trained.stranger_share) + sum(log2(trained.u[i][k]) for i, k in seen)
    likelier = log2((trained.alternative_share or 1e-300) / trained.stranger_share)
    return Bits(
        match=stranger + trained.prior_bits + sum(trained.level_bits(i, k) for i, k in seen),
        stranger=stranger,
        alternative=stranger + likelier + sum(trained.alternative_bits(i, k) for i, k in seen),
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


def score_pairs(
    con: duckdb.DuckDBPyConnection,
    party_type: str,
    trained: Trained,
    pairs_table: str,
    out_table: str,
    *,
    scorable: Scorable | None = None,
) -> None:
    """Score any pairs (l_rid, r_rid) into `out_table` (l_rid, r_rid, pattern, weight).

    The pairs need not come from blocking. Needs the tables that `link` left in `link`; `scorable`
    holds the pairs' records, if somebody has made it already.
    """
    del party_type  # the model's own
    among = scorable or _mentioned(con, trained, pairs_table)
    compare(con, trained.specification, pairs_table, "asked_patterns", encoded=among.records)
    weigh(con, trained, "asked_patterns", out_table, scorable=among)
    con.execute("drop table asked_patterns")


def weigh(
    con: duckdb.DuckDBPyConnection,
    trained: Trained,
    compared: str,
    out_table: str,
    *,
    carried: str = "",
    least: int | None = None,
    scorable: Scorable | None = None,
) -> None:
    """Pairs with patterns → `out_table` (l_rid, r_rid, <carried>, pattern, weight).

    `least` leaves out lighter pairs. Most of those are told by their pattern alone: not even the
    rarest values would lift them. Temp table `pattern_bits` says so for each pattern. `scorable`
    holds the pairs' records, if somebody has made it already.
    """
    patterns = write_pattern_bits(con, trained, compared, least)
    kept = f", {carried}" if carried else ""
    # A pair has the place of its pattern: the bits themselves would be three floats for each pair.
    con.execute(
        f"create or replace temp table hopeful as select l_rid, r_rid{kept}, place"
        f" from {compared} inner join pattern_bits using (pattern) where not hopeless"
    )
    con.execute(
        f"create or replace table {out_table} as select l_rid::bigint as l_rid,"
        f" r_rid::bigint as r_rid{kept}, 0::bigint as pattern, 0::integer as weight"
        " from hopeful limit 0"
    )
    among = scorable or _mentioned(con, trained, "hopeful")
    for portion in portions(con, "from hopeful", "hopeful"):
        weights = _weights(con, among, portion, patterns)
        pattern = patterns["pattern"].take(portion["place"].to_numpy())
        weighed = portion.append_column("pattern", [pattern])
        with arriving(con, weighed.append_column("weight", [weights])) as rows:
            con.execute(
                f"insert into {out_table} select l_rid, r_rid{kept}, pattern, weight"
                f" from {rows} {'' if least is None else f'where weight >= {least}'}"
            )
    con.execute("drop table hopeful")


def _mentioned(con: duckdb.DuckDBPyConnection, trained: Trained, pairs: str) -> Scorable:
    return Scorable.of(con, trained, encode_mentioned(con, trained.specification, pairs))


def _weights(
    con: duckdb.DuckDBPyConnection,
    among: Scorable,
    pairs: pa.Table,
    patterns: PatternBits,
) -> NDArray[np.int32]:
    """Bits of the patterns and of the values that the pairs share → weights."""
    one, other, place = (pairs[name].to_numpy() for name in ("l_rid", "r_rid", "place"))

    def of_batch(part: slice) -> NDArray[np.int32]:
        left, right = (among.records.rows(side[part]) for side in (one, other))
        match, stranger, alternative, pattern = (
            patterns[name].take(place[part])
            for name in ("match", "stranger", "alternative", "pattern")
        )
        for term in among.terms:
            chosen = term.at_level(pattern)
            bits = shared_bits(term, left.take(chosen), right.take(chosen))
            stranger[chosen] += bits
            if term.is_strangers:
                alternative[chosen] += bits
        high, low = np.maximum(stranger, alternative), np.minimum(stranger, alternative)
        against = high + np.log2(1.0 + np.exp2(np.maximum(low - high, -1000.0)))
        weights = np.rint(FIXED_POINT * (match - against))
        return np.asarray(weights.astype(np.int32))

    return side_by_side(con, len(pairs), of_batch)


def write_pattern_bits(
    con: duckdb.DuckDBPyConnection, trained: Trained, compared: str, least: int | None
) -> PatternBits:
    """Temp table `pattern_bits` (pattern, match, stranger, alternative, weight, hopeless, place).

    `weight` is that of values as frequent as the average one; a pattern is hopeless if its weight
    stays below `least` even where all values that count by their frequency are the rarest ones.
    Gives the columns too, by `place`.
    """
    import pyarrow as pa

    rarest = rarest_bits(con, trained)
    found = con.execute(f"select distinct pattern from {compared} order by pattern").fetchall()
    rows = [_pattern_row(trained, rarest, int(pattern), least) for (pattern,) in found]
    names = ("pattern", "match", "stranger", "alternative", "weight", "hopeless")
    kinds = (pa.int64(), pa.float64(), pa.float64(), pa.float64(), pa.int32(), pa.bool_())
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    table = {
        name: pa.array(column, kind)
        for name, kind, column in zip(names, kinds, columns, strict=True)
    }
    table["place"] = pa.array(np.arange(len(rows), dtype=np.int32))
    with arriving(con, pa.table(table)) as arrived:
        con.execute(f"create or replace temp table pattern_bits as from {arrived}")
    return {name: column.to_numpy(zero_copy_only=False) for name, column in table.items()}


def _pattern_row(
    trained: Trained, rarest: list[TermBits], pattern: int, least: int | None
) -> tuple[int, float, float, float, int, bool]:
    bits = pattern_bits(trained, pattern)
    codes = unpack(pattern, len(trained.specification.comparisons))
    lift = [term for term in rarest if codes[term.place] == term.code and term.bits < 0]
    best = weight_of(
        bits.match,
        bits.stranger + sum(term.bits for term in lift),
        bits.alternative + sum(term.bits for term in lift if term.is_strangers),
    )
    weight = round(FIXED_POINT * weight_of(bits.match, bits.stranger, bits.alternative))
    # One thousandth to spare: what is left out must not hang on the last bit of a float.
    hopeless = least is not None and FIXED_POINT * best < least - 1
    return pattern, bits.match, bits.stranger, bits.alternative, weight, hopeless
