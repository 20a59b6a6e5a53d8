"""Tables that only `stamm.yaml` declares are assets like the streams of any system."""

from pathlib import Path

from dagster import AssetKey

from orchestration.assets.landing import landing_assets
from orchestration.assets.streams import stream_assets
from orchestration.project import open_project

SETTINGS = """
sources:
  crm: {system: database, url: "sqlite:///crm.db", tables: {customers: {table: k, key: nr}}}
  pos: {system: database, url: "sqlite:///pos.db", tables: {customers: {table: c, key: id}}}
"""


def test_a_declared_table_is_extracted_by_its_source_and_has_one_view_over_all_sources(
    tmp_path: Path,
):
    (tmp_path / "stamm.yaml").write_text(SETTINGS)
    project = open_project(tmp_path / "stamm.yaml")
    assert {key for step in stream_assets(project) for key in step.keys} == {
        AssetKey(["crm", "customers"]),
        AssetKey(["pos", "customers"]),
    }
    view = landing_assets(project).specs_by_key[AssetKey(["landing", "database_customers"])]
    assert {dep.asset_key.path[0] for dep in view.deps} == {"crm", "pos"}
