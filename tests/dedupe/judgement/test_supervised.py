"""Judged pairs teach the model: how much each comparison counts, and what that would change."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from dedupe.judgement.judged_pairs import JudgedPair
from dedupe.judgement.supervised import Agreement, Flips, cross_validated, flips, supervised
from dedupe.linking.patterns import pack, unpack
from dedupe.linking.scoring import pattern_bits, weight_of
from dedupe.specification import load_specification, written
from stamm.duck import in_memory
from stamm.errors import UsageError
from tests.dedupe.small_model import trained

# Levels of family name (different, slip, equal) and birth date (different, equal).
PATTERNS = [pack((family, birth)) for family in (1, 2, 3) for birth in (1, 2)]
# Half of all pairs match, so that some of these weights are on either side of zero.
MODEL = trained(match_share=0.5)


def weight(model, pattern: int) -> float:
    bits = pattern_bits(model, pattern)
    return weight_of(bits.match, bits.stranger, bits.alternative)


def judged(verdict_of, times: int = 10) -> list[JudgedPair]:
    """Each pattern so many times; `verdict_of` says what people find in a pair of it."""
    patterns = PATTERNS * times
    return [
        JudgedPair(n, verdict_of(*unpack(p, 2)), "person", f"l{n}", f"r{n}", p, weight(MODEL, p))
        for n, p in enumerate(patterns, start=1)
    ]


def by_birth_date_alone(_family: int, birth: int) -> str:
    return "same" if birth == 2 else "different"


def by_family_name_alone(family: int, _birth: int) -> str:
    return "same" if family == 3 else "different"


@pytest.mark.parametrize(
    ("verdict_of", "more", "less"),
    [
        (by_birth_date_alone, "birth_date", "family_name"),
        (by_family_name_alone, "family_name", "birth_date"),
    ],
)
def test_what_people_decide_by_counts_more_than_it_did(verdict_of, more, less):
    found = supervised(MODEL, judged(verdict_of)).supervised
    assert found.scales[more] > 1 > found.scales[less] >= 0
    assert found.judgements == 60


def test_the_supervised_model_decides_as_people_did_where_the_other_did_not():
    pairs = judged(by_family_name_alone)
    proposed = replace(MODEL, specification=supervised(MODEL, pairs))
    threshold = MODEL.specification.thresholds.merge_bits
    for pair in pairs:
        assert (weight(proposed, pair.pattern) > threshold) == (pair.verdict == "same")
    # Without labels an equal birth date (+1.8 bits) outweighs a slip (-1) and another family name
    # (-2), and an equal family name with another birth date (1.6 - 2.6) is not above -1: half.
    assert cross_validated(MODEL, pairs) == Agreement(unsupervised=30, supervised=60, of=60)


def test_judgements_that_agree_with_the_model_change_no_decision():
    threshold = MODEL.specification.thresholds.merge_bits

    def as_the_model(*codes):
        return "same" if weight(MODEL, pack(codes)) > threshold else "different"

    pairs = judged(as_the_model)
    told = cross_validated(MODEL, pairs)
    assert (told.unsupervised, told.supervised) == (60, 60)


def test_a_second_training_starts_from_the_first():
    pairs = judged(by_family_name_alone)
    once = replace(MODEL, specification=supervised(MODEL, pairs))
    weighed_anew = [replace(pair, weight=weight(once, pair.pattern)) for pair in pairs]
    twice = replace(once, specification=supervised(once, weighed_anew))
    threshold = MODEL.specification.thresholds.merge_bits
    assert all(
        (weight(twice, p.pattern) > threshold) == (p.verdict == "same") for p in weighed_anew
    )


def test_flips_are_the_pairs_whose_new_weight_lies_on_the_other_side():
    proposed = supervised(MODEL, judged(by_family_name_alone))
    new, bits = replace(MODEL, specification=proposed), proposed.thresholds.merge_bits
    with in_memory() as con:
        con.execute("create schema link")
        con.execute("create table link.person_pairs (pattern bigint, weight integer)")
        rows = [(p, round(1000 * weight(MODEL, p))) for p in PATTERNS for _ in range(3)]
        con.executemany("insert into link.person_pairs values (?, ?)", rows)
        found = flips(con, MODEL, proposed)
    up = sum(weight(MODEL, p) <= bits < weight(new, p) for p in PATTERNS)
    down = sum(weight(new, p) <= bits < weight(MODEL, p) for p in PATTERNS)
    assert found == Flips(3 * up, 3 * down)
    assert up + down > 0


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        (judged(by_birth_date_alone)[:49], "expected at least 50 judgements"),
        (judged(lambda *_: "same"), "found 60 same and 0 different"),
        (judged(lambda *_: "unsure"), "found 0 same and 0 different"),
    ],
)
def test_too_few_judgements_teach_nothing(pairs, says):
    with pytest.raises(UsageError, match=says):
        supervised(MODEL, pairs)


def test_judgements_that_turn_the_model_upside_down_are_refused():
    threshold = MODEL.specification.thresholds.merge_bits

    def against_the_model(*codes):
        return "different" if weight(MODEL, pack(codes)) > threshold else "same"

    with pytest.raises(UsageError, match="of a higher weight are one party less often"):
        supervised(MODEL, judged(against_the_model))


def test_the_order_of_judgements_does_not_matter_much():
    pairs = judged(by_family_name_alone)
    mixed = list(pairs)
    random.Random(1).shuffle(mixed)
    one, other = (supervised(MODEL, p).supervised for p in (pairs, mixed))
    assert one.scales == pytest.approx(other.scales, abs=1e-2)


def test_a_written_specification_is_read_back_as_it_was(tmp_path):
    proposed = supervised(MODEL, judged(by_family_name_alone))
    (tmp_path / "person.yml").write_text(written(proposed), encoding="utf-8")
    assert load_specification("person", tmp_path / "person.yml") == proposed
