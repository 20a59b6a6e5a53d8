"""Alerts: told once, signed, to a real receiver and mail server; a down one breaks nothing."""

import json
import re
import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import stamm.errors
from orchestration.alerts.kinds import KINDS, kind_of
from orchestration.alerts.ledger import AlertLedger
from orchestration.alerts.telling import deliver, tell_of_run
from orchestration.cli.main import app
from orchestration.project import open_project
from orchestration.runs import Failure, RunLog
from quality.checks import CheckResult, GateReport
from quality.results import record
from stamm.clock import ManualClock, SystemClock
from stamm.errors import StammError, UsageError
from tests.connectors.sinks.receiver import SECRET, receiving
from tests.orchestration.alerts.mailbox import LOGIN, mail_server

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "server.key", "-out", folder / "server.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "server.crt"


@pytest.fixture
def project_of(tmp_path, monkeypatch):
    monkeypatch.setenv("ALERT_SECRET", SECRET)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def written(alerts):
        (tmp_path / "stamm.yaml").write_text(f"alerts: {alerts}\n", encoding="utf-8")
        return open_project()

    return written


def webhook(url):
    return f"{{webhook: {{url: '{url}', insecure: true, secret: '${{ALERT_SECRET}}'}}}}"


def failed(project, run_id="r1", failure=None):
    """A run that began and ended with an error."""
    failure = failure or Failure("gate golden", "GateStopped", ("crosswalk_is_complete",))
    with closing(project.open_store()) as store:
        RunLog(store).begin(run_id, "2026-06-30", full=False)
        RunLog(store).failed(run_id, failure)
        RunLog(store).end(run_id, failure.error)


def ended_well(project, run_id):
    with closing(project.open_store()) as store:
        RunLog(store).begin(run_id, "2026-06-30", full=False)
        RunLog(store).end(run_id, "done", "b1")


def deliveries(project):
    with closing(project.open_store()) as store:
        return AlertLedger(store, SystemClock()).all()


def test_a_failure_is_told_once_by_command_and_sensor_and_says_what_to_do(project_of):
    with receiving() as receiver:
        project = project_of(webhook(receiver.url))
        failed(project)
        tell_of_run(project, "r1")
        tell_of_run(project, "r1", otherwise=Failure("the run", "CutOff"))
    [body] = map(json.loads, receiver.bodies)
    assert body["type"] == "run.gate_stopped"
    assert body["data"] == {
        "alert": "gate-stopped",
        "says": "A quality gate stopped a run.",
        "run_id": "r1",
        "stage": "gate golden",
        "checks": ["crosswalk_is_complete"],
        "todo": KINDS["gate-stopped"].todo,
        "runbook": "docs/operations.md#gate-stopped",
    }
    # The receiver verified the signature with the code of docs/sinks.md.
    assert [effect[1] for effect in receiver.effects] == ["run.gate_stopped"]


def test_a_run_that_noted_nothing_is_told_by_what_dagster_saw(project_of):
    with receiving() as receiver:
        project = project_of(webhook(receiver.url))
        tell_of_run(project, "r1", otherwise=Failure("the run", "CutOff"))
    assert json.loads(receiver.bodies[0])["data"]["alert"] == "run-cut-off"


def test_a_failure_that_goes_on_is_told_once_a_day_and_anew_after_a_run_that_ended_well(
    project_of,
):
    with receiving() as receiver:
        project = project_of(webhook(receiver.url))
        for number in range(3):
            failed(project, f"r{number}", Failure("extract shop", "Unreachable"))
            tell_of_run(project, f"r{number}")
        assert len(receiver.bodies) == 1
        with closing(project.open_store()) as store:
            later = ManualClock(SystemClock().now() + timedelta(hours=25))
            again = AlertLedger(store, later).note(
                "source-unreachable", "r9", Failure("extract shop", "Unreachable"), []
            )
        assert again is not None


def test_after_a_run_that_ended_well_the_same_failure_is_news(project_of):
    project = project_of("{}")
    clock = ManualClock(SystemClock().now())
    failure = Failure("extract shop", "Unreachable")
    with closing(project.open_store()) as store:
        log, ledger = RunLog(store, clock), AlertLedger(store, clock)
        assert ledger.note("source-unreachable", "r1", failure, [])
        clock.sleep(60)
        assert ledger.note("source-unreachable", "r2", failure, []) is None
        log.begin("r3", "2026-06-30", full=False)
        log.end("r3", "done", "b1")
        clock.sleep(60)
        assert ledger.note("source-unreachable", "r4", failure, [])


