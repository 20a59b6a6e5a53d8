"""What the report shows, read from the tables of a run: figures, chosen pairs, large clusters.

Everything is chosen by a rule, never by chance: the same records give the same report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dedupe.files.doubts import REVIEW_BITS
from dedupe.files.loaded import RECORD
from dedupe.measures.estimate import Candidates, curve
from dedupe.report.wording import bits, words
from stamm.duck import quoted

if TYPE_CHECKING:
    import duckdb

    from dedupe.answers.explain import Explanation
    from dedupe.files.linking import LinkedType

_CUT = 60.0  # bits; what lies beyond is drawn at the edge
_LARGEST = 3
_MEMBERS = 12  # records shown of a large cluster
_COLUMNS = 12  # columns shown of a record
_SIZES = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 9), (10, 19), (20, 99), (100, 999), (1000, 0))


@dataclass(frozen=True)
class WeightBin:
    """Candidate pairs with a weight from `start` up to `end` bits."""

    start: float
    end: float
    pairs: int

    @property
    def label(self) -> str:
        """The first and the last one hold all that lies beyond, too."""
        if self.start <= -_CUT:
            return f"{bits(self.end)} and fewer"
        if self.start >= _CUT:
            return f"{bits(self.start)} and more"
        return f"{bits(self.start)} to {bits(self.end)}"


@dataclass(frozen=True)
class CurvePoint:
    """Expected if pairs from `threshold` on are taken."""

    threshold: float
    precision: float
    recall: float
    pairs: int


@dataclass(frozen=True)
class Bar:
    label: str
    value: int


@dataclass(frozen=True)
class Fall:
    """A step of a waterfall: the sum of weights before and after it."""

    label: str
    level: str
    bits: float
    start: float
    end: float
    total: bool = False


@dataclass(frozen=True)
class PairShown:
    """A pair, why it is shown, its two records and its waterfall."""

    kind: str
    why: str
    probability: float
    falls: tuple[Fall, ...]
    columns: tuple[str, ...]
    names: tuple[str, str]
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True)
class ClusterShown:
    """A cluster's first records."""

    cluster_id: int
    size: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def weight_bins(candidates: Candidates) -> tuple[WeightBin, ...]:
    """Bins of one bit, without gaps."""
    if not len(candidates.weights):
        return ()
    places = np.floor(np.clip(candidates.weights, -_CUT, _CUT)).astype(int)
    low, high = int(places.min()), int(places.max())
    counts = np.bincount(places - low, weights=candidates.counts, minlength=high - low + 1)
    return tuple(
        WeightBin(float(low + i), float(low + i + 1), int(count)) for i, count in enumerate(counts)
    )


def curve_points(candidates: Candidates) -> tuple[CurvePoint, ...]:
    """The estimate every half bit, within the drawn range."""
    return tuple(
        CurvePoint(
            threshold,
            round(expected.precision, 4),
            round(expected.recall, 4),
            round(expected.pairs),
        )
        for threshold, expected in curve(candidates)
        if abs(threshold) <= _CUT
    )


def cluster_sizes(con: duckdb.DuckDBPyConnection) -> tuple[Bar, ...]:
    """Clusters by size, in classes that grow."""
    counted = con.execute(
        "select size, count(distinct cluster_id) from files.clusters group by size order by size"
    ).fetchall()
    bars = []
    for low, high in _SIZES:
        number = sum(n for size, n in counted if size >= low and (size <= high or not high))
        if number:
            label = f"{low:,}" if low == high else f"{low:,} to {high:,}" if high else f"{low:,} +"
            bars.append(Bar(f"{label} record{'s' * (high != 1)}", number))
    return tuple(bars)


def largest_clusters(
    con: duckdb.DuckDBPyConnection, columns: Sequence[str]
) -> tuple[ClusterShown, ...]:
    """The largest ones of more than one record, ties by id."""
    shown = tuple(columns[:_COLUMNS])
    found = con.execute(
        "select cluster_id, size from files.clusters where size > 1"
        f" group by all order by size desc, cluster_id limit {_LARGEST}"
    ).fetchall()
    return tuple(
        ClusterShown(cluster_id, size, shown, tuple(
            _cells(row) for row in con.execute(
                f"select {_listed(shown)} from files.records as r"
                f" where {RECORD} in (select {RECORD} from files.clusters where cluster_id = ?)"
                f" order by (select c.place from files.clusters as c where c.{RECORD} = r.{RECORD})"
                f" limit {_MEMBERS}", [cluster_id]
            ).fetchall()
        ))
        for cluster_id, size in found
    )  # fmt: skip


