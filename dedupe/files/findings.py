"""What a run over files found, as plain data: for the terminal, `summary.json` and the report.

Flow: discovery, linked types and the tables they left → `Findings`. No time and no truth in it,
so that the same files always give the same bytes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dedupe.files.doubts import REVIEW_BITS, doubts, sentence
from dedupe.files.linking import LinkedType
from dedupe.measures.estimate import Candidates, Expected

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from dedupe.discovery import Discovery
    from dedupe.files.linking import Linked
    from dedupe.files.reading import Pool

    Floats = NDArray[np.float64]

SURE_ROLE = 0.6  # below it a column's role counts as a guess
_DIGITS = 4


@dataclass(frozen=True)
class ColumnFinding:
    """A column, the role it was given, and why."""

    column: str
    role: str
    confidence: float
    filled: float
    distinct: float
    reason: str

    @property
    def doubtful(self) -> bool:
        return self.confidence < SURE_ROLE


@dataclass(frozen=True)
class RuleFinding:
    """A blocking rule: pairs it was the first to make, and what share of the matches they hold."""

    rule: str
    columns: tuple[str, ...]
    pairs: int
    found: float
    reason: str


@dataclass(frozen=True)
class LevelFinding:
    """A level of a comparison: the weight it adds, before rare values add theirs."""

    level: str
    bits: float


@dataclass(frozen=True)
class ComparisonFinding:
    """A comparison, its levels from the best, and why it was chosen."""

    comparison: str
    levels: tuple[LevelFinding, ...]
    reason: str


@dataclass(frozen=True)
class Estimate:
    """Expected by the model itself."""

    precision: float
    recall: float
    f1: float

    @staticmethod
    def of(expected: Expected) -> Estimate:
        return Estimate(*(round(v, _DIGITS) for v in
                          (expected.precision, expected.recall, expected.f1)))  # fmt: skip


@dataclass(frozen=True)
class TypeFindings:
    """People or organisations. `estimate` is of the clusters, `at_threshold` of single pairs."""

    party_type: str
    records: int
    candidate_pairs: int
    threshold_bits: float
    coverage: float
    prior: str
    expected_matches: float
    estimate: Estimate
    at_threshold: Estimate
    comparisons: tuple[ComparisonFinding, ...]
    rules: tuple[RuleFinding, ...]


@dataclass(frozen=True)
class Findings:
    """All of it. `duplicates` are records beyond the first of their cluster."""

    files: tuple[str, ...]
    records: int
    clusters: int
    duplicates: int
    clusters_of_several: int
    largest_cluster: int
    pairs_to_review: int
    columns: tuple[ColumnFinding, ...]
    party_types: tuple[TypeFindings, ...]
    unsure: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def find(
    con: duckdb.DuckDBPyConnection,
    pool: Pool,
    discovery: Discovery,
    linked: Linked,
    candidates: dict[str, Candidates],
) -> Findings:
    """From the tables of `linking` and the candidates of each party type."""
    clusters, several, largest = con.execute(
        "select count(distinct cluster_id), count(distinct case when size > 1 then cluster_id end),"
        " max(size) from files.clusters"
    ).fetchall()[0]
    columns = tuple(
        ColumnFinding(c.column, c.role, c.confidence, c.filled_share, c.distinct_share, c.reason)
        for c in discovery.columns
        if c.column in pool.columns
    )
    types = tuple(_of_type(con, one, candidates[one.party_type]) for one in linked.types)
    review = _pairs_to_review(con)
    own = doubts(con, types, review, largest)
    unsure = (*pool.remarks, *discovery.unsure, *linked.unsure, *own)
    return Findings(
        files=pool.files,
        records=pool.records,
        clusters=clusters,
        duplicates=pool.records - clusters,
        clusters_of_several=several,
        largest_cluster=largest,
        pairs_to_review=review,
        columns=columns,
        party_types=types,
        unsure=tuple(sentence(doubt, (*pool.columns, *pool.files)) for doubt in unsure),
    )


def _of_type(
    con: duckdb.DuckDBPyConnection, linked: LinkedType, candidates: Candidates
) -> TypeFindings:
    specification, trained = linked.specification, linked.result.trained
    threshold = specification.thresholds.merge_bits
    clustered = candidates.if_taken(
        *_inside(con, linked, blocked=True), _inside(con, linked, blocked=False)
    )
    return TypeFindings(
        party_type=linked.party_type,
        records=linked.result.records,
        candidate_pairs=linked.result.candidate_pairs,
        threshold_bits=threshold,
        coverage=round(candidates.coverage, _DIGITS),
        prior=trained.origin,
        expected_matches=round(candidates.matches, 1),
        estimate=Estimate.of(clustered),
        at_threshold=Estimate.of(candidates.above(threshold)),
        comparisons=_comparisons(linked),
        rules=_rules(con, linked, candidates.matches),
    )


def _inside(
    con: duckdb.DuckDBPyConnection, linked: LinkedType, *, blocked: bool
) -> tuple[Floats, Floats]:
    """(weights, counts) of pairs inside clusters: those a blocking rule made, or the others."""
    counted = con.execute(
        "select weight, count(*) as pairs from files.pairs where same_cluster and party_type = ?"
        " and (blocking_rule is not null) = ? group by weight order by weight",
        [linked.party_type, blocked],
    ).fetchnumpy()
    return counted["weight"].astype(np.float64), counted["pairs"].astype(np.float64)


def _comparisons(linked: LinkedType) -> tuple[ComparisonFinding, ...]:
    trained = linked.result.trained
    return tuple(
        ComparisonFinding(
            comparison.name,
            tuple(
                LevelFinding(level.name, round(float(np.log2(m / u)), 2))
                for level, m, u in zip(
                    comparison.levels,
                    reversed(trained.m[place]),
                    reversed(trained.u[place]),
                    strict=True,
                )
            ),
            linked.reasons.get(comparison.name, "stated in the specification"),
        )
        for place, comparison in enumerate(linked.specification.comparisons)
    )


def _rules(
    con: duckdb.DuckDBPyConnection, linked: LinkedType, matches: float
) -> tuple[RuleFinding, ...]:
    made = {rule: (pairs, found) for rule, pairs, found in con.execute(
        # Summed as whole numbers, so that the order of the pairs does not show.
        "select blocking_rule, count(*), sum(round(probability * 1e6)::bigint) / 1e6"
        " from files.pairs where party_type = ? group by all",
        [linked.party_type],
    ).fetchall()}  # fmt: skip
    nothing = (0, 0.0)
    return tuple(
        RuleFinding(
            rule.name,
            rule.columns,
            made.get(rule.name, nothing)[0],
            round(made.get(rule.name, nothing)[1] / max(matches, 1e-9), _DIGITS),
            linked.reasons.get(rule.name, rule.origin),
        )
        for rule in linked.specification.blocking_rules
    )


def _pairs_to_review(con: duckdb.DuckDBPyConnection) -> int:
    return int(con.execute(
        "select count(*) from files.pairs where abs(weight) < $bits", {"bits": REVIEW_BITS}
    ).fetchall()[0][0])  # fmt: skip
