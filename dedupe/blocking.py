"""Blocking: standardised records → candidate pairs, each with the rules that made it.

Flow: `link.<party_type>_records` → one 64-bit key per record, rule and list entry → one join per
rule → distinct pairs with a bit mask of rules. Records that are equal in every standardised
column are collapsed to their first; their own pairs are added afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.specification import BlockingRule, Specification

if TYPE_CHECKING:
    import duckdb

LISTS = frozenset(
    {"emails", "phones", "domains", "family_parts", "labels", "x_words", "x_word_pairs"}
)
IDENTICAL = "identical_records"


def keys_sql(rule: BlockingRule, records: str) -> str:
    """(rid, k) per record and list entry; null parts give none, hot values are left out.

    The cap looks at a block's present content only, so that order and history do not matter.
    """
    lists = [column for column in rule.columns if column in LISTS]
    exploded = ", ".join(
        f"unnest({column}) as {column}" if column in lists else column for column in rule.columns
    )
    present = " and ".join(f"{column} is not null" for column in rule.columns)
    hashed = ", ".join(rule.columns)
    return (
        f"select rid, hash({hashed}) as k"
        f" from (select rid, {exploded} from {records}) where {present}"
        f" qualify count(*) over (partition by k) between 2 and {rule.cap}"
    )


def pairs_sql(specification: Specification, records: str) -> str:
    """(l_rid, r_rid, rules): each pair once, bit i of `rules` for the i-th blocking rule."""
    joins = " union all ".join(
        f"select l.rid as l_rid, r.rid as r_rid, {1 << place} as rule"
        f" from keys_{place} as l inner join keys_{place} as r on l.k = r.k and l.rid < r.rid"
        for place in range(len(specification.blocking_rules))
    )
    with_keys = ", ".join(
        f"keys_{place} as materialized ({keys_sql(rule, records)})"
        for place, rule in enumerate(specification.blocking_rules)
    )
    return (
        f"with {with_keys} select l_rid, r_rid, bit_or(rule)::integer as rules"
        f" from ({joins}) group by l_rid, r_rid"
    )


def collapse_sql(columns: list[str], records: str) -> str:
    """(rid, first_rid): the first record that is equal in all standardised columns."""
    values = ", ".join(columns)
    return f"select rid, min(rid) over (partition by {values}) as first_rid from {records}"


def rule_name_sql(specification: Specification, rules: str = "rules") -> str:
    """The name of the earliest rule that made the pair; rules = 0 means equal records."""
    cases = " ".join(
        f"when {rules} & {1 << place} > 0 then '{rule.name}'"
        for place, rule in enumerate(specification.blocking_rules)
    )
    return f"case {cases} else '{IDENTICAL}' end"


def block(con: duckdb.DuckDBPyConnection, specification: Specification) -> int:
    """Leave temp tables `collapsed` and `candidates` (l_rid, r_rid, rules); returns the pairs."""
    records = f"link.{specification.party_type}_records"
    columns = [name for name in con.table(records).columns if name not in {"rid", "record_id"}]
    con.execute(f"create or replace temp table collapsed as {collapse_sql(columns, records)}")
    con.execute(
        "create or replace temp view distinct_records as"
        f" select r.* from {records} as r inner join collapsed using (rid) where rid = first_rid"
    )
    pairs = pairs_sql(specification, "distinct_records")
    con.execute(f"create or replace temp table candidates as {pairs}")
    con.execute(
        "create or replace temp table equal_records as"
        " select first_rid as l_rid, rid as r_rid, 0 as rules"
        " from collapsed where rid > first_rid"
    )
    return int(con.table("candidates").count("*").fetchall()[0][0])
