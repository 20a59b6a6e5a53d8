"""Judged pairs → supervised weights beside the unsupervised ones, by recordlinkage's classifier.

In: the model of the last run and at least 50 judged pairs of a party type. Out: a specification
with a `supervised` part, and what it would change; nothing is applied. A logistic regression sees
the unsupervised weight of each pair and, as deviations from it, the weight of each comparison's
level. The weight is hardly penalised and the deviations are, so few judgements change little. It
is written as a shift and a scale per comparison, divided by what the weight itself counts: a
weight stays a sum that `stamm explain` can show, and term frequencies keep their worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dedupe.judgement.judged_pairs import JudgedPair
from dedupe.linking.patterns import unpack
from dedupe.specification import Specification, Supervised
from stamm.errors import UsageError

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from dedupe.trained import Trained

    Floats = NDArray[np.float64]

FEWEST = 50  # judgements, so that a share is known to about seven points
FEWEST_OF_EACH = 5  # "same", and "different": with one of them alone there is nothing to tell apart
FOLDS = 5
# Deviations are this much smaller numbers than the weight, so the same penalty holds them back.
DEVIATION = 0.25
LARGEST_SCALE = 3.0  # no comparison counts more than three times what it did, and none against it


@dataclass(frozen=True)
class Agreement:
    """Judged pairs on which a model decides as the person did; the supervised one unseen."""

    unsupervised: int
    supervised: int
    of: int


@dataclass(frozen=True)
class Flips:
    """Candidate pairs that would come above the merge threshold, or fall below it."""

    joined: int
    parted: int


def supervised(trained: Trained, judged: Sequence[JudgedPair]) -> Specification:
    """The specification with supervised weights. Raises UsageError for too few judgements."""
    decided = _decided(trained, judged)
    shift, scales = _fit(trained, decided)
    before = trained.specification.supervised
    names = [comparison.name for comparison in trained.specification.comparisons]
    known = before.scales if before else {}
    found = Supervised(
        shift_bits=round((before.shift_bits if before else 0.0) + shift, 4),
        scales={
            name: round(known.get(name, 1.0) * scale, 4)
            for name, scale in zip(names, scales, strict=True)
        },
        judgements=len(decided),
        origin=f"logistic regression on {len(decided)} judged pairs, beside: {trained.origin}",
    )
    return trained.specification.model_copy(update={"supervised": found})


def cross_validated(trained: Trained, judged: Sequence[JudgedPair]) -> Agreement:
    """Each fifth of the judged pairs is decided by a model that did not see it."""
    decided = _decided(trained, judged)
    threshold = trained.specification.thresholds.merge_bits
    same = np.array([pair.verdict == "same" for pair in decided])
    weights, features = _weights(decided), _features(trained, decided)
    predicted = np.zeros(len(decided), dtype=bool)
    for unseen in _folds(same):
        seen = [pair for pair, left_out in zip(decided, unseen, strict=True) if not left_out]
        shift, scales = _fit(trained, seen)
        changed = weights[unseen] + shift + features[unseen] @ (scales - 1.0)
        predicted[unseen] = changed > threshold
    return Agreement(
        int(((weights > threshold) == same).sum()), int((predicted == same).sum()), len(decided)
    )


def flips(con: duckdb.DuckDBPyConnection, trained: Trained, proposed: Specification) -> Flips:
    """Among the pairs that the last run kept; by their levels, as the run will weigh them."""
    rows = con.execute(
        f"select pattern, weight / 1000.0, count(*) from link.{proposed.party_type}_pairs"
        " group by all order by all"
    ).fetchall()
    changes = {p: _change(trained, proposed, p) for p in {row[0] for row in rows}}
    old, new = trained.specification.thresholds, proposed.thresholds
    joined = parted = 0
    for pattern, weight, pairs in rows:
        before = weight > old.merge_bits
        after = weight + changes[pattern] > new.merge_bits
        joined += pairs * (after and not before)
        parted += pairs * (before and not after)
    return Flips(joined, parted)


def _change(trained: Trained, proposed: Specification, pattern: int) -> float:
    """What a pair of this pattern would weigh more."""
    after = replace(trained, specification=proposed)
    codes = unpack(pattern, len(proposed.comparisons))
    return (
        after.prior_bits
        - trained.prior_bits
        + sum(
            after.level_bits(place, code - 1) - trained.level_bits(place, code - 1)
            for place, code in enumerate(codes)
            if code
        )
    )


def _decided(trained: Trained, judged: Sequence[JudgedPair]) -> list[JudgedPair]:
    party_type = trained.specification.party_type
    decided = [j for j in judged if j.party_type == party_type and j.verdict != "unsure"]
    same = sum(pair.verdict == "same" for pair in decided)
    if len(decided) < FEWEST or min(same, len(decided) - same) < FEWEST_OF_EACH:
        raise UsageError(
            f"{party_type}: expected at least {FEWEST} judgements same or different, "
            f"{FEWEST_OF_EACH} of each, found {same} same and {len(decided) - same} different",
            hint="`stamm review --list` names the pairs most worth a judgement.",
        )
    return decided


def _fit(trained: Trained, decided: Sequence[JudgedPair]) -> tuple[float, Floats]:
    """(shift in bits, scale of each comparison), the unsupervised weight counting 1."""
    import pandas as pd
    from recordlinkage import LogisticRegressionClassifier

    weights, features = _weights(decided), _features(trained, decided)
    pairs = pd.MultiIndex.from_arrays([range(len(decided)), range(len(decided))])
    vectors = pd.DataFrame(
        np.column_stack([weights, DEVIATION * features]),
        index=pairs,
        columns=["weight", *(c.name for c in trained.specification.comparisons)],
    )
    classifier = LogisticRegressionClassifier(max_iter=1_000)
    classifier.fit(vectors, pairs[[pair.verdict == "same" for pair in decided]])
    coefficients: Any = classifier.coefficients
    if coefficients[0] <= 0:
        raise UsageError(
            f"{trained.specification.party_type}: the judgements say that pairs of a higher weight "
            "are one party less often",
            hint="Look at some of them by `stamm explain`; are same and different mixed up?",
        )
    scales = 1.0 + DEVIATION * coefficients[1:] / coefficients[0]
    shift = float(classifier.intercept) / coefficients[0]
    return float(shift), np.clip(scales, 0.0, LARGEST_SCALE)


def _weights(pairs: Sequence[JudgedPair]) -> Floats:
    return np.array([pair.weight for pair in pairs])


def _features(trained: Trained, pairs: Sequence[JudgedPair]) -> Floats:
    """The weight of each comparison's level; a missing value weighs nothing."""
    width = len(trained.specification.comparisons)
    return np.array([
        [trained.level_bits(i, code - 1) if code else 0.0
         for i, code in enumerate(unpack(pair.pattern, width))]
        for pair in pairs
    ])  # fmt: skip


def _folds(same: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Masks of the pairs left out, with both verdicts spread evenly, by order of judgement."""
    number = np.zeros(len(same), dtype=np.int64)
    for verdict in (True, False):
        number[same == verdict] = np.arange((same == verdict).sum()) % FOLDS
    return [number == fold for fold in range(FOLDS)]
