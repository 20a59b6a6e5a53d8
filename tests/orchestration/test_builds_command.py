"""`stamm query` and `stamm publish` on a small published build, as a shell sees them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli.main import app
from serving.publish import publish
from stamm.duck import open_warehouse
from stamm.home import Home

PEOPLE = 120


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Two builds of 120 people; the later one is current."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    home = Home(tmp_path / "data").prepare()
    with open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute("create schema golden")
        con.execute(
            "create table golden.golden_parties as "
            f"select 'P' || i as party_id, 'Anna Beck' as full_name from range({PEOPLE}) t(i)"
        )
        con.execute(
            "create table golden.xref_parties as "
            "select 'r' || party_id as record_id, party_id from golden.golden_parties"
        )
    for build in ("b1", "b2"):
        info = {"as_of": "2026-06-30"}
        publish(tmp_path / "w.duckdb", home.published, build_id=build, info=info)
    return home


def stamm(*arguments):
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_gives_every_row_unless_a_limit_is_given(home):
    ask = ("query", "select party_id from golden_parties", "--json")
    assert len(json.loads(stamm(*ask))) == PEOPLE
    assert len(json.loads(stamm(*ask, "--limit", "7"))) == 7


def test_a_person_sees_fifty_rows_and_is_told_of_the_rest(home):
    shown = stamm("query", "select party_id from golden_parties order by 1")
    assert shown.count("P1") == 31  # of P0, P1, P10, P100 … P46 in the order of text
    assert "… the first 50 rows; --limit shows more" in shown
    assert "first" not in stamm("query", "from golden_parties", "--limit", "120")


def test_a_query_that_fails_at_a_value_ends_with_2_and_keeps_the_value_to_itself(home):
    command = Path(sys.executable).with_name("stamm")
    done = subprocess.run(
        [command, "query", "select cast(full_name as int) from golden_parties", "--json"],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "failed at a value of column full_name" in done.stderr
    assert "Anna" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_query_writes_no_file(home, tmp_path):
    result = CliRunner().invoke(app, ["query", f"copy (select 1) to '{tmp_path}/leak.csv'"])
    assert "disabled by configuration" in str(result.exception)
    assert not (tmp_path / "leak.csv").exists()


def test_a_rollback_answers_a_script_in_json(home):
    builds = [{"build": "b2", "current": True}, {"build": "b1", "current": False}]
    kept = ("build", "current")

    def told(*arguments):
        answer = json.loads(stamm("publish", *arguments, "--json"))
        return sorted(({name: b[name] for name in kept} for b in answer), key=lambda b: b["build"])

    assert told("--list") == builds[::-1]
    assert told("--rollback") == [
        {"build": "b1", "current": True},
        {"build": "b2", "current": False},
    ]
    assert stamm("publish", "--rollback", "--build", "b2") == "Now published: b2\n"
