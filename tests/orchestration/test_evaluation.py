"""Scores against a declared truth: none where it says nothing about the records."""

import logging
from contextlib import closing

import pytest

from orchestration.evaluation import evaluate
from orchestration.project import open_project
from stamm.ids import record_id


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    (tmp_path / "people.csv").write_text("number,name\n1,Anna\n2,Anna\n")
    (tmp_path / "truth.csv").write_text("source,key,entity\nlist,1,a\nlist,2,a\n")
    settings = tmp_path / "stamm.yaml"
    settings.write_text(
        "sources:\n  list: {system: files, format: csv, path: people.csv, key: [number],\n"
        "    map: {full_name: name}}\n"
        "truth: {path: truth.csv, source: source, key: key, entity: entity}\n"
    )
    return open_project(settings)


def test_records_that_the_truth_knows_are_scored(project):
    with closing(project.open_store()) as store:
        keys = [record_id(store.secret("record_id"), "list", "parties", key) for key in "12"]
        assert evaluate(project, store, dict.fromkeys(keys, "g"))["pairwise"] == (1.0, 1.0, 1.0)
        assert evaluate(project, store, dict(zip(keys, "gh", strict=True)))["pairwise"][1] == 0.0


def test_a_truth_that_meets_no_record_scores_nothing_and_says_so(project, caplog):
    with closing(project.open_store()) as store, caplog.at_level(logging.WARNING):
        assert evaluate(project, store, {"another": "g", "one": "g"}) == {}
    assert "found none of them" in caplog.text
