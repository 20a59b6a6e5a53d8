"""Bridges: the single pairs that hold a party together, against networkx."""

from __future__ import annotations

import networkx
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.clustering.bridges import bridges


def test_a_chain_of_pairs_is_bridges_and_a_triangle_is_none():
    chain = {("a", "b"), ("b", "c"), ("d", "c")}
    assert bridges(chain) == {("a", "b"): (1, 3), ("b", "c"): (2, 2), ("d", "c"): (1, 3)}
    assert bridges({("a", "b"), ("b", "c"), ("a", "c")}) == {}


def test_two_groups_with_one_pair_between_them_have_one_bridge():
    groups = {("a", "b"), ("b", "c"), ("a", "c"), ("d", "e"), ("e", "f"), ("d", "f"), ("g", "d")}
    assert bridges({*groups, ("c", "d")}) == {("c", "d"): (3, 4), ("g", "d"): (1, 6)}


edges = st.sets(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")).filter(
        lambda pair: pair[0] < pair[1]
    ),
    max_size=14,
)


@settings(max_examples=200, deadline=None)
@given(edges)
def test_they_are_those_of_networkx_and_the_sides_are_what_is_left_without_them(pairs):
    graph = networkx.Graph(sorted(pairs))
    found = bridges(pairs)
    assert found.keys() == {tuple(sorted(edge)) for edge in networkx.bridges(graph)}
    for (left, right), sizes in found.items():
        graph.remove_edge(left, right)
        parts = [len(networkx.node_connected_component(graph, one)) for one in (left, right)]
        graph.add_edge(left, right)
        assert sizes == tuple(sorted(parts))
