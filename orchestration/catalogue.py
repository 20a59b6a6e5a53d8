"""What dbt's contracts say of the marts, for builds to carry: meaning, key, references.

In: dbt's manifest. Out: `serving.catalogue.Catalogue`. A key is a column that the contract calls
not null and a test unique; a reference is a test `relationships` that points to a key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from serving.catalogue import Catalogue, Described

_DESCRIBED = ("marts", "golden")


def catalogue_of(manifest: Path) -> Catalogue:
    """Each mart, and each golden table that dbt describes."""
    content = json.loads(manifest.read_text(encoding="utf-8"))
    tests = list(_column_tests(content["nodes"].values()))
    keys = dict(_keys(content["nodes"], tests))
    nodes = [*content["nodes"].items(), *content.get("sources", {}).items()]
    return {
        node["name"]: _described(unique_id, node, tests, keys)
        for unique_id, node in nodes
        if node["resource_type"] in ("model", "source") and node["schema"] in _DESCRIBED
    }


def _described(
    unique_id: str,
    node: Mapping[str, Any],
    tests: list[tuple[str, str, str, str, str]],
    keys: Mapping[str, str],
) -> Described:
    columns = {
        name: _line(column["description"])
        for name, column in node["columns"].items()
        if column["description"]
    }
    references = {
        column: (table, key)
        for kind, owner, column, table, key in tests
        if kind == "relationships" and owner == unique_id and keys.get(table) == key
    }
    return Described(_line(node["description"]), columns, keys.get(node["name"]), references)


def _column_tests(nodes: Any) -> Iterator[tuple[str, str, str, str, str]]:
    """(kind, node, column, table and column it points to) of each test on a column."""
    for node in nodes:
        test = node.get("test_metadata")
        if not test or not node.get("column_name") or node["config"].get("where"):
            continue
        given = test["kwargs"]
        pointed = str(given.get("to", "")).partition("'")[2].partition("'")[0]
        yield (
            test["name"], str(node["attached_node"]), node["column_name"], pointed,
            str(given.get("field", "")),
        )  # fmt: skip


def _keys(
    nodes: Mapping[str, Any], tests: list[tuple[str, str, str, str, str]]
) -> Iterator[tuple[str, str]]:
    """Table → its key; the first one where there are several."""
    named = set()
    for kind, owner, column, _, _ in tests:
        node = nodes.get(owner)
        if kind != "unique" or node is None or owner in named:
            continue
        constraints = node["columns"].get(column, {}).get("constraints", [])
        if any(one["type"] == "not_null" for one in constraints):
            named.add(owner)
            yield node["name"], column


def _line(text: str) -> str:
    return " ".join(text.split())
