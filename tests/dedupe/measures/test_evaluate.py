"""Scores of clusters against a truth, with numbers counted by hand."""

import pytest

from dedupe.measures.evaluate import cluster_measure, counted, links, scores

#          truth:  a1 a2 a3 | b1 b2 | c1          found:  a1 a2 | a3 b1 | b2 | c1
TRUTH = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b", "c1": "c"}
FOUND = {"a1": 1, "a2": 1, "a3": 2, "b1": 2, "b2": 3, "c1": 4}


def test_pairs_found_over_pairs_there_are():
    # Found a1-a2 and a3-b1, of which one is right; there are three pairs in a and one in b.
    assert scores(FOUND, TRUTH).pairwise == pytest.approx((1 / 2, 1 / 4, 1 / 3))


def test_a_cluster_counts_only_if_it_is_right_as_a_whole():
    # Four clusters found, three true ones; only {c1} is in both.
    assert scores(FOUND, TRUTH).cluster == pytest.approx((1 / 4, 1 / 3, 2 / 7))
    assert cluster_measure(TRUTH, TRUTH) == (1.0, 1.0, 1.0)


def test_b3_asks_each_record_how_pure_and_how_whole_its_cluster_is():
    # Precision: a1, a2 are among their own; a3, b1 half so; b2, c1 alone: (1+1+½+½+1+1)/6.
    # Recall: a1, a2 see two of three, a3 one of three, b1 and b2 one of two, c1 all.
    precision, recall = 5 / 6, (2 / 3 + 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2 + 1) / 6
    f1 = 2 * precision * recall / (precision + recall)
    assert scores(FOUND, TRUTH).b3 == pytest.approx((precision, recall, f1))


def test_records_that_one_side_does_not_know_are_left_out():
    found = scores(FOUND | {"d1": 4}, TRUTH | {"e1": "c"})
    assert found.records == 6
    assert found.cluster == scores(FOUND, TRUTH).cluster


def test_nothing_linked_is_precise_and_finds_nothing():
    alone = {record: record for record in TRUTH}
    assert scores(alone, TRUTH).pairwise == (1.0, 0.0, 0.0)
    assert scores(alone, alone).pairwise == (1.0, 1.0, 1.0)
    assert scores(alone, TRUTH).b3[0] == 1.0
    assert scores(alone, alone).b3 == (1.0, 1.0, 1.0)


def test_without_any_known_record_there_is_nothing_to_get_wrong():
    nothing = scores(FOUND, {})
    assert nothing.pairwise == nothing.cluster == nothing.b3 == (1.0, 1.0, 1.0)


def test_recordlinkage_measures_equal_counting_by_cluster_sizes(monkeypatch):
    by_recordlinkage = scores(FOUND, TRUTH)
    assert counted(FOUND, TRUTH).pairwise == pytest.approx(by_recordlinkage.pairwise)
    monkeypatch.setattr("dedupe.measures.evaluate.MOST_LINKS", 0)
    assert scores(FOUND, TRUTH) == counted(FOUND, TRUTH)


def test_clusters_tell_how_many_pairs_they_hold():
    assert scores(FOUND, TRUTH).pairs == (2, 4)


def test_links_are_the_pairs_inside_the_clusters():
    assert list(links(list(TRUTH), TRUTH)) == [(0, 1), (0, 2), (1, 2), (3, 4)]
