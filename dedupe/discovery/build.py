"""A specification made for a table: comparisons and blocking rules that its columns allow.

Flow: `link.<party_type>_records` (standardised) and the discovery → `BuiltSpecification`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe.discovery.columns import measure
from dedupe.discovery.comparisons import choose_comparisons
from dedupe.discovery.discovery import Discovery
from dedupe.discovery.households import household
from dedupe.discovery.rules import price_rules
from dedupe.discovery.worth import MODEL_RULES, choose_rules
from dedupe.linking.blocking import set_copies_aside
from dedupe.specification import PartyType, Specification, Thresholds, load_specification
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb


# Merged as generously as any specification that says nothing else: on tables not seen before,
# what is lost to a stricter threshold was more than what it kept right.
_THRESHOLDS = Thresholds(candidate=0.05, origin="generous, because clusters are repaired")


@dataclass(frozen=True)
class BuiltSpecification:
    """The specification; `reasons` is the name of a comparison or blocking rule → why.

    `left_out` are columns that could be compared too, had a pair room for more comparisons.
    """

    specification: Specification
    reasons: Mapping[str, str]
    left_out: tuple[str, ...] = ()


def build_specification(
    con: duckdb.DuckDBPyConnection, party_type: PartyType, discovery: Discovery
) -> BuiltSpecification:
    """From records that `standardise_records` left.

    Raises InputError if nothing can be compared.
    """
    set_copies_aside(con, party_type)
    columns = measure(con, party_type)
    chosen, left_out = choose_comparisons(party_type, discovery, columns)
    comparisons = tuple(one.comparison for one in chosen)
    priced = price_rules(con, comparisons, columns)
    if not comparisons or not priced:
        raise InputError(
            f"no {party_type} records can be compared: expected a column in which two records may"
            " agree, found none",
            hint="State what the columns are with --map ROLE=COLUMN.",
        )
    own = load_specification(party_type)
    records = int(con.table(f"link.{party_type}_records").count("*").fetchall()[0][0])
    first = Specification(
        version=1, party_type=party_type, prior=own.prior, thresholds=_THRESHOLDS,
        comparisons=comparisons, alternative=household(party_type, comparisons, records),
        blocking_rules=tuple(one.rule for one in priced[:MODEL_RULES]),
    )  # fmt: skip
    rules = choose_rules(con, first, priced)
    reasons = {one.comparison.name: one.reason for one in chosen}
    reasons |= {one.rule.name: one.reason for one in rules}
    specification = first.model_copy(update={"blocking_rules": tuple(one.rule for one in rules)})
    return BuiltSpecification(specification, reasons, left_out)
