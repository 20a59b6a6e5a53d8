"""The Dagster graph loads, and its lineage has no gap from API to published build."""

import pytest

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    from connectors.registry import systems
    from orchestration.definitions import build_definitions
    from orchestration.project import Project
    from stamm.home import Home
    from stamm.settings import Settings

    home = Home(tmp_path_factory.mktemp("home")).prepare()
    project = Project(Settings(), home, systems(), home.root)
    return build_definitions(project).resolve_asset_graph()


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
