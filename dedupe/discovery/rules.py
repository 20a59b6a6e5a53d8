"""Which blocking rules could be, and what each of them costs.

Flow: measured columns, comparisons and `distinct_records` → candidate rules (each key alone, and
two keys together) → their pairs counted. `worth` chooses among them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, count
from typing import TYPE_CHECKING

from dedupe.discovery.columns import Measured
from dedupe.linking.blocking import DISTINCT, blocks_sql, keys_sql
from dedupe.specification import BlockingRule, Comparison

if TYPE_CHECKING:
    import duckdb

Columns = Mapping[str, Measured]
PAIRS_OF_A_RULE = 12.0  # per record
CAPS = (60, 20)  # the second one where the first costs too much


@dataclass(frozen=True)
class Key:
    """A standardised column to block on, and the level that its agreement reaches."""

    column: str
    comparison: str
    level: str


@dataclass(frozen=True)
class Priced:
    """A rule and the pairs that it makes."""

    rule: BlockingRule
    pairs: int


def price_rules(
    con: duckdb.DuckDBPyConnection,
    comparisons: Sequence[Comparison],
    columns: Columns,
) -> list[Priced]:
    """All candidate rules that can be paid, single keys first, then by their pairs."""
    total = max(int(con.table(DISTINCT).count("*").fetchall()[0][0]), 100)
    found = []
    for rule in candidates(comparisons, columns):
        for cap in CAPS:
            capped = rule.model_copy(update={"cap": cap})
            pairs = _count_pairs(con, capped)
            if pairs <= PAIRS_OF_A_RULE * total:
                found.append(Priced(capped, pairs))
                break
    priced = [one for one in found if one.pairs]
    return sorted(priced, key=lambda one: (len(one.rule.columns), one.pairs, one.rule.name))


def candidates(comparisons: Sequence[Comparison], columns: Columns) -> Iterator[BlockingRule]:
    """Each key alone, and each two keys of different comparisons."""
    keys, taken = list(_keys(comparisons, columns)), set[str]()
    for size in (1, 2):
        for combination in combinations(keys, size):
            fires = {key.comparison: key.level for key in combination}
            if len(fires) == size:
                names = [key.column for key in combination]
                taken.add(called := _rule_name(names, taken))
                yield BlockingRule(
                    name=called,
                    columns=tuple(names),
                    cap=CAPS[0],
                    fires_at=fires,
                    origin="chosen by measured worth",
                )


def _rule_name(columns: Sequence[str], taken: Collection[str]) -> str:
    """`same_city`; `same_x_city` where a column of ours and one of the user's are called so."""
    short = "same_" + "_and_".join(name.removeprefix("x_") for name in columns)
    whole = "same_" + "_and_".join(columns)
    numbered = (f"{whole}_{number}" for number in count(2))
    return next(name for name in chain((short, whole), numbered) if name not in taken)


def _keys(comparisons: Sequence[Comparison], columns: Columns) -> Iterator[Key]:
    for comparison in comparisons:
        if comparison.corrects:
            continue
        for column, level in _KEYS.get(comparison.name, ()):
            if column in columns and any(one.name == level for one in comparison.levels):
                yield Key(column, comparison.name, level)
        first = comparison.levels[0]
        if comparison.name not in _KEYS and first.when[0].test == "equal":
            yield Key(first.when[0].column, comparison.name, first.name)


def _count_pairs(con: duckdb.DuckDBPyConnection, rule: BlockingRule) -> int:
    counted = con.execute(
        "select coalesce(sum(len(rids) * (len(rids) - 1) / 2), 0)::bigint"
        f" from ({blocks_sql(rule, keys_sql(rule, DISTINCT))})"
    ).fetchall()
    return int(counted[0][0])


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
