"""Blocking rules by their measured worth: likely matches that no other rule reaches, per pair.

Flow: priced candidate rules → a pool of their pairs (of a sample of the records, if there are
many) → patterns and a model fitted to them without labels → expected matches per pair → rules
chosen one by one, the best gain first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedupe.discovery.rules import Priced
from dedupe.linking.blocking import DISTINCT, blocks_sql, keys_sql
from dedupe.linking.comparing import compare
from dedupe.linking.patterns import unpack
from dedupe.specification import BlockingRule, Specification
from dedupe.training.expectation import Seen
from dedupe.training.fit import Patterns, fit
from dedupe.training.train import counted

if TYPE_CHECKING:
    import duckdb

Pairs = NDArray[np.int64]
Floats = NDArray[np.float64]
POOL = 1_000_000  # pairs looked at
MODEL_RULES = 12  # sessions of the model that judges the pairs
# A rule is worth its pairs if one in so many is a match that no rule before it reaches. A match
# reached before counts AGAIN times as much to a key alone, which may reach others like it that no
# candidate does; two keys together only repeat what each of them reaches.
PAIRS_PER_MATCH = 500.0
AGAIN = 0.3
FREE_PAIRS = 15.0  # per record, but no more than MOST_FREE: as cheap as reading the table
MOST_FREE = 3_000_000
LEAST_GAIN = 0.0002  # of all likely matches
MOST_RULES = 24
SLICES = 1024


@dataclass(frozen=True)
class ChosenRule:
    """A rule, its pairs, and why it was chosen."""

    rule: BlockingRule
    pairs: int
    reason: str


def choose_rules(
    con: duckdb.DuckDBPyConnection, specification: Specification, priced: Sequence[Priced]
) -> list[ChosenRule]:
    """Of the priced rules those that are worth it; `specification` holds some rules to judge by."""
    share = min(1.0, POOL / max(sum(one.pairs for one in priced), 1))
    slices = max(1, round(SLICES * share))
    share = slices / SLICES
    made = [_pairs_of(con, one.rule, slices) for one in priced]
    pool = np.unique(np.concatenate(made)) if made else np.array([], dtype=np.int64)
    if not len(pool):
        return []
    likely = _expected_matches(con, specification, pool, share)
    places = [np.searchsorted(pool, pairs) for pairs in made]
    records = int(con.table(DISTINCT).count("*").fetchall()[0][0])
    return _greedy(priced, places, likely, share, records)


def _pairs_of(con: duckdb.DuckDBPyConnection, rule: BlockingRule, slices: int) -> Pairs:
    """Each pair once, as l_rid · 2³² + r_rid, of left records in the first slices."""
    blocks = blocks_sql(rule, keys_sql(rule, DISTINCT))
    found = con.execute(
        "select distinct (l::bigint << 32) | r::bigint as pair"
        f" from (select l, unnest(rids) as r from (select rids, unnest(rids) as l from ({blocks})))"
        f" where l < r and hash(l) % {SLICES} < {slices}"
    ).fetchnumpy()["pair"]
    return np.sort(np.asarray(found, dtype=np.int64))


def _expected_matches(
    con: duckdb.DuckDBPyConnection, specification: Specification, pool: Pairs, share: float
) -> Floats:
    """P(match) per pair of the pool, by a model fitted to the pool alone."""
    import pyarrow as pa

    arriving = pa.table({"l_rid": pool >> 32, "r_rid": pool & 0xFFFFFFFF})
    con.register("arriving_pool", arriving)
    con.execute("create or replace temp table pool_pairs as from arriving_pool")
    con.unregister("arriving_pool")
    compare(con, specification, "pool_pairs", "pool_patterns")
    rows = con.execute(
        "select (l_rid::bigint << 32) | r_rid::bigint as pair, pattern from pool_patterns"
        " order by pair"
    ).fetchnumpy()
    con.execute("drop table pool_patterns")
    con.execute("drop table pool_pairs")
    patterns, place, counts = np.unique(
        np.asarray(rows["pattern"], dtype=np.int64), return_inverse=True, return_counts=True
    )
    width = len(specification.comparisons)
    codes = np.array([unpack(int(one), width) for one in patterns], dtype=np.int64)
    every = counted(con, specification)
    distinct = replace(every, records=every.records - every.copies, copies=0, copied=0.0)
    kinds = fit(specification, Patterns(codes, counts / share), distinct)
    return np.asarray(Seen(codes, range(width), kinds).posteriors(kinds)[1][place])


def _greedy(
    priced: Sequence[Priced], places: Sequence[Pairs], likely: Floats, share: float, records: int
) -> list[ChosenRule]:
    """The rule with the greatest worth first, until none is worth its pairs."""
    everything, again = float(likely.sum()), likely.copy()
    reached = np.zeros(len(likely), dtype=bool)
    left, chosen = list(range(len(priced))), list[ChosenRule]()
    free = min(FREE_PAIRS * records, MOST_FREE)
    while left and len(chosen) < MOST_RULES:
        spent = sum(one.pairs for one in chosen)
        first = np.where(reached, 0.0, likely)
        worths = [
            float((again if len(priced[i].rule.columns) == 1 else first)[places[i]].sum())
            - share * max(0.0, priced[i].pairs - max(free - spent, 0.0)) / PAIRS_PER_MATCH
            for i in left
        ]
        best = int(np.argmax(worths))
        if chosen and worths[best] < LEAST_GAIN * everything:
            break
        place = left.pop(best)
        total, gain = (float(likely[p].sum()) for p in _reach(places[place], reached))
        chosen.append(_told(priced[place], total / everything, gain / everything, share))
        reached[places[place]] = True
        again[places[place]] *= AGAIN
    return chosen


def _reach(pairs: Pairs, reached: NDArray[np.bool_]) -> tuple[Pairs, Pairs]:
    """All pairs of a rule, and those that none before it made."""
    return pairs, pairs[~reached[pairs]]


def _told(one: Priced, total: float, gain: float, share: float) -> ChosenRule:
    reason = (
        f"makes {one.pairs:,} pairs and reaches {total:.1%} of the likely matches,"
        f" {gain:.1%} that no rule before it does"
    )
    sampled = "" if share == 1 else f" (measured on {share:.0%} of the pairs)"
    return ChosenRule(one.rule, one.pairs, reason + sampled)
