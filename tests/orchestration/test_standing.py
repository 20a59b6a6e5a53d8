"""`stamm status`: each thing that is late or broken is told, with what to do."""

import json
import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.alone import alone
from orchestration.cli.main import app
from orchestration.project import open_project
from orchestration.runs import Failure, RunLog
from orchestration.standing import standings
from quality.checks import CheckResult, GateReport
from quality.results import record
from stamm.clock import ManualClock, SystemClock

ROOT = Path(__file__).parents[2]
SETTINGS = """
sources:
  cards: {system: files, path: ./cards.csv, format: csv, stream: parties, key: [Nr],
          map: {family_name: Name}}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "stamm.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "cards.csv").write_text("Nr;Name\n1;Beck\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    project = open_project()
    project.home.prepare()
    return project


def told(project, clock=None):
    with closing(project.open_store()) as store:
        return {one.what: one for one in standings(project, store, clock)}


def ran(project, outcome, failure=None):
    with closing(project.open_store()) as store:
        log = RunLog(store)
        log.begin("r1", "2026-06-30", full=False)
        if failure:
            log.failed("r1", failure)
        if outcome:
            log.end("r1", outcome)


def test_before_the_first_run_everything_that_is_missing_says_how_to_get_it(project):
    found = told(project)
    assert (found["run"].state, found["run"].todo) == ("late", "stamm run")
    assert "never read: parties" in found["source cards"].says
    assert found["backup"].todo == "stamm backup DIR"


def test_a_run_that_ended_well_is_fresh_and_its_build_late_after_a_day(project):
    ran(project, "done")
    assert (told(project)["run"].state, told(project)["build"].state) == ("fresh", "fresh")
    tomorrow = ManualClock(SystemClock().now() + timedelta(hours=27))
    assert told(project, tomorrow)["build"].state == "late"


def test_a_failed_run_says_where_and_what_to_do(project):
    ran(project, "Unreachable", Failure("extract cards", "Unreachable"))
    run = told(project)["run"]
    assert (run.state, run.runbook) == ("broken", "source-unreachable")
    assert "(extract cards)" in run.says


def test_a_run_without_an_end_is_at_work_or_was_cut_off(project):
    ran(project, None)
    assert told(project)["run"].runbook == "run-cut-off"
    with alone(project):
        assert told(project)["run"].state == "fresh"


def test_warnings_and_errors_of_gates_are_named(project):
    def found(severity):
        result = CheckResult("c", "golden", severity, "t", "a rule", False, 9, 1, "", "", "")
        with closing(project.open_store()) as store:
            record(store, GateReport("golden", (result,)), run_id=severity,
                   at=SystemClock().now())  # fmt: skip
        return told(project)["gates"]

    assert (found("warn").state, found("error").state) == ("late", "broken")
    assert found("error").says == "stopped by c"


def test_strict_is_for_a_monitor_and_json_for_a_script(project):
    ran(project, "done")
    assert CliRunner().invoke(app, ["status"]).exit_code == 0
    result = CliRunner().invoke(app, ["status", "--strict", "--json"])
    assert result.exit_code == 1
    standing = {one["what"]: one["state"] for one in json.loads(result.stdout)["standing"]}
    assert standing["run"] == "fresh"
    assert standing["backup"] == "late"


def test_every_section_that_status_names_is_in_the_runbook():
    code = (ROOT / "orchestration" / "standing.py").read_text(encoding="utf-8")
    named = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"\)', code)) - {"utf-8"}
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    sections = set(re.findall(r'^#+ <a id="([a-z-]+)">', text, re.MULTILINE))
    assert {"build-late", "source-late", "backup-late", "disk-full"} <= named <= sections
