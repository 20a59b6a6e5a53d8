"""Ids → schema `golden`: crosswalk, golden parties with lineage, scored pairs, roles, households.

`write_tables` writes all of it; `renew_tables` writes what a change made different and leaves all
other rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from dedupe.clustering.clusters import FLOOR
from dedupe.identity import ledger
from dedupe.judgement.pins import Pin
from dedupe.survivorship.golden import write_golden_parties
from dedupe.survivorship.pinned import write_held
from dedupe.ties.households import renew_households, write_households
from dedupe.ties.roles import renew_roles, write_roles
from stamm.rows import renew_rows
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

PARTY_TYPES = ("person", "organisation")
_MATCH_INPUT = "intermediate.int_parties__match_input"


def write_tables(
    con: duckdb.DuckDBPyConnection, assignment: Mapping[str, str], pins: Sequence[Pin] = ()
) -> None:
    """All golden tables, from the ids of all records and what people pinned."""
    _write_assigned(con, assignment)
    con.execute(f"create or replace table golden.xref_parties as {_crosswalk_sql('assigned')}")
    write_held(con, pins)
    con.execute(f"create or replace table golden.scored_pairs as {_scored_pairs_sql()}")
    con.execute(
        f"create or replace temp table party_cohesion as {_cohesion_sql('golden.xref_parties')}"
    )
    write_golden_parties(con)
    write_roles(con)
    write_households(con)


def renew_tables(
    con: duckdb.DuckDBPyConnection,
    assignment: Mapping[str, str],
    *,
    rescored: str,
    seen: str,
    rows: str,
    pins: Sequence[Pin] = (),
) -> None:
    """Bring them up to date; each table by the rows that changed in those before it.

    `rescored` and `seen` name tables of record ids, present or gone: those that may have other
    pairs, and those of which the match input says something else; `rows` has the rows of the latter
    as they are now. `assignment` has the ids of all records whose id may be another one now.
    """
    _write_assigned(con, assignment)
    _renew_crosswalk(con, seen)
    write_held(con, pins)
    con.execute(
        "insert into affected_parties select party_id from newly_pinned semi join"
        " golden.xref_parties using (party_id) except from affected_parties"
    )
    _renew_scored_pairs(con, rescored, seen)
    _renew_cohesion(con)
    write_golden_parties(con, only="affected_parties")
    renew_roles(con, seen=seen, rows=rows, touched="touched_records", affected="affected_parties")
    renew_households(con, affected="affected_parties", tied_anew="tied_anew")


def write_retired(con: duckdb.DuckDBPyConnection, store: Store) -> None:
    """`golden.retired_parties`, as the ledger has them."""
    import pyarrow as pa

    retired = ledger.retired_parties(store)
    stamps = [r.retired_at.astimezone(UTC).replace(tzinfo=None) for r in retired]
    table = pa.table(
        {
            "party_id": pa.array([r.party_id for r in retired], pa.string()),
            "resolves_to": pa.array([r.resolves_to for r in retired], pa.string()),
            "retired_at": pa.array(stamps, pa.timestamp("us")),
        }
    )
    con.register("retired", table)
    con.execute(
        "create or replace table golden.retired_parties as select * from retired order by party_id"
    )
    con.unregister("retired")


def _write_assigned(con: duckdb.DuckDBPyConnection, assignment: Mapping[str, str]) -> None:
    """Temp table `assigned` (record_id, party_id)."""
    import pyarrow as pa

    columns = {"record_id": list(assignment), "party_id": list(assignment.values())}
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    con.register("arriving", table)
    con.execute("create or replace temp table assigned as from arriving")
    con.unregister("arriving")


def _renew_crosswalk(con: duckdb.DuckDBPyConnection, seen: str) -> None:
    """Temp tables `touched_records`, seen or of another id now, and `affected_parties`, theirs of
    before and now."""
    con.execute(
        "create or replace temp table present_ids as"
        " select record_id, coalesce(a.party_id, x.party_id) as party_id"
        f" from (select record_id from {seen} union select record_id from assigned)"
        " left join assigned as a using (record_id)"
        " left join golden.xref_parties as x using (record_id)"
    )
    moved = renew_rows(
        con, "golden.xref_parties",
        where="record_id in (select record_id from present_ids)",
        rows=_crosswalk_sql("present_ids"),
    )  # fmt: skip
    con.execute(
        "create or replace temp table touched_records as"
        f" select record_id from {seen} union select record_id from {moved}"
    )
    con.execute(
        f"create or replace temp table affected_parties as select party_id from {moved} union"
        f" select party_id from golden.xref_parties semi join {seen} using (record_id)"
    )


def _crosswalk_sql(ids: str) -> str:
    return f"""
        select i.record_id, a.party_id, i.party_type, i.source, i.stream, i.facet_of
        from {_MATCH_INPUT} as i join {ids} as a using (record_id) order by i.record_id
    """


def _renew_scored_pairs(con: duckdb.DuckDBPyConnection, rescored: str, seen: str) -> None:
    """Those of these records; parties with another pair inside are affected."""
    con.execute(
        "create or replace temp table paired_records as"
        f" select record_id from {rescored} union select record_id from {seen}"
    )
    paired = "(select record_id from paired_records)"
    changed = renew_rows(
        con, "golden.scored_pairs",
        where=f"left_record_id in {paired} or right_record_id in {paired}",
        rows=_scored_pairs_sql("paired_records"),
    )  # fmt: skip
    con.execute(
        "insert into affected_parties with ends as materialized ("
        f" select record_id, party_id from golden.xref_parties where record_id in"
        f" (select left_record_id from {changed} union all select right_record_id from {changed}))"
        f" select distinct l.party_id from {changed} as s"
        " inner join ends as l on l.record_id = s.left_record_id"
        " inner join ends as r on r.record_id = s.right_record_id and r.party_id = l.party_id"
        " except from affected_parties"
    )


def _renew_cohesion(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create or replace temp table affected_records as"
        " select * from golden.xref_parties where party_id in (from affected_parties)"
    )
    con.execute(
        f"create or replace temp table party_cohesion as {_cohesion_sql('affected_records')}"
    )


def _scored_pairs_sql(only: str = "") -> str:
    """Pairs of both types by record id, smaller first; component pairs name no blocking rule."""
    return " union all ".join(_scored_of_type_sql(t, only) for t in PARTY_TYPES) + " order by 1, 2"


def _scored_of_type_sql(party_type: str, only: str) -> str:
    rids = (
        f"(select rid from link.{party_type}_records"
        f" where record_id in (select record_id from {only}))"
    )
    chosen = f"where l_rid in {rids} or r_rid in {rids}" if only else ""
    return f"""
        select least(l.record_id, r.record_id) as left_record_id,
               greatest(l.record_id, r.record_id) as right_record_id,
               '{party_type}' as party_type, p.blocking_rule, p.pattern::bigint as pattern,
               p.weight / 1000.0::double as weight,
               1 / (1 + pow(2.0, -p.weight / 1000.0::double)) as probability
        from (
            select l_rid, r_rid, blocking_rule, pattern, weight
            from link.{party_type}_pairs {chosen}
            union all
            select l_rid, r_rid, null, pattern, weight
            from link.{party_type}_component_pairs {chosen}
        ) as p
        join link.{party_type}_records as l on l.rid = p.l_rid
        join link.{party_type}_records as r on r.rid = p.r_rid
    """


def _cohesion_sql(records: str) -> str:
    """Match probability at the average weight of all pairs inside a party, floored as merging is.

    `records` names a table of records with their party. Summed as integers, so that the order of
    the pairs does not show.
    """
    return f"""
        select party_id, round(1 / (1 + pow(2.0, -bits)), 6) as cohesion
        from (
            select l.party_id,
                   sum(greatest(round(s.weight * 1000)::bigint, {FLOOR})) / count(*) / 1000.0
                       as bits
            from golden.scored_pairs as s
            join {records} as l on l.record_id = s.left_record_id
            join {records} as r on r.record_id = s.right_record_id
            where l.party_id = r.party_id group by l.party_id
        )
    """
