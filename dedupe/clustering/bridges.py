"""Bridges of a graph of records: the pairs without which a part of it would fall in two.

By the lowest point that each record's subtree reaches (Tarjan, "A note on finding the bridges of
a graph", 1974), without recursion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

Edge = tuple[str, str]


def bridges(edges: Collection[Edge]) -> dict[Edge, tuple[int, int]]:
    """Each bridge → how many records lie on either side of it, the smaller number first.

    An edge is named once, in one direction.
    """
    neighbours: dict[str, list[str]] = defaultdict(list)
    for left, right in edges:
        neighbours[left].append(right)
        neighbours[right].append(left)
    named = set(edges)
    found: dict[Edge, tuple[int, int]] = {}
    seen: set[str] = set()
    for root in sorted(neighbours):
        if root in seen:
            continue
        order, parent = _walk(root, neighbours)
        seen.update(order)
        for (upper, lower), below in _cuts(order, parent, neighbours).items():
            edge = (upper, lower) if (upper, lower) in named else (lower, upper)
            found[edge] = (min(below, len(order) - below), max(below, len(order) - below))
    return found


def _walk(root: str, neighbours: dict[str, list[str]]) -> tuple[list[str], dict[str, str]]:
    """Records in the order in which a depth-first walk reaches them, and whence."""
    order: list[str] = []
    parent: dict[str, str] = {}
    visited: set[str] = set()
    waiting = [(root, root)]
    while waiting:
        here, came_from = waiting.pop()
        if here in visited:
            continue
        visited.add(here)
        order.append(here)
        if here != root:
            parent[here] = came_from
        waiting += [(near, here) for near in neighbours[here] if near not in visited]
    return order, parent


def _cuts(
    order: list[str], parent: dict[str, str], neighbours: dict[str, list[str]]
) -> dict[Edge, int]:
    """(parent, child) edges of the walk that are bridges → records below them."""
    number = {record: place for place, record in enumerate(order)}
    lowest = dict(number)
    below = dict.fromkeys(order, 1)
    found = {}
    for record in reversed(order):
        for near in neighbours[record]:
            if near != parent.get(record):
                lowest[record] = min(lowest[record], lowest[near], number[near])
        if record in parent:
            above = parent[record]
            below[above] += below[record]
            if lowest[record] > number[above]:
                found[above, record] = below[record]
    return found
