"""When a kept model has to be trained anew."""

from __future__ import annotations

import pytest

from dedupe.model import Model, reason_to_train
from dedupe.specification import Supervised, Thresholds
from dedupe.standardise.values import version
from tests.dedupe.small_model import specification, trained

MODEL = Model(trained(), version(), "digest")
SUPERVISED = Supervised(shift_bits=1, scales={"birth_date": 2}, judgements=60, origin="judged")


def with_origin(text):
    comparisons = [c.model_dump(mode="json") for c in specification().comparisons]
    comparisons[0]["levels"][0]["origin"] = text
    return specification(comparisons=comparisons)


def with_m(share):
    comparisons = [c.model_dump(mode="json") for c in specification().comparisons]
    comparisons[0]["levels"][0]["m"] = share
    return specification(comparisons=comparisons)


@pytest.mark.parametrize(
    "changed",
    [
        specification(),
        specification(thresholds=Thresholds(candidate=0.2, merge_bits=3, origin="x").model_dump()),
        specification(supervised=SUPERVISED.model_dump()),
        with_origin("counted"),
    ],
)
def test_what_training_does_not_read_is_no_reason(changed):
    assert reason_to_train(MODEL, changed, MODEL.trained.records) == ""


def test_what_it_reads_is_one():
    changed = with_m(0.7)
    assert reason_to_train(MODEL, changed, MODEL.trained.records) == "the specification changed"
