"""`stamm dedupe` as a shell sees it."""

import json

import pytest
from typer.testing import CliRunner

from orchestration.cli.main import app
from stamm.errors import UsageError

PEOPLE = """\
id,name,born[/],mail,who
1,Anna Müller,1980-03-12,anna@web.de,a
2,Anna Muller,12.03.1980,anna@web.de,a
3,Uwe [Lang],1955-01-31,uwe@lang.de,b
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return tmp_path


def test_json_is_one_object_with_the_scores(here):
    done = CliRunner().invoke(
        app, ["dedupe", "people.csv", "--id", "id", "--truth", "who", "--json"]
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["records"], found["clusters"], found["out"]) == (3, 2, "people-dedupe")
    assert found["pairwise"] == found["cluster"] == found["b3"]
    assert found["b3"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert (here / "people-dedupe" / "report.html").exists()


def test_the_summary_tells_a_person_what_was_found_and_what_was_unsure(here):
    done = CliRunner().invoke(
        app, ["dedupe", "people.csv", "--id", "id", "--map", "identifier=who", "--out", "[x]"]
    )
    assert done.exit_code == 0, done.output
    assert "3 records · 2 clusters · 1 duplicates" in done.stdout
    assert "estimated precision" in done.stdout
    assert "stated by the user" in done.stdout
    assert "Unsure:" in done.stdout
    assert "Open it: [x]/report.html" in done.stdout
    assert "against the truth" not in done.stdout


@pytest.mark.parametrize("stated", ["phone", "=who", "phone="])
def test_a_role_is_stated_as_role_and_column(here, stated):
    done = CliRunner().invoke(app, ["dedupe", "people.csv", "--map", stated])
    assert isinstance(done.exception, UsageError)
    assert f"--map: expected ROLE=COL, found '{stated}'" in str(done.exception)
