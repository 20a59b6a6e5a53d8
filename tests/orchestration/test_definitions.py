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


def test_every_asset_descends_from_an_api_or_is_a_seed(graph):
    roots = {key for key in graph.get_all_asset_keys() if not graph.get(key).parent_keys}
    names = {key.path[-1] for key in roots}
    assert {key for key in roots if key.path[-1] != "api" and key.path[0] != "seeds"} == set(), (
        names
    )


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
