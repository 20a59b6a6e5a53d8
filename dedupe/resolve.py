"""The whole of dedupe: match input → all tables of schemas `link` and `golden`.

Link and cluster each party type, give ids by the ledger, then write crosswalk, golden parties
with lineage, roles and households. What can be continued from the last run is: only what changed
is linked, clustered, named and chosen again, and the tables are those of a rebuild. All tables
change in one transaction; the ledger is committed just before, and the next run looks again at
what it said last. So a run that dies at any moment leaves nothing to mend.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.clustering.party_clusters import PartyClusters, cluster_parties
from dedupe.golden_tables import PARTY_TYPES, renew_tables, write_retired, write_tables
from dedupe.identity import ledger
from dedupe.identity.closure import Position, changed_since, position, record_change
from dedupe.identity.constitution import Decision, Member
from dedupe.increments import touched
from dedupe.increments.dirty import note_judgements, renew_judgements, write_dirty
from dedupe.increments.inputs import compare_inputs, note_employers, write_seen
from dedupe.increments.relink import note_linked, relink
from dedupe.increments.state import LinkState, fingerprint, read_state, write_state
from dedupe.judgement.judgements import Judgement, judgements
from dedupe.judgement.pins import pins
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

    from dedupe.linking.term_bits import Scorable
    from dedupe.model import Model
    from dedupe.specification import Specification
    from dedupe.trained import Trained

ClusterType = Callable[[str], PartyClusters]
_MATCH_INPUT = "intermediate.int_parties__match_input"


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
    records_linked: int
    models_trained: int

    def counts(self) -> dict[str, int]:
        """Name → number, for the run's log."""
        return asdict(self)


@dataclass(frozen=True)
class _Run:
    """What one run of dedupe works with."""

    con: duckdb.DuckDBPyConnection
    store: Store
    specifications: Mapping[str, Specification]
    run_id: str
    at: datetime
    work_dir: Path
    judged: Sequence[Judgement]


def resolve_parties(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    specifications: Mapping[str, Specification],
    *,
    run_id: str,
    at: datetime,
    work_dir: Path,
    full: bool = False,
    retrain: bool = False,
) -> Outcome:
    """Bring all tables up to date and append to the ledger what changed.

    `full` links all records again, by the model there is; `retrain` trains a new one first. A
    model is also trained where there is a reason to (`dedupe.model.reason_to_train`).
    """
    run = _Run(con, store, specifications, run_id, at, work_dir, judgements(store))
    with _one_transaction(con):
        con.execute("create schema if not exists golden")
        con.execute("create schema if not exists link")
        models = {} if retrain else _usable_models(run)
        before = read_state(con)
        goes_on = len(models) == len(PARTY_TYPES) and before is not None and not full
        if goes_on and before and before.fingerprint == fingerprint(con, models):
            return _continue(run, models, before)
        return _rebuild(run, models)


@contextmanager
def _one_transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    con.execute("begin")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def _usable_models(run: _Run) -> dict[str, Model]:
    """Kept models that there is no reason to train anew."""
    from dedupe.model import adopt, find, reason_to_train

    usable = {}
    for party_type in PARTY_TYPES:
        model, specification = find(run.work_dir, party_type), run.specifications[party_type]
        records = _number(
            run.con, f"select count(*) from {_MATCH_INPUT} where party_type = '{party_type}'"
        )
        if model and not reason_to_train(model, specification, records):
            usable[party_type] = adopt(run.work_dir, model, specification)
    return usable


def _rebuild(run: _Run, known: Mapping[str, Model]) -> Outcome:
    """Link all records, by these models where there are any."""
    from dedupe.linking.linkage import forget_compared, link

    models = {}

    def cluster_type(party_type: str) -> PartyClusters:
        linked = link(
            run.con, party_type, run.specifications[party_type],
            work_dir=run.work_dir, known=known.get(party_type),
        )  # fmt: skip
        forget_compared(run.con)
        models[party_type] = linked.model
        note_linked(run.con, linked.trained.specification)
        return cluster_linked(run.con, linked.trained, run.judged, scorable=linked.scorable)

    outcome, ended = _resolve(
        run.con, run.store, cluster_type, run_id=run.run_id, at=run.at,
        models_trained=len(PARTY_TYPES) - len(known),
    )  # fmt: skip
    note_judgements(run.con, run.judged)
    _note_state(run, models, ended)
    return outcome


def _continue(run: _Run, models: Mapping[str, Model], before: LinkState) -> Outcome:
    """Link what changed since the last run, by the same models."""
    con = run.con
    renew_judgements(con, run.judged)
    compare_inputs(con)
    note_employers(con)
    write_seen(con)
    touched.begin(con)
    linked = 0
    for party_type in PARTY_TYPES:
        relink(con, party_type, models[party_type], run.work_dir)
        trained = models[party_type].trained
        dirty = write_dirty(con, party_type, trained.specification.thresholds.enough)
        found = cluster_linked(con, trained, run.judged, only=dirty)
        _write_contradictions(con, party_type, found, only=dirty)
        touched.note(con, party_type)
        linked += _number(con, "select count(*) from arrived_rows")
    changed = {
        r
        for (r,) in con.execute(
            "select record_id from regrouped_records union select record_id from seen_records"
        ).fetchall()
    }
    # In one transaction: what somebody states meanwhile comes after it, and the next run sees it.
    with run.store.transaction():
        decision = record_change(
            run.store, changed | changed_since(run.store, before.position),
            lambda records: _clusters_of(con, records), run_id=run.run_id, at=run.at,
        )  # fmt: skip
        ended = position(run.store)
    renew_tables(
        con, decision.assignment,
        rescored="rescored_records", seen="seen_records", rows="seen_rows", pins=pins(run.store),
    )  # fmt: skip
    write_retired(con, run.store)
    _note_state(run, models, ended)
    return _outcome(con, decision, records_linked=linked, models_trained=0)


