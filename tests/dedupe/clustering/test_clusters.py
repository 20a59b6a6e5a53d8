"""Clusters: components against networkx, repair by hand-made cases, and properties."""

from __future__ import annotations

from itertools import combinations
from unittest import mock

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.clustering.clusters import FLOOR, Decisions, ScoredPairs, cluster, components

BIT = 1_000


def graph(size: int, weights: dict[tuple[int, int], int], **rest) -> list[list[int]]:
    """Clusters of 0 … size-1 where the named pairs have these weights and others the floor."""
    return parts(run(size, weights, **rest).labels)


def run(size, weights, *, vetoes=frozenset(), together=(), apart=frozenset(), blocked=None, **more):
    def rows(pairs):
        return ScoredPairs.of(
            (i, j, weights.get((i, j), FLOOR), (i, j) in vetoes) for i, j in pairs
        )

    def score(left, right):
        return rows(zip(left.tolist(), right.tolist(), strict=True))

    found = rows(sorted(weights if blocked is None else blocked))
    return cluster(size, found, score, Decisions(tuple(together), frozenset(apart)), **more)


def parts(labels) -> list[list[int]]:
    return [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]


def test_a_clean_clique_is_one_cluster():
    assert graph(3, {(0, 1): 5 * BIT, (0, 2): BIT, (1, 2): 2 * BIT}) == [[0, 1, 2]]


def test_records_without_a_pair_stay_alone():
    assert graph(3, {(0, 2): BIT}) == [[0, 2], [1]]


def test_a_chain_is_cut_at_its_weakest_link():
    # 0-1 and 2-3 are sure, 1-2 is a maybe: the average over the four cross pairs is
    # (1 - 3 - 3 - 3) / 4 = -2 bits, below zero.
    chain = {(0, 1): 9 * BIT, (1, 2): BIT, (2, 3): 9 * BIT}
    assert graph(4, chain) == [[0, 1], [2, 3]]