def chosen_pairs(
    con: duckdb.DuckDBPyConnection, linked: LinkedType, columns: Sequence[str]
) -> Iterator[PairShown]:
    """A sure pair, close calls on both sides, and a rejected one, as far as there are such."""
    limits = {
        "party_type": linked.party_type,
        "band": REVIEW_BITS,
        "threshold": linked.specification.thresholds.merge_bits,
    }
    for choice in _CHOICES:
        rows = con.execute(
            f"select l.{RECORD}, r.{RECORD}, p.probability from files.pairs as p"
            " cross join (select $band as band, $threshold as threshold)"
            " join files.clusters as l on l.place = p.left_place"
            " join files.clusters as r on r.place = p.right_place"
            f" where p.party_type = $party_type and {choice.where}"
            f" order by {choice.first}, p.left_place, p.right_place limit {choice.most}",
            limits,
        ).fetchall()
        for left, right, probability in rows:
            yield _shown(con, linked, columns, choice, (left, right), probability)


@dataclass(frozen=True)
class _Choice:
    """Which pairs are shown: a condition, the order among them, how many."""

    kind: str
    why: str
    where: str
    first: str
    most: int


_CHOICES = (
    _Choice(
        "sure",
        "in one cluster, and beyond doubt",
        "same_cluster and weight > band",
        "blocking_rule = 'identical_records', abs(weight - 6 * band)",
        1,
    ),
    _Choice(
        "close, taken as one",
        "a close call that ended in one cluster",
        "same_cluster and abs(weight) <= band",
        "abs(weight - threshold)",
        1,
    ),
    _Choice(
        "close, taken as one",
        "a close call that ended in one cluster",
        "same_cluster and weight between 0 and band",
        "abs(weight - band / 2)",
        1,
    ),
    _Choice(
        "close, kept apart",
        "a close call that ended in two clusters",
        "not same_cluster and abs(weight) <= band",
        "abs(weight - threshold)",
        1,
    ),
    _Choice(
        "close, kept apart",
        "a close call that ended in two clusters",
        "not same_cluster and weight between 0 and band",
        "abs(weight - band / 2)",
        1,
    ),
    _Choice(
        "rejected",
        "compared, and found to be two",
        "not same_cluster and weight < -band",
        "weight desc",
        1,
    ),
)


def _shown(
    con: duckdb.DuckDBPyConnection,
    linked: LinkedType,
    columns: Sequence[str],
    choice: _Choice,
    pair: tuple[str, str],
    probability: float,
) -> PairShown:
    from dedupe.answers.explain import explain_by

    found = explain_by(con, linked.result.trained, *pair)
    left, right = (_record(con, columns, one) for one in pair)
    kept = [i for i in range(len(columns)) if left[i] or right[i]]
    names = (_name(con, pair[0]), _name(con, pair[1]))
    return PairShown(
        choice.kind, choice.why, probability, falls(found),
        tuple(columns[i] for i in kept), names, tuple(left[i] for i in kept),
        tuple(right[i] for i in kept),
    )  # fmt: skip


def falls(found: Explanation) -> tuple[Fall, ...]:
    """Prior, each comparison that said something, and the sum."""
    total = found.prior_weight
    steps = [Fall("before comparing", "any two records", total, 0.0, total)]
    for step in found.steps:
        if step.level == "missing":
            continue
        name = words(step.comparison)
        steps.append(Fall(name, step.level, step.weight, total, total + step.weight))
        total += step.weight
    return (*steps, Fall("match weight", "", found.weight, 0.0, found.weight, total=True))


def _record(con: duckdb.DuckDBPyConnection, columns: Sequence[str], record: str) -> tuple[str, ...]:
    return _cells(con.execute(
        f"select {_listed(columns)} from files.records where {RECORD} = ?", [record]
    ).fetchall()[0])  # fmt: skip


def _name(con: duckdb.DuckDBPyConnection, record: str) -> str:
    """A record's id, with its file where there are several."""
    return str(con.execute(
        "select case when (select max(__file) from files.records) > 0 then"
        f" replace({RECORD}, '#', ' ') else __id end from files.records where {RECORD} = ?",
        [record],
    ).fetchall()[0][0])  # fmt: skip


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(quoted(column) for column in columns)


def _cells(row: Sequence[Any]) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in row)
