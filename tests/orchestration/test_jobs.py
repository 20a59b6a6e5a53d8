"""Jobs in Dagster do what the commands do, and wait for their turn instead of failing."""

import threading
from contextlib import closing

import pytest

from orchestration.alone import AtWork, alone, is_at_work
from orchestration.instance import prepare_instance
from orchestration.jobs import roll_back
from orchestration.project import open_project
from serving.builds import current_build
from serving.release import release
from stamm.duck import open_warehouse
from stamm.home import Home
from tests.orchestration.test_push_command import AT


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "stamm.yaml").write_text("sandbox: {customers: 10}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    project = open_project()
    project.home.prepare()
    return project


def publish(project, number):
    with open_warehouse(project.home.warehouse) as con:
        con.execute(
            "create schema if not exists golden; create schema if not exists marts;"
            "create or replace table golden.golden_parties as select 'P1' as party_id;"
            "create or replace table golden.xref_parties as select 'r1' record_id, 'P1' party_id;"
            f"create or replace table marts.dim_channel as select {number} as number"
        )
    with closing(project.open_store()) as store:
        release(
            project.home.warehouse, project.home.published, store, build_id=f"b{number}",
            info={"built_at": AT.isoformat()}, at=AT, keep=5, catalogue={},
        )  # fmt: skip


def test_roll_back_shows_the_build_before_or_the_one_that_is_named(project):
    for number in (1, 2, 3):
        publish(project, number)
    assert roll_back.execute_in_process().success
    assert current_build(project.home.published).build_id == "b2"
    named = {"ops": {"show_earlier_build": {"config": {"build": "b1"}}}}
    assert roll_back.execute_in_process(run_config=named).success
    assert current_build(project.home.published).build_id == "b1"


def test_roll_back_without_a_build_fails_and_says_so(project):
    result = roll_back.execute_in_process(raise_on_error=False)
    assert not result.success


def test_a_job_waits_for_a_run_that_is_at_work_and_a_command_does_not(project):
    held, free = threading.Event(), threading.Event()

    def work():
        with alone(project):
            held.set()
            free.wait(30)

    worker = threading.Thread(target=work)
    worker.start()
    held.wait(30)
    assert is_at_work(project)
    with pytest.raises(AtWork, match="another run is at work"), alone(project):
        pass
    threading.Timer(0.3, free.set).start()
    with alone(project, patience=30):
        assert free.is_set()
    worker.join()


def test_dagster_runs_one_at_a_time_and_notices_a_run_that_was_killed(tmp_path, monkeypatch):
    from dagster import DagsterInstance

    monkeypatch.setenv("DAGSTER_HOME", "")  # none; and undone with the test, as the next one
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    prepare_instance(Home(tmp_path))
    with DagsterInstance.get() as instance:
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert instance.run_monitoring_enabled
        assert not instance.telemetry_enabled


def test_settings_of_a_server_s_dagster_are_left_as_they_are(tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "own"))
    prepare_instance(Home(tmp_path / "data"))
    assert not (tmp_path / "data" / "dagster" / "dagster.yaml").exists()
