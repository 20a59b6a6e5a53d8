"""The Dagster graph loads, and its lineage has no gap from API to published build."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def definitions(tmp_path_factory):
    from connectors.registry import systems
    from orchestration.definitions import build_definitions
    from orchestration.project import Project
    from stamm.home import Home
    from stamm.settings import Settings

    home = Home(tmp_path_factory.mktemp("home")).prepare()
    project = Project(Settings(), home, systems(), home.root)
    return build_definitions(project)


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.resolve_asset_graph()


# Made from nothing but a rule or a file of the project.
ORIGINAL = {"seeds/country_spellings", "seeds/exchange_rates", "marts/dim_date"}
UNUSED = {"landing/files_parties"}  # no source of the sandbox brings such files


def test_every_asset_descends_from_an_api_or_the_store(graph):
    roots = {key for key in graph.get_all_asset_keys() if not graph.get(key).parent_keys}
    outside = {key for key in roots if graph.get(key).is_external}
    assert {key.path[-1] for key in outside} == {"api", "state"}
    assert {key.to_user_string() for key in roots - outside} == ORIGINAL | UNUSED


def test_nothing_but_a_system_or_the_store_is_left_to_others(graph):
    """A table that no step of ours makes would be a gap in the lineage."""
    left = {key.path[-1] for key in graph.get_all_asset_keys() if graph.get(key).is_external}
    assert left == {"api", "state"}


def test_each_gate_reports_its_checks_on_an_asset(graph):
    from quality.gates import checks_of

    told = {key.name for key in graph.asset_check_keys}
    for gate in ("landing", "match_input", "golden", "marts"):
        assert {check.name for check in checks_of(gate)} <= told


def test_every_mart_reaches_the_published_build(graph):
    from dagster import AssetKey

    parents = graph.get(AssetKey(["published", "build"])).parent_keys
    marts = {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}
    assert marts
    assert marts <= parents


def test_every_asset_has_a_group_and_a_description(graph):
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name != "default", key
        assert node.description, key


def test_the_job_runs_daily_and_only_extraction_is_tried_again(definitions):
    (schedule,) = definitions.schedules
    assert (schedule.name, schedule.job_name) == ("daily", "customer_pipeline")
    job = definitions.resolve_job_def("customer_pipeline")
    retried = {node.name for node in job.nodes if node.definition.retry_policy}
    assert retried == {f"extract_{name}" for name in ("erp", "shop", "mail", "help", "estimates")}


def test_a_build_that_is_a_day_late_is_told(graph):
    from dagster import AssetKey

    assert graph.get(AssetKey(["published", "build"])).freshness_policy_or_from_metadata


@pytest.mark.slow
def test_dagsters_own_check_finds_no_fault(tmp_path):
    environment = {**os.environ, "STAMM_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path)}
    done = subprocess.run(
        [Path(sys.executable).with_name("dg"), "check", "defs"],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All definitions loaded successfully" in done.stdout + done.stderr
