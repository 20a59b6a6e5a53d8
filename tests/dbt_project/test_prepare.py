"""Staging and intermediate on an empty landing: all is built, and each rule's unit test passes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.catalogue import create_views
from connectors.registry import systems
from stamm.duck import open_warehouse

pytestmark = pytest.mark.slow
_PROJECT = Path(__file__).parents[2] / "dbt_project"
_SELECT = ("fqn:stamm.staging", "fqn:stamm.intermediate", "resource_type:seed")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """The outcome of each node of `dbt build`, unit tests with it."""
    from dbt.cli.main import dbtRunner

    home = tmp_path_factory.mktemp("prepare")
    (home / "landing").mkdir()
    with open_warehouse(home / "warehouse.duckdb") as con:
        create_views(con, home / "landing", systems())
    places = ("--project-dir", _PROJECT, "--profiles-dir", _PROJECT)
    writes = ("--target-path", home / "target", "--log-path", home / "logs")
    call = ["build", "--select", *_SELECT, "--quiet", *map(str, (*places, *writes))]
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(os.environ, "STAMM_WAREHOUSE", str(home / "warehouse.duckdb"))
        patched.setitem(os.environ, "DO_NOT_TRACK", "1")
        outcome = dbtRunner().invoke(call)
        assert outcome.exception is None, outcome.exception
        yield list(outcome.result.results)


def test_a_company_without_any_record_is_no_error(results: list[Any]) -> None:
    models = [r for r in results if str(r.node.resource_type) == "model"]
    assert [r.node.name for r in models if str(r.status) != "success"] == []
    written = {path.stem for path in (_PROJECT / "models").rglob("*.sql")}
    parts = {path.stem for path in (_PROJECT / "models").rglob("by_system/*/*.sql")}
    before_marts = {name for name in written if name.startswith(("stg_", "int_"))}
    assert {r.node.name for r in models} == before_marts - parts


def test_every_data_test_and_every_unit_test_of_a_rule_passes(results: list[Any]) -> None:
    tests = [r for r in results if str(r.node.resource_type) in {"test", "unit_test"}]
    assert [r.node.name for r in tests if str(r.status) != "pass"] == []
    folders = (_PROJECT / "models" / name for name in ("staging", "intermediate"))
    files = [file for folder in folders for file in folder.rglob("*unit_tests.yml")]
    written = {t["name"] for file in files for t in yaml.safe_load(file.read_text())["unit_tests"]}
    assert {r.node.name for r in tests if str(r.node.resource_type) == "unit_test"} == written
