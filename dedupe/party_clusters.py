"""Linkage's tables of one party type → clusters of record ids.

Reads `link.<party_type>_records` and `link.<party_type>_pairs`; pairs that no blocking rule made
but that matter to a cluster are scored through `score` and left in
`link.<party_type>_component_pairs`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dedupe.blocking import IDENTICAL
from dedupe.clusters import ENOUGH, Positions, ScoredPairs
from dedupe.equal_records import cluster_distinct
from dedupe.identity.constitution import Member
from dedupe.judgements import Judgement, decisions

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
) -> PartyClusters:
    """Cluster all match-input records of a type; those linkage does not know stay alone.

    `contradiction` is SQL over `pattern`, true where two records cannot be one party; `enough`
    is the merge threshold in thousandths of a bit.
    """
    tables = _Tables(con, party_type, contradiction)
    members = tables.number_records()
    position = {member.record_id: i for i, member in enumerate(members)}
    tables.empty_component_pairs()

    def score_missing(left: Positions, right: Positions) -> ScoredPairs:
        tables.write_candidates(left, right)
        score(tables.candidates, tables.component_pairs)
        return tables.scored(tables.component_pairs)

    found = cluster_distinct(
        len(members),
        tables.scored(f"{tables.pairs} where blocking_rule <> '{IDENTICAL}'"),
        tables.scored(f"{tables.pairs} where blocking_rule = '{IDENTICAL}'"),
        score_missing,
        decisions(judged, position),
        enough,
    )
    grouped: dict[int, list[Member]] = {}
    for member, label in zip(members, found.labels.tolist(), strict=True):
        grouped.setdefault(label, []).append(member)
    refused = tuple((members[i].record_id, members[j].record_id) for i, j in found.contradictions)
    return PartyClusters(list(grouped.values()), refused)


@dataclass(frozen=True)
class _Tables:
    """The tables of one party type. Positions number the records by record id, from 0."""

    con: duckdb.DuckDBPyConnection
    party_type: str
    contradiction: str

    @property
    def pairs(self) -> str:
        return f"link.{self.party_type}_pairs"

    @property
    def component_pairs(self) -> str:
        return f"link.{self.party_type}_component_pairs"

    @property
    def candidates(self) -> str:
        return f"link.{self.party_type}_component_candidates"

    @property
    def _numbered(self) -> str:
        return f"numbered_{self.party_type}"

    def number_records(self) -> list[Member]:
        self.con.execute(
            f"create or replace temp table {self._numbered} as "
            "select row_number() over (order by i.record_id) - 1 as position, i.record_id,"
            " i.created_at, r.rid "
            "from intermediate.int_parties__match_input as i "
            f"left join link.{self.party_type}_records as r using (record_id) "
            "where i.party_type = ?",
            [self.party_type],
        )
        rows = self.con.execute(
            f"select record_id, created_at from {self._numbered} order by position"
        ).fetchall()
        return [Member(*row) for row in rows]

    def empty_component_pairs(self) -> None:
        self.con.execute(
            f"create or replace table {self.component_pairs} "
            "(l_rid bigint, r_rid bigint, pattern bigint, weight bigint)"
        )

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
        """Weights and vetoes of the pairs behind `from`, by position."""
        columns = self.con.execute(
            "select least(l.position, r.position) as l, greatest(l.position, r.position) as r,"
            f" p.weight::bigint as weight, {self.contradiction} as veto "
            f"from (from {table}) as p join {self._numbered} as l on l.rid = p.l_rid "
            f"join {self._numbered} as r on r.rid = p.r_rid"
        ).fetchnumpy()
        left, right, weight = (columns[c].astype(np.int64) for c in ("l", "r", "weight"))
        return ScoredPairs(left, right, weight, columns["veto"].astype(bool))
