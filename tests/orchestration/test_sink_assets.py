"""Each target is an asset of its own after the published build; no target, no asset."""

from pathlib import Path

from dagster import AssetKey

from orchestration.assets.sinks import sink_assets
from orchestration.project import open_project
from tests.connectors.sinks.receiver import SECRET

SETTINGS = """
sinks:
  crm: {system: webhook, url: "https://crm.example", secret: "${CRM_SECRET}"}
  mailing: {system: webhook, url: "https://mailing.example", secret: "${CRM_SECRET}"}
"""


def test_a_project_without_targets_has_no_asset_for_them(tmp_path: Path):
    (tmp_path / "stamm.yaml").write_text("sandbox: {customers: 10}", encoding="utf-8")
    assert sink_assets(open_project(tmp_path / "stamm.yaml")) == []


def test_targets_hang_on_the_published_build_and_not_on_each_other(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("CRM_SECRET", SECRET)
    (tmp_path / "stamm.yaml").write_text(SETTINGS, encoding="utf-8")
    assets = sink_assets(open_project(tmp_path / "stamm.yaml"))
    assert [asset.key for asset in assets] == [
        AssetKey(["sinks", "crm"]),
        AssetKey(["sinks", "mailing"]),
    ]
    for asset in assets:
        [spec] = asset.specs
        assert [dep.asset_key for dep in spec.deps] == [AssetKey(["published", "build"])]
        assert (spec.group_name, "webhook" in spec.kinds) == ("sinks", True)
        assert spec.description
