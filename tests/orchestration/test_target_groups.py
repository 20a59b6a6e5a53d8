"""Target groups of stamm.yaml against the contracts of the marts: every mistake before a run."""

from pathlib import Path

import pytest

from orchestration.project import Project, open_project
from orchestration.target_groups import target_group_variables
from stamm.errors import SettingsError


@pytest.fixture
def project(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))

    def opened(groups: str) -> Project:
        path = tmp_path / "stamm.yaml"
        path.write_text(f"target_groups:\n{groups}", encoding="utf-8")
        project = open_project(path)
        project.home.prepare()
        return project

    return opened


def test_a_group_becomes_a_variable_of_dbt_with_the_condition_written_anew(project):
    [group] = target_group_variables(project("  vip: {where: clv_eur > 100 -- net}\n"))
    assert group == {
        "name": "vip", "condition": "(clv_eur > 100)", "description": "", "owner": "",
        "severity": "warn", "at_least": 1, "at_most": None, "at_least_share": None,
        "at_most_share": None, "never": [],
    }  # fmt: skip


def test_every_mistake_is_told_at_once_with_its_place(project):
    groups = "  a: {where: order_value > 1, expect: {never: [b, c]}}\n  b: {where: 'country = 1'}\n"
    with pytest.raises(SettingsError) as told:
        target_group_variables(project(groups))
    assert [mistake.partition(", found")[0] for mistake in told.value.mistakes] == [
        "stamm.yaml: target_groups.a.expect.never: expected another target group (b)",
        "stamm.yaml: target_groups.a.where: expected a column of customer_360 or customer_scores",
        "stamm.yaml: target_groups.b.where: expected values of the columns' types",
    ]


def test_a_key_that_nobody_knows_is_a_mistake_of_the_file(project):
    with pytest.raises(SettingsError, match="did you mean 'at_least'"):
        project("  a: {where: clv_eur > 1, expect: {atleast: 1}}\n")
    with pytest.raises(SettingsError, match="expected names of small letters"):
        project("  A-1: {where: clv_eur > 1}\n")


def test_without_groups_nothing_is_parsed(project, tmp_path):
    (tmp_path / "stamm.yaml").write_text("{}")
    assert target_group_variables(open_project(tmp_path / "stamm.yaml")) == []
