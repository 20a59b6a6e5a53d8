"""Blocking: standardised records → candidate pairs, each with the first rule that made it.

Flow: `link.<party_type>_records` → one 64-bit key per record, rule and list entry → pairs of those
that hold one key, each once (`dedupe.linking.meetings`). Records that are equal in every
standardised column are collapsed to their first before: a block's size is that of its distinct
contents, so neither a copy nor a million of them changes who meets whom.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from dedupe.linking.meetings import Holders, candidate_pairs
from dedupe.specification import BlockingRule, Specification

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

LISTS = frozenset(
    {"emails", "phones", "domains", "family_parts", "labels", "x_words", "x_word_pairs"}
)
IDENTICAL = "identical_records"
DISTINCT = "distinct_records"  # a view that `block` leaves
NO_RULE = 255  # in place of a rule: equal records


def key_sql(rule: BlockingRule) -> str:
    """The key of one record; null if a part is."""
    present = " and ".join(f"{column} is not null" for column in rule.columns)
    return f"case when {present} then hash({', '.join(rule.columns)}) end"


def keys_sql(rule: BlockingRule, records: str) -> str:
    """(rid, k) per record and list entry."""
    rows = f"select rid, {', '.join(rule.columns)} from {records}"
    # One list after the other: side by side, only entries in the same place would meet.
    for column in sorted(LISTS.intersection(rule.columns)):
        rows = f"select * replace (unnest({column}) as {column}) from ({rows})"
    return f"select rid, {key_sql(rule)} as k from ({rows})"


def blocks_sql(rule: BlockingRule, keys: str) -> str:
    """(rids): the holders of each key in (rid, k), hot keys and lone ones left out.

    The cap looks at a block's present content only, so that order and history do not matter.
    """
    return (
        f"select list(rid::integer) as rids from ({keys}) where k is not null"
        f" group by k having count(*) between 2 and {rule.cap}"
    )


def copies_sql(columns: list[str], records: str) -> str:
    """(rid, first_rid) of each record that equals an earlier one in all standardised columns.

    Hashes find them; the values themselves decide, which are read of those few records only. What
    shares a hash with other content is compared among itself.
    """
    same = " and ".join(f"one.{c} is not distinct from other.{c}" for c in columns)
    values = ", ".join(f"r.{c}" for c in columns)
    with_first = "alike as one inner join firsts as other using (first_rid)"
    return (
        f"with hashed as materialized (select rid, hash({', '.join(columns)}) as h from {records}),"
        " repeated as (select h, min(rid) as first_rid from hashed group by h having count(*) > 1),"
        " alike as materialized"
        f" (select first_rid, r.rid, {values} from hashed inner join repeated using (h)"
        f" inner join {records} as r using (rid)),"
        " firsts as (from alike where rid = first_rid),"
        f" others as (select one.* from {with_first} where not ({same})),"
        " among_others as (select r.rid,"
        f" min(r.rid) over (partition by first_rid, {values}) as first_rid from others as r)"
        f" select one.rid, one.first_rid from {with_first} where one.rid > one.first_rid and {same}"
        " union all select rid, first_rid from among_others where rid <> first_rid"
    )


def rule_name_sql(specification: Specification) -> str:
    """The name of the rule in place `rule`; none means equal records."""
    cases = " ".join(
        f"when {place} then '{rule.name}'"
        for place, rule in enumerate(specification.blocking_rules)
    )
    return f"case rule {cases} else '{IDENTICAL}' end"


def block(con: duckdb.DuckDBPyConnection, specification: Specification) -> Iterator[pa.Table]:
    """Candidate pairs (l_rid, r_rid, rule) in slices, by l_rid and r_rid.

    `rule` is the place of the first one that made the pair. Who meets whom lies in memory; the
    pairs are made of it slice by slice, as they are asked for. Temp table `copies` and view
    `distinct_records` are there at once.
    """
    import pyarrow as pa

    set_copies_aside(con, specification.party_type)
    (threads,) = con.execute("select current_setting('threads')").fetchall()[0]
    (highest,) = con.execute(f"select coalesce(max(rid), 0) from {DISTINCT}").fetchall()[0]
    holders = _holders(con, specification, DISTINCT)
    slices = candidate_pairs(holders, records=int(highest), threads=int(threads))
    return (pa.table({"l_rid": s.left, "r_rid": s.right, "rule": s.rule}) for s in slices)


def set_copies_aside(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Temp table `copies` and view `distinct_records`, which hold all records between them."""
    records = f"link.{party_type}_records"
    columns = [name for name in con.table(records).columns if name not in {"rid", "record_id"}]
    con.execute(f"create or replace temp table copies as {copies_sql(columns, records)}")
    con.execute(
        f"create or replace temp view {DISTINCT} as"
        f" from {records} as r anti join copies using (rid)"
    )


def _holders(
    con: duckdb.DuckDBPyConnection, specification: Specification, records: str
) -> Iterator[Holders]:
    """Each rule's keys."""
    for place, held in enumerate(keys_by_rule(con, specification, records)):
        found = con.execute(held).fetchnumpy()
        cap = specification.blocking_rules[place].cap
        yield Holders(place, cap, np.asarray(found["rid"]), np.asarray(found["k"]))
    forget_record_keys(con)


def keys_by_rule(
    con: duckdb.DuckDBPyConnection, specification: Specification, records: str
) -> list[str]:
    """A query of the keys (rid, k) that are there for each rule; good until `forget_record_keys`.

    Temp table `record_keys` (rid, k_<place>) has single values of all rules, hashed in one pass.
    """
    single = {
        place: key_sql(rule)
        for place, rule in enumerate(specification.blocking_rules)
        if not LISTS.intersection(rule.columns)
    }
    keys = "".join(f", {key} as k_{place}" for place, key in single.items())
    con.execute(f"create or replace temp table record_keys as select rid{keys} from {records}")
    held = (
        f"select rid, k_{place} as k from record_keys"
        if place in single
        else keys_sql(rule, records)
        for place, rule in enumerate(specification.blocking_rules)
    )
    return [f"select rid, k from ({query}) where k is not null" for query in held]


def forget_record_keys(con: duckdb.DuckDBPyConnection) -> None:
    """Let go of what `keys_by_rule` hashed."""
    con.execute("drop table record_keys")
