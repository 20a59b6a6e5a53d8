"""The oracle: what the same candidate pairs allow, scored with the true m, u and prior.

Flow: a linked connection and the truth → levels counted over all true pairs and all others → a
`Trained` model → weights of the same pairs, at the threshold that suits the truth best. For
evaluation only: nothing in the pipeline reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dedupe.evaluate import Scores, scores
from dedupe.patterns import pattern_sql, unpack
from dedupe.scoring import build_frequencies, threshold_weight, weigh
from dedupe.trained import Trained
from dedupe.training.chance import UNSEEN, chances, missing_shares

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

# Takes the connection and a model, clusters link.<party_type>_pairs: record id → cluster.
Clustered = Callable[["duckdb.DuckDBPyConnection", Trained], Mapping[str, Hashable]]
THRESHOLDS = tuple(range(-6, 11))  # bits added to the prior's odds; the survey's best: −4.2 to 5.1


@dataclass(frozen=True)
class OracleScores:
    """The best scores over the thresholds, and the threshold in bits."""

    scores: Scores
    threshold: float


def oracle_scores(
    con: duckdb.DuckDBPyConnection,
    trained: Trained,
    truth: Mapping[str, Hashable],
    clustered: Clustered,
) -> OracleScores:
    """Score, cluster and compare at each threshold; the best cluster F1 wins.

    Needs temp table `compared` as `link` leaves it; writes over `link.<party_type>_pairs`.
    """
    model = true_model(con, trained, truth)
    build_frequencies(con, model)
    found = []
    for bits in THRESHOLDS:
        shifted = replace(model, match_share=min(model.match_share * 2.0**-bits, 0.4))
        _write_pairs(con, shifted)
        found.append(OracleScores(scores(clustered(con, shifted), truth), float(bits)))
    return max(found, key=lambda one: one.scores.cluster[2])


def true_model(
    con: duckdb.DuckDBPyConnection, trained: Trained, truth: Mapping[str, Hashable]
) -> Trained:
    """m counted over all true pairs, u over all the others, the prior as it is."""
    _write_truth(con, trained, truth)
    specification = trained.specification
    possible = trained.records * (trained.records - 1) / 2
    matches = _match_counts(con, trained)
    true_pairs = float(con.table("true_pairs").count("*").fetchall()[0][0])
    missing, chance = missing_shares(con, specification), chances(con, specification)
    m = [(row + UNSEEN) / (row + UNSEEN).sum() for row in matches]
    u = []
    for place, row in enumerate(chance):
        present = max(possible * (1.0 - missing[place]), 1.0)
        strangers = np.maximum(row * present - matches[place], UNSEEN)
        u.append(strangers / strangers.sum())
    return replace(
        trained,
        m=tuple(tuple(float(x) for x in row) for row in m),
        u=tuple(tuple(float(x) for x in row) for row in u),
        v=tuple(tuple(float(x) for x in row) for row in u),
        match_share=max(true_pairs, 1.0) / possible,
        alternative_share=0.0,
        origin="oracle",
    )


def _write_truth(
    con: duckdb.DuckDBPyConnection, trained: Trained, truth: Mapping[str, Hashable]
) -> None:
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


def _match_counts(con: duckdb.DuckDBPyConnection, trained: Trained) -> list[NDArray[np.float64]]:
    specification = trained.specification
    records = f"link.{specification.party_type}_records"
    rows = con.execute(
        f"select {pattern_sql(specification)} as pattern, count(*) from true_pairs as p"
        f" inner join {records} as l on l.rid = p.l_rid"
        f" inner join {records} as r on r.rid = p.r_rid group by pattern order by pattern"
    ).fetchall()
    counts = [np.zeros(len(c.levels)) for c in specification.comparisons]
    for pattern, n in rows:
        for place, code in enumerate(unpack(pattern, len(counts))):
            if code:
                counts[place][code - 1] += n
    return counts


def _write_pairs(con: duckdb.DuckDBPyConnection, model: Trained) -> None:
    specification = model.specification
    weigh(con, model, "compared", "weighed_pairs")
    con.execute(
        f"create or replace table link.{specification.party_type}_pairs as"
        " select l_rid, r_rid, 'oracle' as blocking_rule, pattern, weight from weighed_pairs"
        " where weight >= $least order by l_rid, r_rid",
        {"least": threshold_weight(specification.thresholds.candidate)},
    )
    con.execute("drop table weighed_pairs")
