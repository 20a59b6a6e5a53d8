"""The units of `deploy/` as a server runs them: daemon and webserver on a real PostgreSQL."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from orchestration.project import open_project
from serving.builds import current_build
from tests.orchestration.test_jobs import publish
from tests.peers.installed import debian_packages
from tests.peers.postgres import Postgres, running
from tests.peers.serving import answers, free_port, serving

pytestmark = [pytest.mark.peer, pytest.mark.postgres, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
PLACE = {"repositoryName": "__repository__", "repositoryLocationName": "stamm"}
SECRET = "5f1d-dagster"


def here(text: str, folder: Path) -> str:
    """A unit or a command with the places of this machine instead of a server's."""
    places = {
        "/opt/stamm": str(ROOT), "/etc/stamm": str(folder), "/var/lib/stamm": str(folder),
        "/var/backups/stamm": str(folder / "safe"),
    }  # fmt: skip
    for theirs, ours in places.items():
        text = text.replace(theirs, ours)
    return text


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    debian_packages("systemd")
    (tmp_path / "stamm.env").touch()
    for unit in UNITS:
        (tmp_path / unit.name).write_text(here(unit.read_text(encoding="utf-8"), tmp_path))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / unit.name for unit in UNITS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "stamm" in line]
    assert (done.returncode, ours) == (0, [])


def test_every_service_gives_up_the_rights_it_does_not_need() -> None:
    for unit in (unit for unit in UNITS if unit.suffix == ".service"):
        lines = unit.read_text(encoding="utf-8").splitlines()
        for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=",
                     "ProtectHome=yes", "PrivateTmp=yes", "User=stamm"):  # fmt: skip
            assert line in lines, (unit.name, line)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with running() as server:
        access = server.certificate.with_name("pg_hba.conf")
        with access.open("a", encoding="utf-8") as lines:
            lines.write("host dagster stamm_dagster 127.0.0.1/32 scram-sha-256\n")
        server.execute("select pg_reload_conf()")
        server.execute(f"create role stamm_dagster login password '{SECRET}'")
        server.execute("create database dagster owner stamm_dagster")
        yield server


class Dagster:
    """The pages' GraphQL."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/graphql"

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        asked = {"query": query, "variables": variables}
        answer = requests.post(self.url, json=asked, timeout=60).json()
        assert "errors" not in answer, answer
        [(_, told)] = answer["data"].items()
        return dict(told)

    def launch(self, job: str, config: dict[str, Any]) -> str:
        told = self.ask(
            "mutation($p: ExecutionParams!) { launchRun(executionParams: $p) "
            "{ __typename ... on LaunchRunSuccess { run { runId } } "
            "... on PythonError { message } } }",
            p={"selector": {**PLACE, "jobName": job}, "runConfigData": json.dumps(config)},
        )
        assert told["__typename"] == "LaunchRunSuccess", told
        return str(told["run"]["runId"])

    def status(self, run_id: str) -> str:
        query = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
        return str(self.ask(query, id=run_id)["status"])

    def runs_of(self, job: str) -> list[str]:
        told = self.ask(
            "query($f: RunsFilter!) { runsOrError(filter: $f) "
            "{ ... on Runs { results { runId } } } }",
            f={"pipelineName": job},
        )
        return [run["runId"] for run in told["results"]]

    def switch_on(self, schedule: str) -> None:
        told = self.ask(
            "mutation($s: ScheduleSelector!) { startSchedule(scheduleSelector: $s) "
            "{ __typename } }",
            s={**PLACE, "scheduleName": schedule},
        )
        assert told["__typename"] == "ScheduleStateResult", told


def until(happened: Callable[[], Any], seconds: float = 300) -> Any:
    """What it returns once that is true of it."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.5)
    return found


def test_daemon_and_pages_on_postgresql_run_what_is_launched_and_what_is_scheduled(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster").mkdir()
    for name, place in (("dagster.yaml", "dagster"), ("workspace.yaml", ".")):
        (tmp_path / place / name).write_text((DEPLOY / name).read_text(encoding="utf-8"))
    (tmp_path / "stamm.yaml").write_text("sandbox: {customers: 10}\nhourly: '* * * * *'\n")
    environment = {
        "STAMM_HOME": str(tmp_path / "data"), "DAGSTER_HOME": str(tmp_path / "dagster"),
        "STAMM_SETTINGS": str(tmp_path / "stamm.yaml"),
        "DAGSTER_POSTGRES_URL":
            f"postgresql+psycopg2://stamm_dagster:{SECRET}@127.0.0.1:{server.port}/dagster",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    project = open_project()
    project.home.prepare()
    for number in (1, 2):
        publish(project, number)
    port = free_port()
    with ExitStack() as stack:
        for unit in ("webserver", "daemon"):
            text = (DEPLOY / "systemd" / f"stamm-{unit}.service").read_text(encoding="utf-8")
            [command] = re.findall(r"^ExecStart=(.*)$", here(text, tmp_path), re.MULTILINE)
            words = shlex.split(command.replace("-p 3000", f"-p {port}"))
            ready = answers(f"http://127.0.0.1:{port}/server_info")
            stack.enter_context(serving(words, ready, tmp_path / f"{unit}.log", cwd=tmp_path))
        dagster = Dagster(port)
        run_id = dagster.launch("roll_back", {})
        until(lambda: dagster.status(run_id) in {"SUCCESS", "FAILURE"})
        assert dagster.status(run_id) == "SUCCESS"
        assert current_build(project.home.published).build_id == "b1"  # type: ignore[union-attr]

        dagster.switch_on("hourly")
        scheduled = until(lambda: dagster.runs_of("customer_pipeline"))[-1]  # the first
        until(lambda: dagster.status(scheduled) in {"STARTED", "SUCCESS"})
    kept = server_rows(server, "select count(*) as n from runs")
    assert kept >= 2
    assert not list((tmp_path / "dagster").rglob("*.db"))


def server_rows(server: Postgres, sql: str) -> int:
    """What the database of Dagster holds, as `psql` tells it."""
    url = f"postgresql://postgres@127.0.0.1:{server.port}/dagster"
    told = subprocess.run(["psql", url, "-Atc", sql], capture_output=True, text=True, check=True)
    return int(told.stdout)
