"""`quality.stops`: a check that warns stops the run where a project wants that."""

from pathlib import Path

import pytest

from orchestration.project import open_project
from quality.checks import GATES
from quality.gates import _batches_of
from stamm.errors import SettingsError
from stamm.settings import QualitySettings


def severities(stops):
    settings = QualitySettings(stops=stops)
    batches = [batch for gate in GATES for batch in _batches_of(gate, settings)]
    return {check.name: check.severity for batch in batches for check in batch.checks}


def test_a_named_warning_becomes_an_error_and_the_others_stay():
    before, after = severities(()), severities(("sources_are_fresh",))
    assert before["sources_are_fresh"] == "warn"
    assert {name for name in before if before[name] != after[name]} == {"sources_are_fresh"}
    assert after["sources_are_fresh"] == "error"


def test_a_name_that_no_check_has_is_told_with_the_one_that_was_meant(tmp_path: Path):
    file = tmp_path / "stamm.yaml"
    file.write_text("quality: {stops: [sources_are_fresch]}", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"found 'sources_are_fresch'.*'sources_are_fresh'"):
        open_project(file)
