"""Linkage's tables of one party type → clusters of record ids.

Reads `link.<party_type>_records` and `link.<party_type>_pairs`; pairs that no blocking rule made
but that matter to a cluster are scored through `score` and left in
`link.<party_type>_component_pairs`. `link.<party_type>_members` says which cluster each record is
in, and which component: no change outside a component reaches into it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dedupe.clustering.clusters import (
    ENOUGH,
    Decisions,
    Pair,
    Positions,
    ScoredPairs,
    component_threshold,
    components,
)
from dedupe.clustering.numbered_records import UNKNOWN, NumberedRecords
from dedupe.identity.constitution import Member
from dedupe.judgement.judgements import Judgement, decisions
from dedupe.linking.arriving import arriving
from dedupe.linking.blocking import IDENTICAL
from dedupe.linking.equal_records import cluster_distinct
from stamm.rows import renew_rows

if TYPE_CHECKING:
    import duckdb

# Takes a table of (l_rid, r_rid) and writes a table of (l_rid, r_rid, pattern, weight).
ScorePairs = Callable[[str, str], object]


@dataclass(frozen=True)
class PartyClusters:
    """The clusters of all records, as numbers: `labels[i]` is the first in the cluster of record i.

    `contradictions` are judgements "same" that could not hold.
    """

    records: NumberedRecords
    labels: Positions
    contradictions: tuple[tuple[str, str], ...]

    @cached_property
    def clusters(self) -> list[list[Member]]:
        """In canonical order. Objects cost as much as clustering does; who can, reads `labels`."""
        told = (self.records.table[column].to_pylist() for column in ("record_id", "created_at"))
        grouped: dict[int, list[Member]] = {}
        for label, record_id, created_at in zip(self.labels.tolist(), *told, strict=True):
            grouped.setdefault(label, []).append(Member(record_id, created_at))
        return list(grouped.values())


def cluster_parties(
    con: duckdb.DuckDBPyConnection,
    party_type: str,
    score: ScorePairs,
    *,
    contradiction: str,
    judged: Sequence[Judgement] = (),
    enough: int = ENOUGH,
    only: str = "",
) -> PartyClusters:
    """Cluster all match-input records of a type; those linkage does not know stay alone.

    `contradiction` is SQL over `pattern`, true where two records cannot be one party; `enough`
    is the merge threshold in thousandths of a bit. `only` names a table of the record ids to
    cluster, whole components; what the tables say of the others stays. It leaves temp tables
    `regrouped` (record_id) of records whose cluster is another one, and `repaired` (rid) of those
    with other component pairs.
    """
    records = NumberedRecords.of(con, party_type, only)
    tables = _Tables(con, party_type, contradiction, only, records)
    tables.write_no_fresh_pairs()

    def score_missing(left: Positions, right: Positions) -> ScoredPairs:
        tables.write_candidates(left, right)
        score(tables.candidates, tables.fresh_pairs)
        return tables.scored(tables.fresh_pairs)

    pairs = tables.scored(f"{tables.pairs} where blocking_rule <> '{IDENTICAL}'")
    copies = tables.scored(f"{tables.pairs} where blocking_rule = '{IDENTICAL}'")
    named = {record for judgement in judged for record in judgement.left | judgement.right}
    judged_pairs = decisions(judged, records.positions_of_ids(named))
    found = cluster_distinct(len(records), pairs, copies, score_missing, judged_pairs, enough)
    tables.write_component_pairs()
    near = pairs.where(pairs.weight > component_threshold(enough))
    tables.write_members(found.labels, _held_together(len(records), near, copies, judged_pairs))
    return PartyClusters(records, found.labels, _named(records, found.contradictions))


def _named(records: NumberedRecords, pairs: Sequence[Pair]) -> tuple[tuple[str, str], ...]:
    sides = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    left, right = (records.of_positions("record_id", side).to_pylist() for side in sides)
    return tuple(zip(left, right, strict=True))


def _held_together(
    size: int, near: ScoredPairs, copies: ScoredPairs, judged: Decisions
) -> Positions:
    """What hangs together at all: by a pair that may matter, by equal content, or by judgement."""
    together = np.array(judged.together, dtype=np.int64).reshape(-1, 2)
    return components(
        size,
        np.concatenate([near.left, copies.left, together[:, 0]]),
        np.concatenate([near.right, copies.right, together[:, 1]]),
    )


@dataclass(frozen=True)
class _Tables:
    """The tables of one party type. Positions number the records by record id, from 0."""

    con: duckdb.DuckDBPyConnection
    party_type: str
    contradiction: str
    only: str
    records: NumberedRecords

    @property
    def pairs(self) -> str:
        return f"link.{self.party_type}_pairs"

    @property
    def component_pairs(self) -> str:
        return f"link.{self.party_type}_component_pairs"

    @property
    def fresh_pairs(self) -> str:
        return f"link.{self.party_type}_fresh_pairs"

    @property
    def members(self) -> str:
        return f"link.{self.party_type}_members"

    @property
    def candidates(self) -> str:
        return f"link.{self.party_type}_component_candidates"

    def write_no_fresh_pairs(self) -> None:
        """None were scored yet; often none need be."""
        self.con.execute(
            f"create or replace table {self.fresh_pairs} "
            "(l_rid bigint, r_rid bigint, pattern bigint, weight bigint)"
        )

    def write_component_pairs(self) -> None:
        """The pairs that were scored just now are those of these records."""
        fresh = f"select l_rid, r_rid, pattern, weight::bigint as weight from {self.fresh_pairs}"
        if not self.only:
            self.con.execute(f"create or replace table {self.component_pairs} as {fresh}")
        else:
            with arriving(self.con, self.records.table.select(["rid"])) as linked:
                changed = renew_rows(
                    self.con, self.component_pairs,
                    where=f"l_rid in (from {linked}) or r_rid in (from {linked})", rows=fresh,
                )  # fmt: skip
            self.con.execute(
                "create or replace temp table repaired as"
                f" select l_rid as rid from {changed} union select r_rid from {changed}"
            )
        self.con.execute(f"drop table {self.fresh_pairs}")

    def write_members(self, labels: Positions, generous: Positions) -> None:
        """Cluster and component of each record, named by the number of their first record."""
        import pyarrow as pa

        known = self.records.table
        columns = {
            "record_id": known["record_id"],
            "rid": known["rid"],
            "component": self.records.of_positions("rid", generous),
            "cluster": self.records.of_positions("rid", labels),
        }
        with arriving(self.con, pa.table(columns)) as members:
            if not self.only:
                self.con.execute(f"create or replace table {self.members} as from {members}")
                return
            changed = renew_rows(
                self.con, self.members,
                where=f"record_id in (select record_id from {self.only})", rows=f"from {members}",
            )  # fmt: skip
        self.con.execute(
            f"create or replace temp table regrouped as select record_id from {changed}"
            " group by record_id, cluster having count(*) = 1"
        )

    def write_candidates(self, left: Positions, right: Positions) -> None:
        import pyarrow as pa

        l_rid, r_rid = self.records.rids[left], self.records.rids[right]
        linked = (l_rid != UNKNOWN) & (r_rid != UNKNOWN)
        ends = {"l_rid": np.minimum(l_rid, r_rid), "r_rid": np.maximum(l_rid, r_rid)}
        rows = pa.table({name: rids[linked] for name, rids in ends.items()})
        with arriving(self.con, rows) as pairs:
            self.con.execute(
                f"create or replace table {self.candidates} as from {pairs} order by l_rid, r_rid"
            )

    def scored(self, table: str) -> ScoredPairs:
        """Weights and vetoes of the pairs behind `from`, by position."""
        # Arrays drop the pairs of other records; where most are, the table need not be read whole.
        with arriving(self.con, self.records.table.select(["rid"])) as linked:
            chosen = f" where l_rid in (from {linked})" if self.only else ""
            columns = self.con.execute(
                f"select l_rid, r_rid, weight::bigint as weight, {self.contradiction} as veto"
                f" from (from {table}) as p{chosen}"
            ).fetchnumpy()
        ends = [self.records.positions(columns[end].astype(np.int64)) for end in ("l_rid", "r_rid")]
        pairs = ScoredPairs(
            np.minimum(*ends), np.maximum(*ends), columns["weight"].astype(np.int64),
            columns["veto"].astype(bool),
        )  # fmt: skip
        return pairs.where(pairs.left != UNKNOWN)