def test_a_retry_that_helped_is_no_failure(project_of):
    with receiving() as receiver:
        project = project_of(webhook(receiver.url))
        failed(project, failure=Failure("extract shop", "Unreachable"))
        with closing(project.open_store()) as store:
            RunLog(store).trying("r1", "extract shop")
        tell_of_run(project, "r1")
    assert receiver.bodies == []


def test_a_killed_run_is_told_by_the_next_one(project_of):
    with receiving() as receiver:
        project = project_of(webhook(receiver.url))
        with closing(project.open_store()) as store:
            log = RunLog(store)
            log.begin("killed", "2026-06-30", full=False)
            with log.stage("killed", "prepare"):
                pass
            assert log.cut_off("next") == ["killed"]
            log.begin("next", "2026-06-30", full=False)
        tell_of_run(project, "next")
    [data] = [json.loads(body)["data"] for body in receiver.bodies]
    assert (data["alert"], data["run_id"], data["stage"]) == (
        "run-cut-off", "killed", "after prepare",
    )  # fmt: skip


def warned(project, run_id, *, passed):
    with closing(project.open_store()) as store:
        result = CheckResult(
            "sources_are_fresh", "landing", "warn", "t", "a rule", passed, 9, 1, "", "", ""
        )
        record(store, GateReport("landing", (result,)), run_id=run_id, at=SystemClock().now())


def test_a_warning_is_told_when_it_is_new_and_not_while_it_lasts(project_of):
    with receiving() as receiver:
        project = project_of(webhook(receiver.url))
        for run_id, passed in (("r1", True), ("r2", False), ("r3", False), ("r4", True)):
            warned(project, run_id, passed=passed)
            ended_well(project, run_id)
            tell_of_run(project, run_id)
    [data] = [json.loads(body)["data"] for body in receiver.bodies]
    assert (data["run_id"], data["checks"]) == ("r2", ["sources_are_fresh"])


def test_a_mail_goes_over_tls_with_a_login_and_holds_no_more(project_of, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("MAIL_PASSWORD", LOGIN[1])
    with mail_server(certificate) as box:
        project = project_of(
            f"{{ui: 'https://dagster.example', email: {{host: 127.0.0.1, port: {box.port},"
            f" username: {LOGIN[0]}, password: '${{MAIL_PASSWORD}}',"
            " from: stamm@firm.example, to: [oncall@firm.example, it@firm.example]}}"
        )
        failed(project)
        tell_of_run(project, "r1")
    [mail] = box.mails
    assert box.encrypted == [True]
    assert mail["To"] == "oncall@firm.example, it@firm.example"
    assert mail["Subject"] == "[Stamm] A quality gate stopped a run: gate golden"
    text = mail.get_content()
    assert "docs/operations.md#gate-stopped" in text
    assert "https://dagster.example/runs/r1" in text


def test_a_mail_server_whose_certificate_nobody_vouches_for_gets_nothing(project_of, certificate):
    with mail_server(certificate) as box:
        project = project_of(
            f"{{email: {{host: 127.0.0.1, port: {box.port}, from: a@firm.example,"
            " to: [b@firm.example]}}"
        )
        failed(project)
        tell_of_run(project, "r1")
    assert box.mails == []
    [waiting] = deliveries(project)
    assert "certificate verify failed" in waiting.reason


def test_a_receiver_that_is_down_breaks_nothing_and_gets_it_later(project_of):
    with receiving() as receiver:
        pass
    project = project_of(webhook(receiver.url))
    failed(project)
    tell_of_run(project, "r1")
    [waiting] = deliveries(project)
    assert (waiting.delivered_at, waiting.attempts) == (None, 1)
    assert "found no answer" in waiting.reason
    with receiving() as back:
        project = project_of(webhook(back.url))
        with closing(project.open_store()) as store:
            assert deliver(project, store) == 1
            assert deliver(project, store) == 0
    assert len(back.bodies) == 1


def test_a_store_that_cannot_be_opened_is_told_all_the_same(project_of):
    with receiving() as receiver:
        project = project_of(webhook(receiver.url))
        project.home.prepare()
        project.home.store.write_bytes(b"no database at all, of some length" * 40)
        tell_of_run(project, "r1", otherwise=Failure("the run", "CutOff"))
    [data] = [json.loads(body)["data"] for body in receiver.bodies]
    assert (data["alert"], data["stage"]) == ("store-broken", "operational store")


def test_a_store_that_somebody_holds_is_not_called_broken(project_of, monkeypatch):
    monkeypatch.setattr("stamm.store._LOCK_SECONDS", 0.1)
    with receiving() as receiver:
        project = project_of(webhook(receiver.url))
        failed(project)
        with closing(sqlite3.connect(project.home.store)) as other:
            other.execute("begin immediate")
            tell_of_run(project, "r1")
    [data] = [json.loads(body)["data"] for body in receiver.bodies]
    assert (data["alert"], data["stage"]) == ("store-busy", "operational store")


def a_day_later(project):
    with closing(project.open_store()) as store, store.transaction() as db:
        db.execute("update alert_deliveries set tried_at = '2026-01-01T00:00:00+00:00'")


def test_an_alert_that_is_refused_holds_no_other_back_and_is_given_up_after_five_days(project_of):
    with receiving(refuses=lambda data: data["stage"] == "gate golden", said="no") as receiver:
        project = project_of(webhook(receiver.url))
        failed(project)
        failed(project, "r2", Failure("extract shop", "Unreachable"))
        tell_of_run(project, "r1")
        for _ in range(7):
            tell_of_run(project, "r2")
            tell_of_run(project, "r2")  # on the same day
            a_day_later(project)
        sent = [json.loads(body)["data"]["stage"] for body in receiver.bodies]
        assert (sent.count("gate golden"), sent.count("extract shop")) == (5, 1)
        refused, taken = deliveries(project)
        assert taken.delivered_at
        assert refused.is_given_up and "422" in refused.reason
        listed = json.loads(CliRunner().invoke(app, ["alert", "list", "--json"]).stdout)
        assert listed[-1]["told"]["webhook"].startswith("given up: ")
        told = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)["standing"]
        assert {one["what"]: one["state"] for one in told}["alerts"] == "late"
        receiver.refuses = lambda _: False  # somebody mended it
        assert "1 taken, 0 waiting" in CliRunner().invoke(app, ["alert", "send"]).output


