"""Match weights, worked out by hand."""

from dataclasses import replace
from math import log2

import numpy as np
import pytest

from dedupe.linking.encoding import encode
from dedupe.linking.patterns import contradiction_sql, pack, unpack
from dedupe.linking.scoring import (
    pattern_bits,
    probability,
    score_pairs,
    threshold_weight,
    weight_of,
)
from dedupe.linking.term_frequencies import build_frequencies
from stamm.duck import in_memory
from tests.dedupe.records_by_hand import write_records
from tests.dedupe.small_model import level, rule, specification, trained

PRIOR = log2((1 / 1024) / (1023 / 1024))  # -9.9986


def weight(model, pattern):
    bits = pattern_bits(model, pattern)
    return weight_of(bits.match, bits.stranger, bits.alternative)


@pytest.mark.parametrize(
    ("family", "birth", "bits"),
    [
        (0, 0, 0),  # nothing known: only the prior
        (3, 0, log2(3)),  # m / u = 3/4 : 1/4
        (2, 0, -1),  # 1/8 : 1/4
        (1, 0, -2),  # 1/8 : 1/2
        (3, 2, log2(3) + log2(3.5)),  # and 7/8 : 1/4
        (3, 1, log2(3) + log2(1 / 6)),  # and 1/8 : 3/4
    ],
)
def test_a_weight_is_the_prior_plus_the_bits_of_each_level(family, birth, bits):
    assert weight(trained(), pack([family, birth])) == pytest.approx(PRIOR + bits)


def test_the_alternative_takes_the_weight_that_it_explains_as_well():
    # Half of the strangers' share goes to a household that agrees in the family name for sure.
    model = trained(match_share=0.25, alternative_share=0.25, v=((1e-9, 1e-9, 1.0), (3 / 4, 1 / 4)))
    # match .25 · .75 against strangers .5 · .25 and household .25 · 1
    assert weight(model, pack([3, 0])) == pytest.approx(log2(0.1875 / (0.125 + 0.25)))


def test_probability_and_weight_are_two_words_for_one_thing():
    assert probability(0) == 0.5
    assert probability(log2(3)) == pytest.approx(0.75)
    assert threshold_weight(0.75) == 1585  # thousandths of a bit


def test_patterns_pack_three_bits_per_comparison():
    assert pack([3, 1]) == 3 + (1 << 3) == 11
    assert unpack(11, 2) == [3, 1]


def test_only_values_that_matches_keep_right_can_contradict():
    trusted = trained(m=((1 / 8, 1 / 8, 3 / 4), (0.01, 0.99)))
    assert contradiction_sql(trusted) == "(((pattern >> 3) & 7) = 1)"
    assert contradiction_sql(trained()) == "(false)"  # 1/8 of the matches differ


@pytest.fixture
def four():
    """Two Hubers, one slip of it, one Maier; the first two were born on one day."""
    with in_memory() as con:
        con.execute("create schema link")
        rows = [("huber", "1"), ("huber", "1"), ("hubre", None), ("maier", "2")]
        write_records(con, "person", [{"family": f, "birth": b} for f, b in rows])
        yield con


def encoded(con, model):
    return encode(con, model.specification, "link.person_records")


def test_a_rare_value_weighs_more_than_the_average_one(four):
    model = trained()
    build_frequencies(four, model, encoded(four, model))
    bits = dict(four.sql("from link.person_frequency_family").fetchall())
    # Two of four hold it, of whom 1 + 3/1024 are the pair's own; u says 1/4.
    assert bits["huber"] == pytest.approx(log2((2 - 1 - 3 / 1024) / 4 / (1 / 4)))
    # Nobody else: a stated guess, of four records and a hundred that nobody has seen.
    assert bits["maier"] == pytest.approx(log2(0.3 / 104 / (1 / 4)))


def test_copies_are_no_strangers_who_hold_a_value(four):
    model = trained()
    records = encoded(four, model)
    build_frequencies(four, model, records, distinct=np.array([True, False, True, True]))
    bits = dict(four.sql("from link.person_frequency_family").fetchall())
    assert bits["huber"] == bits["maier"] == pytest.approx(log2(0.3 / 103 / (1 / 4)))


def test_any_pair_can_be_scored_blocked_or_not(four):
    model = trained()
    build_frequencies(four, model, encoded(four, model))
    four.execute(
        "create table asked_pairs as select * from (values (1, 2), (1, 3), (1, 4)) t(l_rid, r_rid)"
    )
    score_pairs(four, "person", model, "asked_pairs", "scored")
    found = {(left, right): w for left, right, _, w in four.sql("from scored").fetchall()}
    term = log2((2 - 1 - 3 / 1024) / 4 / (1 / 4))
    assert found == {
        (1, 2): round(1000 * (PRIOR + log2(3) - term + log2(3.5))),
        (1, 3): round(1000 * (PRIOR - 1)),
        (1, 4): round(1000 * (PRIOR - 2 + log2(1 / 6))),
    }


def test_of_several_shared_values_the_rarest_counts_whoever_stands_left():
    levels = [level("shared", {"test": "overlap", "column": "emails"}, m=0.8,
                    term_frequency="emails", exact_chance="emails"),
              level("different", None, m=0.2)]  # fmt: skip
    model = replace(
        trained(m=((1 / 4, 3 / 4),), u=((3 / 4, 1 / 4),), v=((3 / 4, 1 / 4),), records=8),
        specification=specification(
            comparisons=[{"name": "email", "needs": ["emails"], "levels": levels}],
            blocking_rules=[rule("same_email", ["emails"], {"email": "shared"})],
        ),
    )
    both, office = ["anna@x", "office@x"], ["office@x"]
    with in_memory() as con:
        con.execute("create schema link")
        write_records(con, "person", [{"emails": e} for e in (both, both, *[office] * 6)])
        build_frequencies(con, model, encoded(con, model))
        con.execute(
            "create table asked_pairs as"
            " from (values (1, 2), (2, 1), (1, 3), (3, 1)) t(l_rid, r_rid)"
        )
        score_pairs(con, "person", model, "asked_pairs", "scored")
        found = {(left, right): w for left, right, _, w in con.sql("from scored").fetchall()}
        bits = dict(con.sql("from link.person_frequency_emails").fetchall())
    base = PRIOR + log2(3)  # m / u = 3/4 : 1/4
    assert found[1, 2] == found[2, 1] == round(1000 * (base - bits["anna@x"]))
    assert found[1, 3] == found[3, 1] == round(1000 * (base - bits["office@x"]))
    assert bits["anna@x"] < bits["office@x"]
