"""The records of one customer and the pairs between them, as the last run weighed them.

In: the bench and a golden id. Out: `Cluster`, with a graph as long as it can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from serving.desk.charts import graph
from serving.desk.copies import Bench

_READABLE = 14  # records in a drawing
_RECORDS = """
    select x.record_id, x.source, x.stream, x.party_type, i.updated_at, i.legal_basis
    from golden.xref_parties as x
    left join intermediate.int_parties__match_input as i using (record_id)
    where x.party_id = ? order by x.source, x.record_id
"""
_PAIRS = """
    select s.left_record_id, s.right_record_id, s.weight, s.blocking_rule
    from golden.scored_pairs as s
    where s.left_record_id in (select unnest($records))
        and s.right_record_id in (select unnest($records))
    order by s.weight desc, 1, 2
"""


@dataclass(frozen=True)
class Member:
    """One record; `number` is how the drawing calls it."""

    number: int
    record_id: str
    source: str
    stream: str
    updated_at: datetime | None
    legal_basis: str | None


@dataclass(frozen=True)
class Pair:
    """Two records by number. `weak` are those that alone would not be held to be one."""

    left: int
    right: int
    weight: float
    rule: str | None
    weak: bool


@dataclass(frozen=True)
class Cluster:
    """`drawing` is None where there is nothing to draw, or too much."""

    members: tuple[Member, ...]
    pairs: tuple[Pair, ...]
    drawing: Markup | None


def cluster(bench: Bench, party: str, title: str) -> Cluster:
    """Empty for a party that the last run does not have."""
    rows = bench.con.execute(_RECORDS, [party]).fetchall()
    members = tuple(
        Member(number, record, source, stream, updated_at, basis)
        for number, (record, source, stream, _, updated_at, basis) in enumerate(rows, start=1)
    )
    if not members:
        return Cluster((), (), None)
    least = bench.thresholds.get(rows[0][3], 0.0)
    numbers = {one.record_id: one.number for one in members}
    pairs = tuple(
        Pair(numbers[left], numbers[right], weight, rule, weight < least)
        for left, right, weight, rule in bench.con.execute(
            _PAIRS, {"records": list(numbers)}
        ).fetchall()
    )
    return Cluster(members, pairs, _drawing(members, pairs, title))


def _drawing(members: tuple[Member, ...], pairs: tuple[Pair, ...], title: str) -> Markup | None:
    if not 1 < len(members) <= _READABLE:
        return None
    nodes = [(str(one.number), one.source) for one in members]
    edges = [(one.left - 1, one.right - 1, one.weight, one.weak) for one in pairs]
    return graph(title, nodes, edges)
