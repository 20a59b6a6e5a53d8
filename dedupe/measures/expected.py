"""What the model itself expects of the last run: precision and recall without any truth.

In: the `link` and `golden` tables of a run and its trained model. Out: `Expectation` of one party
type. The counting is `dedupe.measures.estimate`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dedupe.measures.estimate import Candidates, Expected, curve

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from dedupe.trained import Trained

    Floats = NDArray[np.float64]

_WEIGHTS = """
    select weight / 1000.0 as bits, pairs from link.{party_type}_weight_counts order by weight
"""
_CLUSTERED = """
    select s.weight as bits, count(*) as pairs
    from golden.scored_pairs as s
    join golden.xref_parties as l on l.record_id = s.left_record_id
    join golden.xref_parties as r on r.record_id = s.right_record_id
    where s.party_type = $party_type and l.party_id = r.party_id
      and (s.blocking_rule is not null) = $blocked
    group by s.weight order by s.weight
"""


@dataclass(frozen=True)
class Expectation:
    """`at_threshold` takes pairs one by one, `clusters` all pairs of each golden party."""

    party_type: str
    threshold: float
    coverage: float
    matches: float
    at_threshold: Expected
    clusters: Expected
    curve: tuple[tuple[float, Expected], ...]


def expected(con: duckdb.DuckDBPyConnection, trained: Trained) -> Expectation:
    """Of all candidate pairs, also those too unlikely to be kept."""
    found = candidates(con, trained)
    party_type = trained.specification.party_type
    threshold = trained.specification.thresholds.merge_bits
    inside = _counted(con, _CLUSTERED, party_type=party_type, blocked=True)
    brought_in = _counted(con, _CLUSTERED, party_type=party_type, blocked=False)
    return Expectation(
        party_type,
        threshold,
        found.coverage,
        found.matches,
        found.above(threshold),
        found.if_taken(*inside, brought_in),
        curve(found),
    )


def candidates(con: duckdb.DuckDBPyConnection, trained: Trained) -> Candidates:
    """The candidate pairs of a party type by weight, from the `link` tables of a run."""
    from dedupe.training.chance import missing_shares
    from dedupe.training.coverage import coverage

    specification = trained.specification
    covered = coverage(
        specification,
        [np.array(row) for row in trained.m],
        missing_shares(con, specification),
    )
    counted = _counted(con, _WEIGHTS.format(party_type=specification.party_type))
    return Candidates(*counted, covered)


def _counted(
    con: duckdb.DuckDBPyConnection, sql: str, **bound: str | bool
) -> tuple[Floats, Floats]:
    columns = con.execute(sql, bound).fetchnumpy()
    return columns["bits"].astype(np.float64), columns["pairs"].astype(np.float64)
