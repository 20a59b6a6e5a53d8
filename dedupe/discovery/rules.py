"""Which blocking rules are worth their pairs.

Flow: measured columns and comparisons → candidate rules (each key alone, and two keys together) →
counted pairs → those chosen, with their reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from dedupe.blocking import keys_sql
from dedupe.discovery.columns import Measured
from dedupe.specification import BlockingRule, Comparison

if TYPE_CHECKING:
    import duckdb

Columns = Mapping[str, Measured]
PAIRS_PER_RECORD = 60.0  # of all rules together
PAIRS_OF_A_RULE = 12.0
CAP = 60
MOST_RULES = 28


@dataclass(frozen=True)
class Key:
    """A standardised column to block on, and the level that its agreement reaches."""

    column: str
    comparison: str
    level: str


@dataclass(frozen=True)
class ChosenRule:
    """A rule, what it costs, and why it was chosen."""

    rule: BlockingRule
    pairs: int
    reason: str


def choose_rules(
    con: duckdb.DuckDBPyConnection,
    party_type: str,
    comparisons: Sequence[Comparison],
    columns: Columns,
) -> list[ChosenRule]:
    """Rules of single keys first, then pairs of keys, cheapest first, while pairs last."""
    records = f"link.{party_type}_records"
    total = int(con.table(records).count("*").fetchall()[0][0])
    left = PAIRS_PER_RECORD * max(total, 100)
    chosen: list[ChosenRule] = []
    candidates = [_priced(con, records, rule) for rule in _candidates(comparisons, columns)]
    for one in sorted(candidates, key=lambda c: (len(c.rule.columns), c.pairs, c.rule.name)):
        contained = any(set(c.rule.columns) < set(one.rule.columns) for c in chosen)
        affordable = 0 < one.pairs <= min(left, PAIRS_OF_A_RULE * max(total, 100))
        if affordable and not contained and len(chosen) < MOST_RULES:
            left -= one.pairs
            chosen.append(one)
    return chosen


def _candidates(comparisons: Sequence[Comparison], columns: Columns) -> Iterator[BlockingRule]:
    keys = list(_keys(comparisons, columns))
    for size in (1, 2):
        for combination in combinations(keys, size):
            fires = {key.comparison: key.level for key in combination}
            if len(fires) == size:
                names = [key.column for key in combination]
                yield BlockingRule(
                    name="same_" + "_and_".join(name.removeprefix("x_") for name in names),
                    columns=tuple(names),
                    cap=CAP,
                    fires_at=fires,
                    origin="chosen by measured worth",
                )


def _keys(comparisons: Sequence[Comparison], columns: Columns) -> Iterator[Key]:
    for comparison in comparisons:
        for column, level in _KEYS.get(comparison.name, ()):
            if column in columns and any(one.name == level for one in comparison.levels):
                yield Key(column, comparison.name, level)
        first = comparison.levels[0]
        if comparison.name not in _KEYS and first.when[0].test == "equal":
            yield Key(first.when[0].column, comparison.name, first.name)


def _priced(con: duckdb.DuckDBPyConnection, records: str, rule: BlockingRule) -> ChosenRule:
    pairs = con.execute(
        "select coalesce(sum(n * (n - 1) / 2), 0)::bigint from"
        f" (select count(*) as n from ({keys_sql(rule, records)}) group by k)"
    ).fetchall()[0][0]
    return ChosenRule(rule, int(pairs), f"makes {pairs:,} pairs")


# Comparison → columns to block on, with the level that their agreement reaches.
_KEYS: dict[str, tuple[tuple[str, str], ...]] = {
    "given_name": (("given_root", "equal"), ("names_sorted", "swapped with the family name")),
    "family_name": (("family", "equal"), ("family_sound", "equal")),
    "birth_date": (
        ("x_birth", "equal"),
        ("x_birth_day", "same day of another year"),
        ("x_birth_year", "same year"),
    ),
    "email": (("emails", "shared"), ("email_local", "same name at another provider")),
    "phone": (("phones", "shared"),),
    "address": (
        ("door", "same door"),
        ("street", "same street"),
        ("postcode", "same postcode"),
        ("city", "same town"),
    ),
    "name": (
        ("name_compact", "equal"),
        ("name_first", "same first word"),
        ("labels", "as in the domain"),
        ("name_start", "one shortens the other"),
        ("name_sound", "very similar"),
    ),
    "domain": (("domains", "shared"),),
    "company": (("company", "equal"),),
    "legal_form": (),
}
