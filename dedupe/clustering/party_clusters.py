"""Linkage's tables of one party type → clusters of record ids.

Reads `link.<party_type>_records` and `link.<party_type>_pairs`; pairs that no blocking rule made
but that matter to a cluster are scored through `score` and left in
`link.<party_type>_component_pairs`. `link.<party_type>_members` says which cluster each record is
in, and which component: no change outside a component reaches into it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dedupe.clustering.clusters import (
    ENOUGH,
    GENEROUS,
    Decisions,
    Positions,
    ScoredPairs,
    components,
)
from dedupe.identity.constitution import Member
from dedupe.judgement.judgements import Judgement, decisions
from dedupe.linking.blocking import IDENTICAL
from dedupe.linking.equal_records import cluster_distinct

if TYPE_CHECKING:
    import duckdb

# Takes a table of (l_rid, r_rid) and writes a table of (l_rid, r_rid, pattern, weight).
ScorePairs = Callable[[str, str], object]


@dataclass(frozen=True)
class PartyClusters:
    """Clusters in canonical order; `contradictions` are judgements "same" that could not hold."""

    clusters: list[list[Member]]
    contradictions: tuple[tuple[str, str], ...]


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
    cluster, whole components; what the tables say of the others stays.
    """
    tables = _Tables(con, party_type, contradiction, only)
    members = tables.number_records()
    position = {member.record_id: i for i, member in enumerate(members)}
    tables.empty()

    def score_missing(left: Positions, right: Positions) -> ScoredPairs:
        tables.write_candidates(left, right)
        score(tables.candidates, tables.fresh_pairs)
        return tables.added_pairs()

    pairs = tables.scored(f"{tables.pairs} where blocking_rule <> '{IDENTICAL}'")
    copies = tables.scored(f"{tables.pairs} where blocking_rule = '{IDENTICAL}'")
    judged_pairs = decisions(judged, position)
    found = cluster_distinct(len(members), pairs, copies, score_missing, judged_pairs, enough)
    tables.write_members(found.labels, _generous(len(members), pairs, copies, judged_pairs))
    grouped: dict[int, list[Member]] = {}
    for member, label in zip(members, found.labels.tolist(), strict=True):
        grouped.setdefault(label, []).append(member)
    refused = tuple((members[i].record_id, members[j].record_id) for i, j in found.contradictions)
    return PartyClusters(list(grouped.values()), refused)


def _generous(size: int, pairs: ScoredPairs, copies: ScoredPairs, judged: Decisions) -> Positions:
    """What hangs together at all: by a pair that may matter, by equal content, or by judgement."""
    near = pairs.where(pairs.weight > GENEROUS)
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

    @property
    def _numbered(self) -> str:
        return f"numbered_{self.party_type}"

    def number_records(self) -> list[Member]:
        chosen = f" and i.record_id in (select record_id from {self.only})" if self.only else ""
        self.con.execute(
            f"create or replace temp table {self._numbered} as "
            "select row_number() over (order by i.record_id) - 1 as position, i.record_id,"
            " i.created_at, r.rid "
            "from intermediate.int_parties__match_input as i "
            f"left join link.{self.party_type}_records as r using (record_id) "
            f"where i.party_type = ?{chosen}",
            [self.party_type],
        )
        rows = self.con.execute(
            f"select record_id, created_at from {self._numbered} order by position"
        ).fetchall()
        return [Member(*row) for row in rows]

    def empty(self) -> None:
        """Forget what was said of these records, and of those that are gone."""
        if not self.only:
            self.con.execute(
                f"create or replace table {self.component_pairs} "
                "(l_rid bigint, r_rid bigint, pattern bigint, weight bigint)"
            )
            self.con.execute(
                f"create or replace table {self.members} (record_id varchar, "
                "rid bigint, component bigint, cluster bigint)"
            )
            return
        self.con.execute(
            f"delete from {self.members} where record_id in (select record_id from {self.only})"
        )
        linked = f"(select rid from {self._numbered})"
        self.con.execute(
            f"delete from {self.component_pairs} where l_rid in {linked} or r_rid in {linked}"
        )

    def added_pairs(self) -> ScoredPairs:
        """The pairs scored just now, kept with the others of their kind."""
        found = self.scored(self.fresh_pairs)
        self.con.execute(
            f"insert into {self.component_pairs} "
            f"select l_rid, r_rid, pattern, weight from {self.fresh_pairs}"
        )
        self.con.execute(f"drop table {self.fresh_pairs}")
        return found

    def write_members(self, labels: Positions, generous: Positions) -> None:
        """Cluster and component of each record, named by the number of their first record."""
        import pyarrow as pa

        positions = np.arange(len(labels), dtype=np.int64)
        columns = {"position": positions, "cluster": labels, "component": generous}
        self.con.register("arriving", pa.table(columns))
        self.con.execute(
            f"insert into {self.members} "
            "select n.record_id, n.rid, g.rid as component, c.rid as cluster "
            f"from arriving as a join {self._numbered} as n using (position) "
            f"join {self._numbered} as g on g.position = a.component "
            f"join {self._numbered} as c on c.position = a.cluster"
        )
        self.con.unregister("arriving")

    def write_candidates(self, left: Positions, right: Positions) -> None:
        import pyarrow as pa

        self.con.register("arriving", pa.table({"l": left, "r": right}))
        self.con.execute(
            f"create or replace table {self.candidates} as "
            "select least(l.rid, r.rid) as l_rid, greatest(l.rid, r.rid) as r_rid "
            f"from arriving as a join {self._numbered} as l on l.position = a.l "
            f"join {self._numbered} as r on r.position = a.r "
            "where l.rid is not null and r.rid is not null order by 1, 2"
        )
        self.con.unregister("arriving")

    def scored(self, table: str) -> ScoredPairs:
        """Weights and vetoes of the pairs behind `from`, by position."""
        columns = self.con.execute(
            "select least(l.position, r.position) as l, greatest(l.position, r.position) as r,"
            f" p.weight::bigint as weight, {self.contradiction} as veto "
            f"from (from {table}) as p join {self._numbered} as l on l.rid = p.l_rid "
            f"join {self._numbered} as r on r.rid = p.r_rid"
        ).fetchnumpy()
        left, right, weight = (columns[c].astype(np.int64) for c in ("l", "r", "weight"))
        return ScoredPairs(left, right, weight, columns["veto"].astype(bool))
