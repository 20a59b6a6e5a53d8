"""The oracle: what the same candidate pairs allow, scored with the true m, u and prior.

Flow: a linked connection and the truth → levels counted over all true pairs and all others → a
`Trained` model → weights of the same pairs → clusters at the threshold that suits the truth best,
each by our repair and as plain components. For evaluation only: nothing in the pipeline reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dedupe.clustering.clusters import components
from dedupe.linking.comparing import count_patterns
from dedupe.linking.encoding import encode, without_copies
from dedupe.linking.patterns import level_counts
from dedupe.linking.scoring import threshold_weight, weigh
from dedupe.linking.term_bits import Scorable
from dedupe.linking.term_frequencies import build_frequencies
from dedupe.measures.evaluate import Labels, Scores, cluster_measure, scores
from dedupe.trained import Trained
from dedupe.training.chance import UNSEEN, chances, missing_shares

if TYPE_CHECKING:
    import duckdb

# Takes the connection and a model, clusters link.<party_type>_pairs: record id → cluster.
Clustered = Callable[["duckdb.DuckDBPyConnection", Trained], Labels]
Found = TypeVar("Found")
# Bits added to the prior's odds, in half steps; the survey's best ones ran from −4.2 to +5.1.
THRESHOLDS = tuple(step / 2 for step in range(-16, 17))
_COARSE = 4  # F1 over the threshold has one top, so every fourth tells where to look closely


@dataclass(frozen=True)
class OracleScores:
    """The best scores, the threshold in bits, and how the clusters were made."""

    scores: Scores
    threshold: float
    clusters: str
    labels: Labels


def oracle_scores(
    con: duckdb.DuckDBPyConnection,
    trained: Trained,
    truth: Labels,
    clustered: Clustered,
    thresholds: Sequence[float] = THRESHOLDS,
) -> OracleScores:
    """Score, cluster and compare at the thresholds; the best cluster F1 wins.

    Needs temp table `compared` as `link` leaves it; writes over `link.<party_type>_pairs`.
    """
    model = true_model(con, trained, truth)
    # With the truth's m and u it may also keep the household alternative, if that helps it.
    with_alternative = replace(model, v=trained.v, alternative_share=trained.alternative_share)
    tried = (
        replace(best, how=best.how + name)
        for name, one in (("", model), (", with alternative", with_alternative))
        for best in [_best(con, one, truth, clustered, thresholds)]
    )
    best = max(tried, key=_f1)
    return OracleScores(scores(best.labels, truth), best.bits, best.how, best.labels)


@dataclass(frozen=True)
class _Found:
    """One clustering; only the best of them is kept, a million labels are 150 MB."""

    bits: float
    how: str
    labels: Labels
    f1: float


def _f1(found: _Found) -> float:
    return found.f1


def _best(
    con: duckdb.DuckDBPyConnection,
    model: Trained,
    truth: Labels,
    clustered: Clustered,
    thresholds: Sequence[float],
) -> _Found:
    """Of one model, over thresholds and both ways to cluster."""
    specification = model.specification
    encoded = encode(con, specification, f"link.{specification.party_type}_records")
    build_frequencies(con, model, encoded, without_copies(con, encoded))
    scorable = Scorable.of(con, model, encoded)

    def best_at(bits: float) -> _Found:
        shifted = replace(model, match_share=min(model.match_share * 2.0**-bits, 0.4))
        _write_pairs(con, shifted, scorable)
        return max(
            (
                _Found(bits, how, labels, cluster_measure(labels, truth)[2])
                for how, cluster in (("repaired", clustered), ("components", _components))
                for labels in [cluster(con, shifted)]
            ),
            key=_f1,
        )

    return searched(thresholds, best_at, key=_f1)


def searched(
    points: Sequence[float], found_at: Callable[[float], Found], key: Callable[[Found], float]
) -> Found:
    """The best over points in order: every fourth, then those around the best of these."""
    coarse = range(0, len(points), _COARSE)
    top, place = max(((found_at(points[i]), i) for i in coarse), key=lambda one: key(one[0]))
    around = range(max(place - _COARSE + 1, 0), min(place + _COARSE, len(points)))
    return max(chain([top], (found_at(points[i]) for i in around if i not in coarse)), key=key)


def _components(con: duckdb.DuckDBPyConnection, model: Trained) -> Labels:
    """Connected components of the pairs above zero."""
    party_type = model.specification.party_type
    ids = con.execute(f"select record_id from link.{party_type}_records order by rid").fetchall()
    pairs = con.execute(
        f"select l_rid - 1 as l, r_rid - 1 as r from link.{party_type}_pairs where weight > 0"
    ).fetchnumpy()
    labels = components(len(ids), pairs["l"].astype(np.int64), pairs["r"].astype(np.int64))
    return {record: label for (record,), label in zip(ids, labels.tolist(), strict=True)}


def true_model(con: duckdb.DuckDBPyConnection, trained: Trained, truth: Labels) -> Trained:
    """m counted over all true pairs, u over all the others, the prior as it is."""
    _write_truth(con, trained, truth)
    specification = trained.specification
    possible = trained.records * (trained.records - 1) / 2
    matches = level_counts(specification, count_patterns(con, specification, "true_pairs"))
    true_pairs = float(con.table("true_pairs").count("*").fetchall()[0][0])
    missing, chance = missing_shares(con, specification), chances(con, specification)
    m = [(row + UNSEEN) / (row + UNSEEN).sum() for row in matches]
    u = []
    for place, row in enumerate(chance):
        present = max(possible * (1.0 - missing[place]), 1.0)
        strangers = np.maximum(row * present - matches[place], UNSEEN)
        u.append(strangers / strangers.sum())
    for place, comparison in enumerate(specification.comparisons):
        if comparison.corrects:  # it holds a frequency, not an m and u of its own
            m[place], u[place] = np.array(trained.m[place]), np.array(trained.u[place])
    return replace(
        trained,
        m=tuple(tuple(float(x) for x in row) for row in m),
        u=tuple(tuple(float(x) for x in row) for row in u),
        v=tuple(tuple(float(x) for x in row) for row in u),
        match_share=max(true_pairs, 1.0) / possible,
        alternative_share=0.0,
        origin="oracle",
    )


def _write_truth(con: duckdb.DuckDBPyConnection, trained: Trained, truth: Labels) -> None:
    """Temp table `true_pairs` (l_rid, r_rid)."""
    import pyarrow as pa

    names = {"record_id": list(truth), "entity": [str(entity) for entity in truth.values()]}
    con.register("arriving_truth", pa.table(names))
    con.execute(
        "create or replace temp table known as select rid, entity from arriving_truth"
        f" inner join link.{trained.specification.party_type}_records using (record_id)"
    )
    con.unregister("arriving_truth")
    con.execute(
        "create or replace temp table true_pairs as select l.rid as l_rid, r.rid as r_rid"
        " from known as l inner join known as r on l.entity = r.entity and l.rid < r.rid"
    )


def _write_pairs(con: duckdb.DuckDBPyConnection, model: Trained, scorable: Scorable) -> None:
    specification = model.specification
    least = threshold_weight(specification.thresholds.candidate)
    weigh(con, model, "compared", "weighed_pairs", least=least, scorable=scorable)
    con.execute(
        f"create or replace table link.{specification.party_type}_pairs as"
        " select l_rid, r_rid, 'oracle' as blocking_rule, pattern, weight from weighed_pairs"
        " order by l_rid, r_rid"
    )
    con.execute("drop table weighed_pairs")
