"""Training finds the numbers that made the data, without being told a single match."""

import numpy as np
import pytest

from dedupe.linking.blocking import set_copies_aside
from dedupe.linking.linkage import compare_blocks
from dedupe.linking.patterns import pack
from dedupe.linking.scoring import pattern_bits, weight_of
from dedupe.specification import load_specification
from dedupe.standardise.records import standardise_records
from dedupe.training.chance import chances
from dedupe.training.coverage import coverage
from dedupe.training.train import train
from stamm.duck import in_memory
from tests.dedupe.match_input import record, write_match_input
from tests.dedupe.records_by_hand import write_records
from tests.dedupe.small_model import equal, level, rule, specification

FIELDS = ("given", "family", "birth", "postcode")
KEPT = (0.9, 0.8, 0.95, 0.7)  # chance that a second record repeats the value
VALUES = (60, 200, 3000, 40)  # how many different ones there are
PEOPLE = 1500


@pytest.fixture
def con():
    with in_memory() as opened:
        opened.execute("create schema link")
        yield opened


def people(seed=5):
    """Two records of each of 1,500 people; the second one repeats each value or draws anew."""
    dice = np.random.default_rng(seed)
    firsts = [draw_row(dice) for _ in range(PEOPLE)]
    seconds = [repeat(dice, row) for row in firsts]
    return [dict(zip(FIELDS, row, strict=True)) for row in (*firsts, *seconds)]


def draw_row(dice):
    return [f"v{dice.integers(count)}" for count in VALUES]


def repeat(dice, row):
    again = zip(row, draw_row(dice), KEPT, strict=True)
    return [old if dice.random() < kept else new for old, new, kept in again]


def four_fields():
    names = ("given_name", "family_name", "birth_date", "postcode")
    comparisons = [
        {"name": name, "needs": [field],
         "levels": [level("equal", equal(field), m=0.6, exact_chance=field),
                    level("different", None, m=0.4)]}
        for name, field in zip(names, FIELDS, strict=True)
    ]  # fmt: skip
    fires = dict.fromkeys(names, "equal")
    rules = [
        rule("names", ["given", "family"], {k: fires[k] for k in names[:2]}),
        rule("birth", ["birth"], {"birth_date": "equal"}),
        rule("family_and_place", ["family", "postcode"], {k: fires[k] for k in names[1::2]}),
    ]
    return specification(comparisons=comparisons, blocking_rules=rules)


def test_m_u_and_the_share_of_matches_are_recovered(con):
    write_records(con, "person", people())
    compare_blocks(con, four_fields())
    found = train(con, four_fields())
    repeated = [k + (1 - k) / n for k, n in zip(KEPT, VALUES, strict=True)]  # some by chance
    assert [row[1] for row in found.m] == pytest.approx(repeated, abs=0.03)
    assert [row[1] for row in found.u] == pytest.approx([1 / n for n in VALUES], rel=0.1)
    true_share = PEOPLE / (3000 * 2999 / 2)
    assert found.match_share == pytest.approx(true_share, rel=0.1)


def test_below_the_records_needed_the_stated_prior_stands(con):
    write_records(con, "person", people()[:40])
    compare_blocks(con, specification())
    found = train(con, specification())  # needs 100 records, believes in half a match per record
    assert found.match_share == pytest.approx(0.5 * 40 / (40 * 39 / 2), rel=1e-6)
    assert found.origin.startswith("stated prior")


def test_what_every_rule_presumes_keeps_its_stated_chances(con):
    (birth,) = (c for c in four_fields().comparisons if c.name == "birth_date")
    alone = specification(
        comparisons=[birth.model_dump()],
        blocking_rules=[rule("birth", ["birth"], {"birth_date": "equal"})],
    )
    write_records(con, "person", people())
    compare_blocks(con, alone)
    assert train(con, alone).m[0] == pytest.approx([0.4, 0.6])


def test_stated_shares_of_very_few_records_leave_some_for_strangers(con):
    stated = load_specification("person")
    household = stated.alternative.model_copy(update={"share": 0.5})
    write_match_input(con, [record(f"{n}@shop", given_name="Anna", city=str(n)) for n in range(2)])
    standardise_records(con, "person")
    many = stated.model_copy(update={"alternative": household})
    compare_blocks(con, many)
    found = train(con, many)
    assert found.match_share + found.alternative_share == pytest.approx(0.9)


def test_u_of_equality_is_the_exact_chance(con):
    rows = [{"family": name, "birth": str(i)} for i, name in enumerate(["huber"] * 3 + ["maier"])]
    write_records(con, "person", rows)
    set_copies_aside(con, "person")
    u = chances(con, specification())
    # 3 · 2 ordered pairs of Hubers among 4 · 3.
    assert u[0][2] == pytest.approx(6 / 12, rel=0.2)


def test_coverage_is_the_chance_that_some_rule_fires():
    levels = [np.array([0.1, 0.1, 0.8]), np.array([0.5, 0.5])]
    # Family missing in half of the pairs: .5 · .8 = .4; birth .5; at least one: 1 - .6 · .5
    assert coverage(specification(), levels, [0.5, 0.0]) == pytest.approx(0.7, abs=0.01)
    assert coverage(specification(), levels, [1.0, 1.0]) == 1e-3


def test_training_twice_gives_the_same_bytes(con):
    write_records(con, "person", people())
    compare_blocks(con, four_fields())
    assert train(con, four_fields()) == train(con, four_fields())


def test_equal_records_are_matches_even_where_there_is_nothing_else(con):
    write_records(con, "person", [{"family": "huber", "birth": "19800203"}] * 500)
    compare_blocks(con, specification())
    found = train(con, specification())
    equal_pair = pattern_bits(found, pack([3, 2]))
    assert weight_of(equal_pair.match, equal_pair.stranger, equal_pair.alternative) > 0
