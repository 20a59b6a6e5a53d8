"""Each metric is one model with unit, grain, owner and a test of its value; the mart has them all."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

_MODELS = Path(__file__).parents[2] / "dbt_project" / "models"
_METRICS = {
    path.stem.removeprefix("metric_")
    for path in (_MODELS / "metrics").glob("metric_*.sql")
    if "base__" not in path.stem
}


def test_the_mart_gathers_every_metric() -> None:
    sql = (_MODELS / "marts" / "metrics" / "metrics.sql").read_text()
    listed = re.findall(r"'(\w+)'", sql.split("names = [")[1].split("]")[0])
    assert len(listed) == len(set(listed))
    assert set(listed) == _METRICS


def test_each_metric_says_its_unit_its_grain_which_way_is_better_and_its_owner() -> None:
    entries = yaml.safe_load((_MODELS / "metrics" / "metrics_defined.yml").read_text())["models"]
    defined = {e["name"].removeprefix("metric_"): e for e in entries if "config" in e}
    assert set(defined) == _METRICS
    for entry in defined.values():
        assert set(entry["config"]["meta"]) == {"grain", "unit", "better", "owner"}
        assert entry["description"].startswith(entry["config"]["meta"]["grain"])


def test_each_metric_and_each_base_has_a_test_of_its_values() -> None:
    tests = yaml.safe_load((_MODELS / "metrics" / "metrics_unit_tests.yml").read_text())
    tested = {one["model"] for one in tests["unit_tests"]}
    assert tested == {path.stem for path in (_MODELS / "metrics").glob("*.sql")}
