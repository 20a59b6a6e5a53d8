"""Measured precision and recall: counts a person can check, and the range they leave open."""

from __future__ import annotations

import pytest

from dedupe.judgement.judged_pairs import JudgedPair
from dedupe.measures.measured import Share, contradicted, measured


def judged(*said: tuple[float, str]) -> list[JudgedPair]:
    return [
        JudgedPair(n, verdict, "person", f"l{n}", f"r{n}", 0, weight)
        for n, (weight, verdict) in enumerate(said, start=1)
    ]


PAIRS = judged(
    (9.0, "same"), (3.0, "same"), (3.0, "different"), (0.0, "same"), (-2.0, "same"),
    (-9.0, "different"), (1.0, "unsure"),
)  # fmt: skip


def test_precision_is_over_what_the_threshold_links_and_recall_over_what_is_the_same():
    found = measured(PAIRS, -1.0)
    assert (found.precision, found.recall) == (Share(3, 4), Share(3, 4))
    assert measured(PAIRS, 2.0).recall == Share(2, 4)


def test_each_band_of_weights_tells_how_many_were_the_same():
    found = {(b.low, b.high): b.same for b in measured(PAIRS, -1.0).bands}
    assert found[2.0, 5.0] == Share(1, 2)
    assert found[-4.0, -1.0] == Share(1, 1)


def test_the_pairs_on_which_model_and_person_differ_are_named():
    assert [pair.judgement for pair in contradicted(PAIRS, -1.0)] == [3, 5]
    assert [pair.judgement for pair in contradicted(PAIRS, 4.0)] == [2, 4, 5]


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    # Worked values of Wilson's interval at 95 %.
    [(0, 0, 0.0, 1.0), (10, 10, 0.722, 1.0), (0, 10, 0.0, 0.278), (8, 10, 0.490, 0.943)],
)
def test_few_judgements_leave_a_wide_range(right, of, low, high):
    assert Share(right, of).interval == pytest.approx((low, high), abs=5e-4)