def test_a_strong_link_carries_one_weak_pair():
    # (8 - 3) / 2 > 0: two joins the pair although it does not resemble zero.
    assert graph(3, {(0, 1): 9 * BIT, (1, 2): 8 * BIT}) == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("enough", "expected"), [(-3 * BIT // 2, [[0, 1]]), (-BIT, [[0], [1]]), (6 * BIT, [[0], [1]])]
)
def test_the_threshold_says_what_average_is_enough(enough, expected):
    assert graph(2, {(0, 1): -BIT}, enough=enough) == expected


def test_a_low_threshold_also_cuts_components_more_generously():
    # -2.2 bits lie below the usual cut at -2, above a threshold of -2.5.
    assert graph(2, {(0, 1): -2_200}) == [[0], [1]]
    assert graph(2, {(0, 1): -2_200}, enough=-2_500) == [[0, 1]]


def test_a_very_bad_pair_counts_no_more_than_the_floor():
    weights = {(0, 1): 9 * BIT, (1, 2): 8 * BIT, (0, 2): -40 * BIT}
    assert graph(3, weights) == [[0, 1, 2]]


def test_a_pair_no_blocking_rule_made_is_scored_before_it_counts_against_the_cluster():
    weights = {(0, 1): 2 * BIT, (1, 2): 2 * BIT, (0, 2): BIT}
    assert graph(3, weights, blocked=[(0, 1), (1, 2)]) == [[0, 1, 2]]


def test_a_veto_keeps_two_parts_apart_whatever_the_average():
    weights = {(0, 1): 9 * BIT, (1, 2): 8 * BIT, (0, 2): 5 * BIT}
    assert graph(3, weights, vetoes={(0, 2)}) == [[0, 1], [2]]


def test_a_veto_on_the_only_pair_parts_it():
    assert graph(2, {(0, 1): 9 * BIT}, vetoes={(0, 1)}) == [[0], [1]]


def test_judged_different_stays_apart_and_a_new_duplicate_cannot_bridge():
    weights = {(0, 1): 9 * BIT, (0, 2): 9 * BIT, (1, 2): 8 * BIT}
    assert graph(3, weights, apart={(0, 1)}) == [[0, 2], [1]]


def test_judged_same_joins_without_a_weight_and_against_a_veto():
    assert graph(2, {}, together=[(0, 1)]) == [[0, 1]]
    assert graph(2, {(0, 1): -9 * BIT}, vetoes={(0, 1)}, together=[(0, 1)]) == [[0, 1]]


def test_different_wins_over_same_through_a_third_record_and_the_case_is_reported():
    found = run(3, {}, together=[(0, 1), (1, 2)], apart={(0, 2)})
    assert parts(found.labels) == [[0, 1], [2]]
    assert found.contradictions == ((1, 2),)


def asked_for(size, weights) -> int:
    """How many pairs that no blocking rule made are scored."""
    asked = []

    def score(left, right):
        asked.extend(zip(left.tolist(), right.tolist(), strict=True))
        return ScoredPairs.of((i, j, FLOOR, False) for i, j in asked)

    cluster(size, ScoredPairs.of((i, j, w, False) for (i, j), w in weights.items()), score)
    return len(asked)


def test_a_large_component_that_knows_little_of_itself_is_cut_at_higher_weights():
    # A hundred couples in a row: each is sure, the next one only likely.
    couples = {(2 * n, 2 * n + 1): 9 * BIT for n in range(100)}
    row = {(2 * n + 1, 2 * n + 2): BIT for n in range(99)}
    assert asked_for(200, couples | row) == 0
    assert graph(200, couples | row) == [[2 * n, 2 * n + 1] for n in range(100)]


def test_a_large_component_that_knows_most_of_itself_stays_whole():
    known = {(i, j): 9 * BIT for i in range(150) for j in range(i + 1, 150) if (i + j) % 3}
    assert asked_for(150, known) == 150 * 149 // 2 - len(known)
    assert graph(150, known) == [list(range(150))]


def test_a_large_component_stays_whole_beside_one_that_is_cut_again_and_again():
    couples = {(2 * n, 2 * n + 1): 9 * BIT for n in range(100)}
    row = {(2 * n + 1, 2 * n + 2): BIT for n in range(99)}
    whole = {(i, j): 9 * BIT for i in range(200, 270) for j in range(i + 1, 270)}
    assert graph(270, couples | row | whole)[-1] == list(range(200, 270))


def test_a_giant_chain_is_cut_before_every_pair_of_it_is_scored():
    # 2,400 records in a chain of weak links, every 12 of them tied strongly.
    weights = {(i, i + 1): (9 if (i + 1) % 12 else 1) * BIT for i in range(2399)}
    assert asked_for(2400, weights) < 200 * 66
    assert max(len(part) for part in graph(2400, weights)) <= 12


@st.composite
def weighted_graphs(draw):
    size = draw(st.integers(1, 9))
    every = list(combinations(range(size), 2))
    chosen = draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    weights = {pair: draw(st.integers(-6 * BIT, 9 * BIT)) for pair in chosen}
    some = st.sets(st.sampled_from(every), max_size=3) if every else st.just(set())
    return size, weights, draw(some), draw(some), draw(some)


@settings(max_examples=100, deadline=None)
@given(weighted_graphs())
def test_components_equal_networkx(case):
    size, weights, *_ = case
    oracle = networkx.Graph()
    oracle.add_nodes_from(range(size))
    oracle.add_edges_from(weights)
    left = np.array([i for i, _ in weights], dtype=np.int64)
    right = np.array([j for _, j in weights], dtype=np.int64)
    expected = sorted(sorted(c) for c in networkx.connected_components(oracle))
    assert sorted(parts(components(size, left, right))) == expected


@settings(max_examples=150, deadline=None)
@given(weighted_graphs())
def test_properties_of_every_clustering(case):
    size, weights, vetoes, together, apart = case
    vetoes, apart = vetoes & set(weights), apart - together
    found = run(size, weights, vetoes=vetoes, together=sorted(together), apart=apart)
    labels = found.labels.tolist()
    assert all(labels[label] == label <= i for i, label in enumerate(labels))
    assert all(labels[i] != labels[j] for i, j in apart)
    for pair in together:
        assert (labels[pair[0]] == labels[pair[1]]) != (pair in found.contradictions)
    if not together:
        assert all(labels[i] != labels[j] for i, j in vetoes)
        generous = {pair for pair, weight in weights.items() if weight > -2 * BIT}
        assert_inside_components(size, generous, labels)
        assert_no_further_merge(labels, weights, vetoes | apart)


def assert_inside_components(size, edges, labels):
    oracle = networkx.Graph()
    oracle.add_nodes_from(range(size))
    oracle.add_edges_from(edges)
    for component in networkx.connected_components(oracle):
        inside = {labels[i] for i in component}
        assert all(labels[i] not in inside for i in range(size) if i not in component)


def assert_no_further_merge(labels, weights, blocked):
    for one, other in combinations(parts(np.array(labels)), 2):
        pairs = [(min(i, j), max(i, j)) for i in one for j in other]
        if not blocked & set(pairs):
            assert sum(max(weights.get(p, FLOOR), FLOOR) for p in pairs) <= -1 * BIT * len(pairs)


@settings(max_examples=50, deadline=None)
@given(weighted_graphs(), st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_does_not_matter(case, random):
    size, weights, vetoes, together, apart = case
    mixed = list(weights.items())
    random.shuffle(mixed)
    kept = {"vetoes": vetoes, "together": sorted(together), "apart": apart}
    assert graph(size, weights, **kept) == graph(
        size, dict(mixed), blocked=list(dict(mixed)), **kept
    )


@settings(max_examples=150, deadline=None)
@given(weighted_graphs(), weighted_graphs())
def test_what_hangs_together_is_clustered_as_if_it_were_alone(one, other):
    """Else a change would reach beyond its component, and increments would not equal a rebuild."""
    bounded = {"FEW_MISSING": 1, "LARGEST_COMPONENT": 4}
    with mock.patch.multiple("dedupe.clustering.clusters", **bounded):
        alone = [_labels(*case) for case in (one, other)]
        size, *sets = one
        moved = [_moved(pairs, by=size) for pairs in other[1:]]
        both = _labels(size + other[0], *(a | b for a, b in zip(sets, moved, strict=True)))
    assert both == alone[0] + [label + size for label in alone[1]]


def _labels(size, weights, vetoes, together, apart):
    kept = {"vetoes": vetoes, "together": sorted(together), "apart": apart - together}
    return run(size, weights, **kept).labels.tolist()


def _moved(pairs, by):
    if isinstance(pairs, dict):
        return {(i + by, j + by): weight for (i, j), weight in pairs.items()}
    return {(i + by, j + by) for i, j in pairs}


def test_empty_input_has_no_clusters():
    assert parts(cluster(0, ScoredPairs.of([]), pytest.fail).labels) == []