def _note_state(run: _Run, models: Mapping[str, Model], ended: Position) -> None:
    write_state(run.con, LinkState(fingerprint(run.con, models), ended))


def _clusters_of(con: duckdb.DuckDBPyConnection, records: Collection[str]) -> list[list[Member]]:
    """The present clusters of these records."""
    import pyarrow as pa

    con.register("asked_records", pa.table({"record_id": pa.array(sorted(records), pa.string())}))
    found: dict[tuple[str, int], list[Member]] = {}
    for party_type in PARTY_TYPES:
        members, inputs = (f"link.{party_type}_{table}" for table in ("members", "inputs"))
        rows = con.execute(
            f"select m.record_id, i.created_at, m.cluster from {members} as m"
            f" inner join {inputs} as i using (rid) where m.cluster in (select cluster"
            f" from {members} where record_id in (select record_id from asked_records))"
            " order by m.record_id"
        ).fetchall()
        for record_id, created_at, cluster in rows:
            found.setdefault((party_type, cluster), []).append(Member(record_id, created_at))
    con.unregister("asked_records")
    return list(found.values())


def cluster_linked(
    con: duckdb.DuckDBPyConnection,
    trained: Trained,
    judged: Sequence[Judgement] = (),
    only: str = "",
    scorable: Scorable | None = None,
) -> PartyClusters:
    """Cluster `link.<party_type>_pairs`, scoring with this model what no blocking rule made.

    `only` names a table of the record ids to cluster, whole components; without it all are.
    `scorable` holds these records, if linking has just scored pairs of them.
    """
    from dedupe.linking.linkage import score_pairs
    from dedupe.linking.patterns import contradiction_sql

    party_type = trained.specification.party_type

    def score(pairs_table: str, out_table: str) -> None:
        score_pairs(con, party_type, trained, pairs_table, out_table, scorable=scorable)

    return cluster_parties(
        con,
        party_type,
        score,
        contradiction=contradiction_sql(trained, "p.pattern"),
        judged=judged,
        enough=trained.specification.thresholds.enough,
        only=only,
    )


def _resolve(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    cluster_type: ClusterType,
    *,
    run_id: str,
    at: datetime,
    models_trained: int = 0,
) -> tuple[Outcome, Position]:
    """Ids and all tables, from the clusters of all records; and where the ledger then ended."""
    con.execute("create schema if not exists golden")
    con.execute("create schema if not exists link")
    con.execute(
        "create or replace table link.contradictions"
        " (party_type varchar, left_record_id varchar, right_record_id varchar)"
    )
    clusters: list[list[Member]] = []
    for party_type in PARTY_TYPES:
        found = cluster_type(party_type)
        _write_contradictions(con, party_type, found)
        clusters += found.clusters
    with store.transaction():
        decision = ledger.record_run(store, clusters, run_id=run_id, at=at)
        ended = position(store)
    write_tables(con, decision.assignment, pins(store))
    write_retired(con, store)
    records = len(decision.assignment)
    outcome = _outcome(con, decision, records_linked=records, models_trained=models_trained)
    return outcome, ended


def _write_contradictions(
    con: duckdb.DuckDBPyConnection, party_type: str, found: PartyClusters, only: str = ""
) -> None:
    """`link.contradictions`: judgements "same" that could not hold; of these records, or of all."""
    if only:
        con.execute(
            "delete from link.contradictions where party_type = ?"
            f" and left_record_id in (select record_id from {only})",
            [party_type],
        )
    for pair in found.contradictions:
        con.execute("insert into link.contradictions values (?, ?, ?)", [party_type, *pair])


def _outcome(
    con: duckdb.DuckDBPyConnection, decision: Decision, *, records_linked: int, models_trained: int
) -> Outcome:
    events = [event.event for event in decision.events]
    people, organisations = (
        _number(con, f"select count(*) from golden.golden_parties where party_type = '{t}'")
        for t in PARTY_TYPES
    )
    records = _number(con, "select count(*) from golden.xref_parties")
    return Outcome(
        records=records,
        people=people,
        organisations=organisations,
        records_merged=records - people - organisations,
        ids_created=events.count("created"),
        ids_merged=events.count("merged"),
        ids_split=events.count("split"),
        ids_retired=events.count("retired"),
        ids_restored=events.count("restored"),
        roles=_number(con, "select count(*) from golden.golden_party_roles"),
        households=_number(
            con, "select count(distinct household_id) from golden.golden_households"
        ),
        pairs_scored=_number(con, "select count(*) from golden.scored_pairs"),
        judgements_contradicting=_number(con, "select count(*) from link.contradictions"),
        records_linked=records_linked,
        models_trained=models_trained,
    )


def _number(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0
