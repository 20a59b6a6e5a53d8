"""Namesakes in the database: whole names → what agreeing in both parts of one is worth.

Flow: `link.<party_type>_records` → names counted by records and expected bearers → model
(`dedupe.training.namesakes`) → `link.<party_type>_frequency_<column>` (value, bits), as other
frequencies are kept: what the independent frequencies of the parts are wrong by.
"""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

import numpy as np

from dedupe.specification import Comparison
from dedupe.trained import Trained
from dedupe.training.namesakes import MOST_RECORDS, NameCounts, Namesakes, learn_namesakes

if TYPE_CHECKING:
    import duckdb

BINS_PER_BIT = 3
LOWEST_BIT, HIGHEST_BIT = -20, 8


def build_namesakes(
    con: duckdb.DuckDBPyConnection, trained: Trained, comparison: Comparison, distinct: str = ""
) -> None:
    """The frequency table of a comparison that `corrects` two others; theirs must be there.

    Names are counted in the table or view `distinct`, or else in all records.
    """
    party_type = trained.specification.party_type
    one, other = (_column(trained, name) for name in comparison.corrects)
    whole = comparison.levels[0].term_frequency
    _count_names(con, distinct or f"link.{party_type}_records", whole, one, other)
    partners = trained.match_share * max(trained.records - 1, 0)
    _register_bits(con, learn_namesakes(_counts(con), partners))
    con.execute(
        f"create or replace table link.{party_type}_frequency_{whole} as"
        " select w.value, $base - s.bits - coalesce(a.bits, 0) - coalesce(b.bits, 0) as bits"
        " from whole_names as w inner join name_bits as s on s.n = w.n and s.bin = w.bin"
        f" left join link.{party_type}_frequency_{one} as a on a.value = w.one"
        f" left join link.{party_type}_frequency_{other} as b on b.value = w.other"
        " order by w.value",
        {"base": _independent_bits(trained, comparison)},
    )
    con.execute("drop table whole_names")
    con.execute("drop table name_bits")


def _column(trained: Trained, comparison: str) -> str:
    return trained.specification.comparison(comparison).levels[0].term_frequency


def _independent_bits(trained: Trained, comparison: Comparison) -> float:
    """What prior and equality in both parts weigh before frequencies."""
    bits = log2(trained.match_share) - log2(trained.stranger_share)
    for name in comparison.corrects:
        place = trained.specification.position(name)
        bits += log2(trained.m[place][-1]) - log2(trained.u[place][-1])
    return bits


def _count_names(
    con: duckdb.DuckDBPyConnection, records: str, whole: str, one: str, other: str
) -> None:
    """Temp table whole_names (value, one, other, n, mu, bin): each name once.

    A name that one record bears counts as two: it matters only when another record joins it.
    """
    con.execute(
        "create or replace temp table whole_names as"
        f" with names as (select {whole} as value, any_value({one}) as one,"
        f" any_value({other}) as other, count(*) as n from {records}"
        f" where {whole} is not null group by {whole}),"
        " expected as (select value, one, other, n,"
        " (count(*) over (partition by one))::double * (count(*) over (partition by other))"
        " / (count(*) over ()) as mu from names)"
        f" select value, one, other, least(n, {MOST_RECORDS}) as seen,"
        f" greatest(least(n, {MOST_RECORDS}), 2) as n, mu,"
        f" round({BINS_PER_BIT} * greatest(least(log2(mu), {HIGHEST_BIT}), {LOWEST_BIT}))::integer"
        f" - {BINS_PER_BIT * LOWEST_BIT} as bin from expected"
    )


def _counts(con: duckdb.DuckDBPyConnection) -> NameCounts:
    bins = BINS_PER_BIT * (HIGHEST_BIT - LOWEST_BIT) + 1
    names = np.zeros((MOST_RECORDS + 1, bins))
    for seen, place, count in con.execute(
        "select seen, bin, count(*) from whole_names group by all order by all"
    ).fetchall():
        names[seen, place] = count
    return NameCounts(names, 2.0 ** (np.arange(bins) / BINS_PER_BIT + LOWEST_BIT))


def _register_bits(con: duckdb.DuckDBPyConnection, model: Namesakes) -> None:
    """Temp table name_bits (n, bin, bits): the log odds that two records are one party's."""
    import pyarrow as pa

    n, place = np.indices(model.same.shape)
    bits = np.round(np.log2(model.same / (1.0 - model.same)), 6)
    columns = {"n": n.ravel(), "bin": place.ravel(), "bits": bits.ravel()}
    con.register("arriving_bits", pa.table(columns))
    con.execute("create or replace temp table name_bits as from arriving_bits")
    con.unregister("arriving_bits")
