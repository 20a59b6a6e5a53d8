"""What arrived and what left → which candidate pairs are to be made again.

A record stands for all of equal content if its id is the smallest (`link.<party_type>_copies` has
the others). Those that stand for others now, or no longer, are new or gone for blocking
(`link.<party_type>_keys` has the blocks). A block that crossed its rule's cap, in either direction,
counts as changed as a whole. All pairs of these records are made again; no other pair can differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.linking.blocking import forget_record_keys, keys_by_rule
from dedupe.specification import Specification

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

    Temp tables: `entered` (rid, <blocking columns>) and `outgone` (rid), records that blocking sees
    now and that it saw before; `copies` (rid, first_rid), those of all contents concerned.
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
    """Who left, and who stands for others now or did."""
    blocked = dict.fromkeys(c for rule in specification.blocking_rules for c in rule.columns)
    columns = ", ".join(("rid", *blocked))
    con.execute(
        "create or replace temp table entering as select rid from present"
        " where rid = first_rid and rid not in (select rid from stood)"
    )
    con.execute(
        "create or replace temp table outgone as select rid from stood"
        " where rid not in (select rid from present where rid = first_rid)"
    )
    con.execute(
        "create or replace temp table entered as"
        f" select {columns} from arrived_rows semi join entering using (rid) union all"
        f" select {columns} from link.{specification.party_type}_records"
        " semi join (from entering anti join arrived_rows using (rid)) using (rid)"
    )


def note_keys(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """Write `link.<party_type>_keys` (rule, k, rid), after `note_copies`: who is in which block."""
    party_type = specification.party_type
    con.execute(
        "create or replace temp view blocked_records as"
        f" from link.{party_type}_records anti join link.{party_type}_copies using (rid)"
    )
    every = " union all ".join(_keys_of(con, specification, "blocked_records"))
    # In one statement: row groups that several left half full would be written again by the next.
    con.execute(f"create or replace table link.{party_type}_keys as {every}")
    forget_record_keys(con)


def _keys_of(
    con: duckdb.DuckDBPyConnection, specification: Specification, records: str
) -> list[str]:
    """Queries of the keys (rule, k, rid), rule by rule."""
    return [
        f"select {place}::utinyint as rule, k, rid::integer as rid from ({held})"
        for place, held in enumerate(keys_by_rule(con, specification, records))
    ]


def write_changed_candidates(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """Temp tables `remade` (rid) and `candidates` (l_rid, r_rid, rule), all pairs of those."""
    keys = f"link.{specification.party_type}_keys"
    _renew_keys(con, specification, keys)
    con.execute(
        "create or replace temp table concerned_keys as select distinct rule, k from moved_keys"
    )
    _write_blocks(con, keys)
    _write_remade(con, specification)
    if _count(con, "remade") > _count(con, "entered"):
        con.execute(
            f"insert into concerned_keys select distinct rule, k from {keys}"
            " semi join (from remade anti join entered using (rid)) using (rid)"
        )
        _write_blocks(con, keys)
    con.execute(f"create or replace temp table candidates as {_candidates_sql(specification)}")


def _renew_keys(con: duckdb.DuckDBPyConnection, specification: Specification, keys: str) -> None:
    """Bring `keys` up to date; temp table `moved_keys` (rule, k, rid, step) of what came or left.

    `step` is how many records more the block has.
    """
    con.execute(
        "create or replace temp table moved_keys as"
        f" select rule, k, rid, -1 as step from {keys} semi join outgone using (rid)"
    )
    con.execute(f"delete from {keys} where rid in (select rid from outgone)")
    for rows in _keys_of(con, specification, "entered"):
        con.execute(f"insert into moved_keys select *, 1 from ({rows})")
    forget_record_keys(con)
    con.execute(f"insert into {keys} select rule, k, rid from moved_keys where step > 0")


def _write_blocks(con: duckdb.DuckDBPyConnection, keys: str) -> None:
    """Temp table `touched_blocks` (rule, k, rid): who is in a block of a concerned key now."""
    con.execute(
        "create or replace temp table touched_blocks as"
        f" select rule, k, rid from {keys} semi join concerned_keys using (rule, k)"
    )


def _write_remade(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """The records that entered, and those that were in a block before it grew hot, or are since
    it is no longer."""
    caps = _caps(specification)
    con.execute(
        "create or replace temp table remade as with"
        f" caps (rule, cap) as (values {caps}),"
        " moved as (select rule, k, sum(step) as grown from moved_keys group by rule, k),"
        " sizes as (select rule, k, count(*) as size from touched_blocks group by rule, k),"
        " crossed as (select rule, k from moved inner join caps using (rule)"
        "  left join sizes using (rule, k)"
        "  where (coalesce(size, 0) > cap) <> (coalesce(size, 0) - grown > cap))"
        " select rid from entered"
        " union select rid from touched_blocks semi join crossed using (rule, k)"
        # Those that entered a block as it grew hot are there already; the others are few.
    )


def _candidates_sql(specification: Specification) -> str:
    """Each pair once, with the place of its first rule, as in `dedupe.linking`."""
    return (
        f"with caps (rule, cap) as (values {_caps(specification)}),"
        " sized as (select rule, k, rid, count(*) over (partition by rule, k) as size"
        "  from touched_blocks),"
        " members as (select rule, k, rid, rid in (from remade) as again"
        "  from sized inner join caps using (rule) where size between 2 and cap)"
        " select least(a.rid, b.rid) as l_rid, greatest(a.rid, b.rid) as r_rid,"
        " min(a.rule) as rule"
        " from members as a inner join members as b using (rule, k)"
        " where a.again and a.rid <> b.rid and (not b.again or a.rid < b.rid)"
        " group by 1, 2"
    )


def _caps(specification: Specification) -> str:
    return ", ".join(f"({i}, {rule.cap})" for i, rule in enumerate(specification.blocking_rules))


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.table(table).count("*").fetchall()[0][0])
