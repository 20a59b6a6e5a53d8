"""Records of equal content are one node where that is sure, and stand for themselves elsewhere."""

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.clustering.clusters import FLOOR, Decisions, ScoredPairs, cluster
from dedupe.linking.equal_records import MOST_UNSURE, cluster_distinct
from dedupe.linking.linkage import link
from dedupe.resolve import cluster_linked
from dedupe.specification import load_specification
from stamm.duck import in_memory
from tests.dedupe.match_input import record, write_match_input

BIT = 1_000
ENOUGH = -BIT


def parts(size, pairs, copies, *, together=(), apart=frozenset(), named=(), weights=None):
    """Clusters; `copies` are (first, copy, weight), `weights` those of pairs not blocked."""

    def score(left, right):
        rows = zip(left.tolist(), right.tolist(), strict=True)
        return ScoredPairs.of((i, j, (weights or {}).get((i, j), FLOOR), False) for i, j in rows)

    judged = frozenset(chain(named, *together, *apart))
    found = cluster_distinct(
        size,
        ScoredPairs.of((i, j, w, False) for i, j, w in pairs),
        ScoredPairs.of((i, j, w, False) for i, j, w in copies),
        score,
        Decisions(tuple(together), frozenset(apart), judged),
        ENOUGH,
    )
    labels = found.labels.tolist()
    return sorted([i for i in range(size) if labels[i] == label] for label in set(labels))


def test_copies_follow_their_first():
    assert parts(4, [(0, 3, 2 * BIT)], [(0, 1, 9 * BIT), (0, 2, 9 * BIT)]) == [[0, 1, 2, 3]]


def test_copies_count_once_as_evidence():
    # 0 and its two copies against 3 and 4: as three records they would outvote the pair 3-4.
    pairs = [(0, 3, 3 * BIT), (0, 4, -2 * BIT), (3, 4, 9 * BIT)]
    assert parts(5, pairs, [(0, 1, 9 * BIT), (0, 2, 9 * BIT)]) == [[0, 1, 2, 3, 4]]


def test_copies_that_say_too_little_stand_for_themselves_with_the_pairs_of_their_first():
    copies = [(0, 1, -1.5 * BIT)]
    assert parts(2, [], copies) == [[0], [1]]
    # 2 goes with both alike: (4 - 1.5) / 2 bits when the second one joins.
    assert parts(3, [(0, 2, 4 * BIT)], copies, weights={(0, 1): -1.5 * BIT}) == [[0, 1, 2]]


def test_more_copies_than_a_block_may_hold_stay_alone():
    copies = [(0, i, -1.5 * BIT) for i in range(1, MOST_UNSURE + 1)]
    assert parts(MOST_UNSURE + 2, [(0, MOST_UNSURE + 1, 4 * BIT)], copies)[0] == [
        0,
        MOST_UNSURE + 1,
    ]


def test_a_judged_copy_can_be_kept_apart_and_its_fellows_follow_the_first():
    copies = [(0, 1, 9 * BIT), (0, 2, 9 * BIT)]
    assert parts(3, [], copies, apart={(0, 1)}) == [[0, 2], [1]]


def test_a_judged_copy_brings_whom_it_was_judged_the_same_as():
    assert parts(4, [], [(0, 1, 9 * BIT)], together=[(1, 3)]) == [[0, 1, 3], [2]]


def test_a_copy_that_somebody_judged_stands_for_itself_even_if_the_other_one_is_gone():
    pairs = [(0, 2, 2 * BIT), (0, 3, 0.9 * BIT), (2, 3, -3 * BIT)]
    copies = [(0, 1, 9 * BIT)]
    assert parts(4, pairs, copies) == [[0, 1, 2], [3]]
    assert parts(4, pairs, copies, named=[1]) == [[0, 1, 2, 3]]


@st.composite
def cases(draw):
    """Records 0 … 3 distinct, others copies of them; weights of the distinct ones' pairs."""
    firsts = draw(st.lists(st.integers(0, 3), max_size=4))
    every = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    weights = {pair: draw(st.integers(-5 * BIT, 9 * BIT)) for pair in every}
    return weights, [(first, 4 + i, 9 * BIT) for i, first in enumerate(firsts)]


@settings(max_examples=50, deadline=None)
@given(cases())
def test_copies_change_nothing_for_the_others(case):
    weights, copies = case
    pairs = [(i, j, w) for (i, j), w in weights.items()]
    size = 4 + len(copies)
    alone = cluster(
        4,
        ScoredPairs.of((i, j, w, False) for i, j, w in pairs),
        pytest.fail,
        Decisions(),
        ENOUGH,
    ).labels.tolist()
    expected = [alone[i] for i in range(4)] + [alone[first] for first, _, _ in copies]
    found = parts(size, pairs, copies)
    assert found == sorted(
        [i for i in range(size) if expected[i] == label] for label in set(expected)
    )


@pytest.mark.parametrize("copies", [10, 3000])
def test_a_table_of_nothing_but_equal_rows_is_one_person(copies, tmp_path):
    row = record(
        "a@shop", given_name="Anna", family_name="Grünwald", birth_date="1980-02-03",
        emails=["anna@web.de"], street="Ringstr. 3", postcode="10115", city="Berlin",
    )  # fmt: skip
    with in_memory() as con:
        write_match_input(con, [row])
        con.execute(
            "create or replace table intermediate.int_parties__match_input as"
            " select * replace (i || '@shop' as record_id)"
            f" from intermediate.int_parties__match_input, range({copies}) as t(i)"
        )
        linked = link(con, "person", load_specification("person"), work_dir=tmp_path)
        assert linked.candidate_pairs == 0
        assert len(cluster_linked(con, linked.trained).clusters) == 1