def test_what_nobody_foresaw_breaks_no_run(project_of, monkeypatch, caplog):
    def broken(*_):
        raise ValueError("nobody thought of this")

    monkeypatch.setattr("orchestration.alerts.telling.deliver", broken)
    project = project_of("{}")
    failed(project)
    tell_of_run(project, "r1")
    assert "could not be told" in caplog.text


def test_one_channel_that_is_down_does_not_keep_the_other_from_telling(project_of, certificate):
    with receiving() as down:
        pass
    with mail_server(certificate, tls=False) as box:
        project = project_of(
            f"{{webhook: {{url: '{down.url}', insecure: true, secret: '${{ALERT_SECRET}}'}},"
            f" email: {{host: 127.0.0.1, port: {box.port}, tls: none, from: a@firm.example,"
            " to: [b@firm.example]}}"
        )
        failed(project)
        tell_of_run(project, "r1")
    assert len(box.mails) == 1
    assert {d.channel: d.delivered_at is None for d in deliveries(project)} == {
        "email": False, "webhook": True,
    }  # fmt: skip


def test_the_command_tests_the_channels_and_tells_which_one_failed(project_of):
    with receiving() as receiver:
        project_of(webhook(receiver.url))
        assert "1 taken, 0 waiting" in CliRunner().invoke(app, ["alert", "test"]).output
        assert json.loads(receiver.bodies[0])["type"] == "alert.test"
    failed_test = CliRunner().invoke(app, ["alert", "test"])
    assert isinstance(failed_test.exception, StammError)
    assert "webhook: expected an answer" in str(failed_test.exception)
    listed = json.loads(CliRunner().invoke(app, ["alert", "list", "--json"]).stdout)
    assert [row["alert"] for row in listed] == ["test", "test"]
    assert listed[0]["told"]["webhook"].startswith("waits: ")


def test_without_channels_a_test_says_where_to_name_them(project_of):
    project_of("{}")
    assert isinstance(CliRunner().invoke(app, ["alert", "test"]).exception, UsageError)


def test_every_error_of_ours_has_a_kind_and_only_the_unforeseen_are_plain_failures():
    ours = {
        name for name, one in vars(stamm.errors).items()
        if isinstance(one, type) and issubclass(one, StammError)
    }  # fmt: skip
    plain = {name for name in ours if kind_of(name).name == "run-failed"}
    assert plain == {"StammError", "Several", "SourceError"}
    assert kind_of("ZeroDivisionError").name == "run-failed"


def test_every_kind_has_a_section_in_the_runbook():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    sections = set(re.findall(r'^#+ <a id="([a-z-]+)">', text, re.MULTILINE))
    assert set(KINDS) - {"test"} <= sections
