"""A project's match specifications: built in, its own, and with its own threshold."""

from __future__ import annotations

import pytest

from orchestration.project import open_project
from orchestration.specifications import match_specifications
from stamm.errors import SettingsError


def project(tmp_path, text):
    path = tmp_path / "stamm.yaml"
    path.write_text(text, encoding="utf-8")
    return open_project(path)


def test_the_threshold_of_the_settings_holds_for_people_and_firms(tmp_path):
    usual = match_specifications(project(tmp_path, "publish: {keep: 5}\n"))
    chosen = match_specifications(project(tmp_path, "linkage: {threshold: 2.5}\n"))
    assert {t: usual[t].thresholds.enough for t in usual} == {"person": 1000, "organisation": -1500}
    assert [chosen[t].thresholds.enough for t in chosen] == [2500, 2500]
    assert chosen["person"].comparisons == usual["person"].comparisons


def test_a_threshold_at_which_anything_would_merge_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="linkage.threshold"):
        project(tmp_path, "linkage: {threshold: -5}\n")
