"""The pure parts of the accuracy benchmark, with numbers counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy import missed, public_table, sandbox_table
from benchmarks.accuracy_errors import WAYS, Wrong, error_table, name_state, rest_state, wrong_pairs
from benchmarks.accuracy_errors import summary as told
from benchmarks.accuracy_public import Line as PublicLine
from benchmarks.accuracy_sandbox import Line, clustered, tie_measure, write_labels
from benchmarks.accuracy_scores import best_scores
from dedupe.linking.linkage import link
from dedupe.specification import load_specification
from stamm.duck import in_memory
from tests.dedupe.match_input import record, write_match_input
from tests.dedupe.small_company import people, truth

PERFECT = (1.0, 1.0, 1.0)


def test_an_engine_without_a_threshold_gets_the_best_one_for_each_measure():
    # Entities {0 1 2} {3} {4}. By falling weight 0-1 and 1-2 are right, 2-3 and 3-4 are not.
    known = {"r0": "a", "r1": "a", "r2": "a", "r3": "b", "r4": "c"}
    left, right = np.array([0, 1, 2, 3]), np.array([1, 2, 3, 4])
    weights = np.array([9.0, 5.0, 1.0, -3.0])
    best = best_scores(known, left, right, weights, np.array([-4.0, 0.0, 2.0, 6.0]))
    assert best.threshold == 2.0
    assert best.pairwise == best.cluster == best.b3 == PERFECT
    # Of single links two of the three true pairs: 0-2 is one in a cluster only.
    assert best.linked == pytest.approx((1.0, 2 / 3, 4 / 5))


def ours(name, pairwise=PERFECT, cluster=PERFECT, engine="stamm"):
    return PublicLine(name, engine, 5000, pairwise, cluster, PERFECT)


def draw(who="people", pairs=PERFECT, whole=PERFECT, oracle_whole=PERFECT):
    return Line(7, 20_000, who, 17_000, pairs, whole, PERFECT, oracle_whole, "+0.0 repaired")


def test_targets_that_hold_say_nothing():
    assert missed([ours("Febrl 3"), ours("Febrl 4"), ours("historical_50k")], [draw()]) == []


def test_a_missed_target_is_a_sentence():
    low = (0.9, 0.7, 0.79)
    assert missed([ours("historical_50k", pairwise=low)], []) == [
        "historical_50k: F1 of pairs in clusters 0.7900, needed 0.9"
    ]
    assert missed([ours("Febrl 3", cluster=low)], []) == [
        "Febrl 3: F1 of whole clusters 0.7900, needed 0.997"
    ]
    where = "people, 20,000 drawn, seed 7"
    assert missed([], [draw(whole=low)]) == [f"{where}: 79.0% of the oracle's, needed 98%"]
    assert missed([], [draw(pairs=(0.97, 1.0, 0.98))]) == [
        f"{where}: precision 0.9700, needed 0.98"
    ]


def test_splink_and_the_precision_of_firms_have_no_target():
    low = (0.9, 0.7, 0.79)
    assert missed([ours("Febrl 4", pairwise=low, engine="Splink")], [draw("firms", low)]) == []


def test_ties_are_measured_by_pairs_they_have_no_clusters():
    ties = draw("contact → firm", pairs=(0.9, 0.9, 0.9), whole=None, oracle_whole=None)
    assert ties.ratio == pytest.approx(0.9)
    [row] = sandbox_table([ties]).rows
    assert row[7:10] == (None, None, None)
    assert public_table([ours("Febrl 3")]).rows[0][:4] == ("Febrl 3", "stamm", 5000, 100.0)


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({"given_name": "same", "family_name": "same"}, "same names"),
        ({"given_name": "same", "family_name": "alike"}, "names alike"),
        ({"given_name": "other", "family_name": "alike"}, "given name differs"),
        ({"given_name": "other", "family_name": "other"}, "names differ"),
        ({"given_name": "missing", "family_name": "other"}, "a name is missing"),
        ({"name": "other"}, "names differ"),
    ],
)
def test_names_are_told_in_words(states, words):
    assert name_state(states) == words


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        ([4.0, -1.0], "others agree and differ"),
        ([4.0], "others agree"),
        ([-1.0], "others differ"),
        ([], "nothing else known"),
    ],
)
def test_the_other_comparisons_are_told_in_words(bits, words):
    assert rest_state(bits) == words


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """(connection, model, truth) of sixty people with two or three records each."""
    with in_memory() as con:
        write_match_input(con, people())
        folder = tmp_path_factory.mktemp("work")
        linked = link(con, "person", load_specification("person"), work_dir=folder)
        yield con, linked.trained, truth(people())


def test_every_true_pair_is_missed_where_each_record_stands_alone(company):
    con, trained, known = company
    wrong = wrong_pairs(con, trained, {r: r for r in known}, known)
    sizes = [list(known.values()).count(entity) for entity in set(known.values())]
    assert sum(one.pairs for one in wrong) == sum(n * (n - 1) // 2 for n in sizes)
    assert {WAYS[one.way].split(":")[0] for one in wrong} == {"missed"}


def test_all_other_pairs_are_false_where_everybody_is_one(company):
    con, trained, known = company
    wrong = wrong_pairs(con, trained, dict.fromkeys(known, 1), known)
    sizes = [list(known.values()).count(entity) for entity in set(known.values())]
    possible = len(known) * (len(known) - 1) // 2
    assert sum(one.pairs for one in wrong) == possible - sum(n * (n - 1) // 2 for n in sizes)
    assert {WAYS[one.way].split(":")[0] for one in wrong} == {"false"}


def test_the_table_of_errors_adds_up_and_says_how_the_entities_fare(company):
    con, trained, known = company
    found = clustered(con, trained)
    wrong = [*wrong_pairs(con, trained, found, known), Wrong(0, 4, 5)]
    table = error_table("Errors", trained, wrong, told(found, known))
    *kinds, total = table.rows
    assert total[1:-1] == tuple(sum(row[place] for row in kinds) for place in range(1, 6))
    assert sum(total[1:-1]) == sum(one.pairs for one in wrong)
    assert ("a name is missing; nothing else known", 0, 0, 0, 0, 5) in {row[:-1] for row in kinds}


def test_an_entity_is_right_split_merged_or_both():
    known = dict.fromkeys("ab", 1) | dict.fromkeys("cd", 2) | {"e": 3} | dict.fromkeys("fg", 4)
    found = dict(zip("abcdefg", (1, 1, 2, 3, 4, 4, 5), strict=True))
    # 1 right; 2 split over two; 3 merged with a record of 4, which is split, too.
    assert told(found, known).startswith(
        "4 entities: 25.0 % right to the last record, 25.0 % split, 25.0 % merged with another,"
        " 25.0 % both."
    )


def test_a_tie_counts_by_the_records_of_contact_and_firm():
    rows = [
        record("anna@shop", organisation_key="acme@erp"),
        record("anna@mail"),  # works there, and nothing says so
        record("max@shop", organisation_key="acme@erp"),  # works elsewhere
        record("acme@erp", party_type="organisation", company_name="Acme"),
        record("acme@mail", party_type="organisation", company_name="Acme"),
        record("zeta@erp", party_type="organisation", company_name="Zeta"),
    ]
    with in_memory() as con:
        write_match_input(con, rows)
        write_labels(con, "working", {"anna@shop": "A", "anna@mail": "A", "max@shop": "Z"})
        write_labels(con, "firm_truth", {"acme@erp": "A", "acme@mail": "A", "zeta@erp": "Z"})
        firms = {"acme@erp": 1, "acme@mail": 1, "zeta@erp": 2}
        whole = {"person": {"anna@shop": 1, "anna@mail": 1, "max@shop": 2}, "organisation": firms}
        # True pairs: 2 × 2 of Anna and Acme, one of Max and Zeta. Found: Anna's 4 and Max's 2.
        assert tie_measure(con, whole)[:2] == pytest.approx((4 / 6, 4 / 5))
        split = whole | {"person": {"anna@shop": 1, "anna@mail": 3, "max@shop": 2}}
        assert tie_measure(con, split)[:2] == pytest.approx((2 / 4, 2 / 5))
