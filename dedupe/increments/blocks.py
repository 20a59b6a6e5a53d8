"""What arrived and what left → which candidate pairs are to be made again.

A record stands for all of equal content if its id is the smallest (`link.<party_type>_copies` has
the others). Those that stand for others now, or no longer, are new or gone for blocking. A block
that crossed its rule's cap, in either direction, counts as changed as a whole. All pairs of these
records are made again; no other pair can differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.linking.blocking import has_entries, keys_sql, write_record_keys
from dedupe.specification import BlockingRule, Specification

if TYPE_CHECKING:
    import duckdb


def note_copies(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Write `link.<party_type>_copies` (rid, first_rid) of all records."""
    con.execute(
        f"create or replace table link.{party_type}_copies as"
        f" select rid, first_rid from link.{party_type}_inputs inner join ("
        f"  select content, arg_min(rid, record_id) as first_rid from link.{party_type}_inputs"
        "  group by content having count(*) > 1) using (content) where rid <> first_rid"
    )


def renew_copies(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """Bring `link.<party_type>_copies` up to date after `renew_inputs`, before `renew_records`.

    Temp tables: `entered` and `outgone` (rid, <blocking columns>), records that blocking sees now
    and that it saw before; `copies` (rid, first_rid), those of all contents concerned.
    """
    party_type = specification.party_type
    inputs, copies = f"link.{party_type}_inputs", f"link.{party_type}_copies"
    con.execute(
        "create or replace temp table present as"
        f" select i.rid, i.content, first_value(i.rid) over"
        f" (partition by i.content order by i.record_id) as first_rid from {inputs} as i"
        " where i.content in (select content from arrived_rows union all"
        " select content from left_rows)"
    )
    con.execute(
        "create or replace temp table stood as select rid from ("
        " select rid from left_rows union all"
        " select rid from present anti join arrived_rows using (rid))"
        f" anti join {copies} using (rid)"
    )
    _write_movements(con, specification)
    con.execute(
        f"delete from {copies} where rid in (select rid from left_rows union all"
        " select rid from present)"
    )
    con.execute(
        "create or replace temp table copies as"
        " select rid, first_rid from present where rid <> first_rid"
    )
    con.execute(f"insert into {copies} from copies")


def _write_movements(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """One pass over the records, as they were: who left, and who stands for others now or did."""
    blocked = dict.fromkeys(c for rule in specification.blocking_rules for c in rule.columns)
    columns = ", ".join(("rid", *blocked))
    con.execute(
        "create or replace temp table entering as select rid from present"
        " where rid = first_rid and rid not in (select rid from stood)"
    )
    con.execute(
        "create or replace temp table outgoing as select rid from stood"
        " where rid not in (select rid from present where rid = first_rid)"
    )
    con.execute(
        f"create or replace temp table moved_before as select {columns}"
        f" from link.{specification.party_type}_records"
        " where rid in (select rid from entering union all select rid from outgoing)"
    )
    con.execute(
        "create or replace temp table entered as"
        f" select {columns} from arrived_rows semi join entering using (rid)"
        " union all from moved_before semi join entering using (rid)"
    )
    con.execute(
        "create or replace temp table outgone as from moved_before semi join outgoing using (rid)"
    )


def write_changed_candidates(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """Temp tables `remade` (rid) and `candidates` (l_rid, r_rid, rules), all pairs of those."""
    _write_keys(con, specification)
    _write_concerned_keys(con, specification)
    _write_blocks(con, specification)
    _write_remade(con, specification)
    if _count(con, "remade") > _count(con, "entered"):
        for place, rule in enumerate(specification.blocking_rules):
            con.execute(
                f"insert into concerned_keys select distinct {place}, k from {_keys(place, rule)}"
                " where k is not null and rid in (select rid from remade anti join entered"
                " using (rid))"
            )
        _write_blocks(con, specification)
    con.execute(f"create or replace temp table candidates as {_candidates_sql(specification)}")


def _write_keys(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """Temp table `record_keys` (rid, k_<place>) of all records that blocking sees.

    One pass hashes all rules' single values; the entries of lists are in a table for each rule.
    """
    party_type = specification.party_type
    con.execute(
        "create or replace temp view blocked_records as"
        f" from link.{party_type}_records anti join link.{party_type}_copies using (rid)"
    )
    write_record_keys(con, specification, "blocked_records")
    for place, rule in enumerate(specification.blocking_rules):
        if has_entries(rule):
            con.execute(
                f"create or replace temp table entry_keys_{place} as"
                f" from ({keys_sql(rule, 'blocked_records')}) where k is not null"
            )


def _keys(place: int, rule: BlockingRule) -> str:
    """Who holds which key of this rule: (rid, k)."""
    if has_entries(rule):
        return f"entry_keys_{place}"
    return f"(select rid, k_{place} as k from record_keys)"


def _write_concerned_keys(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """Temp table `concerned_keys` (rule, k): those of records that came or left."""
    con.execute("create or replace temp view moved as from entered union all from outgone")
    every = " union ".join(
        f"select {place} as rule, k from ({keys_sql(rule, 'moved')}) where k is not null"
        for place, rule in enumerate(specification.blocking_rules)
    )
    con.execute(f"create or replace temp table concerned_keys as {every}")


def _write_blocks(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """Temp table `touched_blocks` (rule, k, rid): who is in a block of a concerned key now."""
    for place, rule in enumerate(specification.blocking_rules):
        begin = "insert into" if place else "create or replace temp table"
        con.execute(
            f"{begin} touched_blocks {'' if place else 'as'} select {place} as rule, k, rid"
            f" from {_keys(place, rule)}"
            f" where k in (select k from concerned_keys where rule = {place})"
        )


def _write_remade(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """The records that entered, and those that were in a block before it grew hot, or are since
    it is no longer."""
    moved = " union all ".join(
        f"select {place} as rule, {rule.cap} as cap, k, {sign} as step"
        f" from ({keys_sql(rule, table)})"
        for place, rule in enumerate(specification.blocking_rules)
        for table, sign in (("entered", 1), ("outgone", -1))
    )
    con.execute(
        "create or replace temp table remade as with"
        f" moved as (select rule, k, any_value(cap) as cap, sum(step) as grown from ({moved})"
        "  group by rule, k),"
        " sizes as (select rule, k, count(*) as size from touched_blocks group by rule, k),"
        " crossed as (select rule, k from moved left join sizes using (rule, k)"
        "  where (coalesce(size, 0) > cap) <> (coalesce(size, 0) - grown > cap))"
        " select rid from entered"
        " union select rid from touched_blocks semi join crossed using (rule, k)"
        # Those that entered a block as it grew hot are there already; the others are few.
    )


def _candidates_sql(specification: Specification) -> str:
    """Each pair once, bit i of `rules` for the i-th blocking rule, as in `dedupe.linking`."""
    caps = ", ".join(f"({i}, {rule.cap})" for i, rule in enumerate(specification.blocking_rules))
    return (
        f"with caps (rule, cap) as (values {caps}),"
        " sized as (select rule, k, rid, count(*) over (partition by rule, k) as size"
        "  from touched_blocks),"
        " members as (select rule, k, rid, rid in (from remade) as again"
        "  from sized inner join caps using (rule) where size between 2 and cap)"
        " select least(a.rid, b.rid) as l_rid, greatest(a.rid, b.rid) as r_rid,"
        " bit_or(1 << a.rule)::integer as rules"
        " from members as a inner join members as b using (rule, k)"
        " where a.again and a.rid <> b.rid and (not b.again or a.rid < b.rid)"
        " group by 1, 2"
    )


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.table(table).count("*").fetchall()[0][0])
