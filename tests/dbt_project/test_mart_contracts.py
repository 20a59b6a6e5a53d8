"""dbt's manifest: each mart has contract, grain, key, relationships, a consumer and tested rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.parsed import manifest_path
from stamm.home import Home

# Nothing stands before these: other tables point to them.
ROOTS = {
    "dim_customer": "versions of customers, also of those who are gone",
    "dim_date": "a calendar",
    "dim_channel": "a list",
    "dim_campaign": "a list",
    "consent_state": "addresses, also of nobody known",
    "category_associations": "pairs of categories",
    "score_models": "models",
    "dq_results": "runs",
    "metric_definitions": "a list",
    "target_groups": "a list",
    "target_group_trend": "also of groups that are declared no more",
}
# No rule of their own: they rename columns, or list what another place says.
RULELESS = {
    "bridge_household", "dim_campaign", "dim_date", "fct_email_events", "fct_order_lines",
    "fct_quotes", "metric_definitions",
}  # fmt: skip


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = Home(tmp_path_factory.mktemp("home")).prepare()
    content: dict[str, Any] = json.loads(manifest_path(home).read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def marts(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }


@pytest.fixture(scope="module")
def tests(manifest: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Mart -> (kind of test, column)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for node in manifest["nodes"].values():
        if node.get("test_metadata") and node.get("attached_node"):
            owner = node["attached_node"].split(".")[-1]
            kind = node["test_metadata"]["name"]
            found.setdefault(owner, []).append((kind, node.get("column_name") or ""))
    return found


def test_each_mart_has_an_enforced_contract_with_types_and_says_its_grain(marts) -> None:
    assert len(marts) >= 36
    assert [name for name, mart in marts.items() if not mart["config"]["contract"]["enforced"]] == []
    assert [n for n, mart in marts.items() if not mart["description"].startswith("One row per ")] == []
    bare = [
        (name, column["name"])
        for name, mart in marts.items()
        for column in mart["columns"].values()
        if not (column["description"] and column["data_type"])
    ]
    assert bare == []


def test_each_mart_has_a_key_that_a_test_holds_and_the_contract_calls_not_null(marts, tests) -> None:
    def has_key(name: str, mart: dict[str, Any]) -> bool:
        needed = {
            column["name"]
            for column in mart["columns"].values()
            if any(one["type"] == "not_null" for one in column["constraints"])
        }
        kinds = tests.get(name, [])
        return any(
            (kind == "unique" and column in needed) or kind == "unique_together"
            for kind, column in kinds
        )

    assert [name for name, mart in marts.items() if not has_key(name, mart)] == []


def test_each_mart_points_to_another_table_or_is_a_root_of_the_picture(marts, tests) -> None:
    pointing = {name for name, held in tests.items() if "relationships" in {k for k, _ in held}}
    assert set(marts) - pointing - set(ROOTS) == set()
    assert pointing & set(ROOTS) == set(), "no root any more"


def test_each_mart_has_a_consumer_with_an_owner(manifest, marts) -> None:
    exposures = manifest["exposures"].values()
    used = {node.split(".")[-1] for one in exposures for node in one["depends_on"]["nodes"]}
    assert set(marts) - used == set()
    assert all(one["owner"]["email"] and one["description"] for one in exposures)
    assert {"business_intelligence", "customer_relationship_management"} <= {
        one["name"] for one in exposures
    }


def test_each_mart_with_a_rule_has_a_unit_test(manifest, marts) -> None:
    tested = {one["model"] for one in manifest["unit_tests"].values()}
    assert set(marts) - tested - RULELESS == set()
    assert tested & RULELESS == set(), "no longer without a rule"
