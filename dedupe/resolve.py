"""The whole of dedupe: match input → all tables of schema `golden`.

Link and cluster each party type, give ids by the ledger, then write crosswalk, golden parties
with lineage, roles and households. The ledger is committed first; the tables can be rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.households import write_households
from dedupe.identity import ledger
from dedupe.identity.constitution import Member
from dedupe.judgements import Judgement, judgements
from dedupe.party_clusters import PartyClusters, cluster_parties
from dedupe.roles import write_roles
from dedupe.survivorship.golden import write_golden_parties
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

    from dedupe.specification import Specification
    from dedupe.trained import Trained

ClusterType = Callable[[str], PartyClusters]
PARTY_TYPES = ("person", "organisation")


@dataclass(frozen=True)
class Outcome:
    """What a run of dedupe came to; counts only."""

    records: int
    people: int
    organisations: int
    records_merged: int
    ids_created: int
    ids_merged: int
    ids_split: int
    ids_retired: int
    ids_restored: int
    roles: int
    households: int
    pairs_scored: int
    judgements_contradicting: int

    def counts(self) -> dict[str, int]:
        """Name → number, for the run's log."""
        return asdict(self)


def resolve_parties(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    specifications: Mapping[str, Specification],
    *,
    run_id: str,
    at: datetime,
    work_dir: Path,
) -> Outcome:
    """Write all tables of schema `golden` and append to the ledger what changed."""
    decided = judgements(store)
    return _resolve(
        con,
        store,
        lambda party_type: _link_and_cluster(
            con, party_type, specifications[party_type], decided, work_dir
        ),
        run_id=run_id,
        at=at,
    )


def _link_and_cluster(
    con: duckdb.DuckDBPyConnection,
    party_type: str,
    specification: Specification,
    judged: Sequence[Judgement],
    work_dir: Path,
) -> PartyClusters:
    from dedupe.linkage import link

    linked = link(con, party_type, specification, work_dir=work_dir)
    return cluster_linked(con, linked.trained, judged)


def cluster_linked(
    con: duckdb.DuckDBPyConnection, trained: Trained, judged: Sequence[Judgement] = ()
) -> PartyClusters:
    """Cluster `link.<party_type>_pairs`, scoring with this model what no blocking rule made."""
    from dedupe.linkage import score_pairs
    from dedupe.patterns import contradiction_sql

    party_type = trained.specification.party_type

    def score(pairs_table: str, out_table: str) -> None:
        score_pairs(con, party_type, trained, pairs_table, out_table)

    return cluster_parties(
        con,
        party_type,
        score,
        contradiction=contradiction_sql(trained, "p.pattern"),
        judged=judged,
        enough=trained.specification.thresholds.enough,
    )


def _resolve(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    cluster_type: ClusterType,
    *,
    run_id: str,
    at: datetime,
) -> Outcome:
    con.execute("create schema if not exists golden")
    con.execute("create schema if not exists link")
    found = [cluster_type(party_type) for party_type in PARTY_TYPES]
    clusters: list[list[Member]] = [c for one in found for c in one.clusters]
    decision = ledger.record_run(store, clusters, run_id=run_id, at=at)
    _write_tables(con, decision.assignment)
    _write_retired(con, store)
    events = [event.event for event in decision.events]
    return Outcome(
        records=len(decision.assignment),
        people=len(found[0].clusters),
        organisations=len(found[1].clusters),
        records_merged=len(decision.assignment) - len(clusters),
        ids_created=events.count("created"),
        ids_merged=events.count("merged"),
        ids_split=events.count("split"),
        ids_retired=events.count("retired"),
        ids_restored=events.count("restored"),
        roles=_count(con, "golden_party_roles"),
        households=_count(con, "golden_households", "distinct household_id"),
        pairs_scored=_count(con, "scored_pairs"),
        judgements_contradicting=sum(len(one.contradictions) for one in found),
    )


def _write_tables(con: duckdb.DuckDBPyConnection, assignment: Mapping[str, str]) -> None:
    """All golden tables in one transaction: a reader of the warehouse never sees half of them."""
    con.execute("begin")
    try:
        _write_crosswalk(con, assignment)
        con.execute(f"create or replace table golden.scored_pairs as {_scored_pairs_sql()}")
        con.execute(f"create or replace temp table party_cohesion as {_cohesion_sql()}")
        write_golden_parties(con)
        write_roles(con)
        write_households(con)
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def _write_crosswalk(con: duckdb.DuckDBPyConnection, assignment: Mapping[str, str]) -> None:
    import pyarrow as pa

    columns = {"record_id": list(assignment), "party_id": list(assignment.values())}
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    con.register("assigned", table)
    con.execute("""
        create or replace table golden.xref_parties as
        select i.record_id, a.party_id, i.party_type, i.source, i.stream, i.facet_of
        from intermediate.int_parties__match_input as i
        join assigned as a using (record_id) order by i.record_id
    """)
    con.unregister("assigned")


def _write_retired(con: duckdb.DuckDBPyConnection, store: Store) -> None:
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


def _scored_pairs_sql() -> str:
    """Pairs of both types by record id, smaller first; component pairs name no blocking rule."""
    return " union all ".join(_scored_of_type_sql(t) for t in PARTY_TYPES) + " order by 1, 2"


def _scored_of_type_sql(party_type: str) -> str:
    return f"""
        select least(l.record_id, r.record_id) as left_record_id,
               greatest(l.record_id, r.record_id) as right_record_id,
               '{party_type}' as party_type, p.blocking_rule, p.pattern::bigint as pattern,
               p.weight / 1000.0::double as weight,
               1 / (1 + pow(2.0, -p.weight / 1000.0::double)) as probability
        from (
            select l_rid, r_rid, blocking_rule, pattern, weight from link.{party_type}_pairs
            union all
            select l_rid, r_rid, null, pattern, weight from link.{party_type}_component_pairs
        ) as p
        join link.{party_type}_records as l on l.rid = p.l_rid
        join link.{party_type}_records as r on r.rid = p.r_rid
    """


def _cohesion_sql() -> str:
    """Match probability at the average weight of all pairs inside a party, floored as merging is.

    Summed as integers, so that the order of the pairs does not show.
    """
    from dedupe.clusters import FLOOR

    return f"""
        select party_id, round(1 / (1 + pow(2.0, -bits)), 6) as cohesion
        from (
            select l.party_id,
                   sum(greatest(round(s.weight * 1000)::bigint, {FLOOR})) / count(*) / 1000.0
                       as bits
            from golden.scored_pairs as s
            join golden.xref_parties as l on l.record_id = s.left_record_id
            join golden.xref_parties as r on r.record_id = s.right_record_id
            where l.party_id = r.party_id group by l.party_id
        )
    """


def _count(con: duckdb.DuckDBPyConnection, table: str, what: str = "*") -> int:
    row = con.execute(f"select count({what}) from golden.{table}").fetchone()
    return int(row[0]) if row else 0
