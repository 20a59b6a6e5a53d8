"""Dagster's event log with its connections kept: the same files, and every promise of Dagster's."""

import threading

import pytest
from dagster import (
    AssetCheckResult,
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    MaterializeResult,
    asset,
    asset_check,
    materialize,
)
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.event_log import _MOST_OPEN, KeptEventLog
from orchestration.instance import prepare_instance
from stamm.home import Home


@asset(key="counted")
def counted():
    return MaterializeResult(metadata={"rows": 7})


@asset_check(asset="counted")
def is_whole():
    return AssetCheckResult(passed=True)


@pytest.fixture
def instance(tmp_path, monkeypatch):
    for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")  # so that what is set below is undone with the test
        monkeypatch.delenv(name)
    prepare_instance(Home(tmp_path))
    with DagsterInstance.get() as found:
        yield found


def told(log, run_id):
    return [
        (one.event_log_entry.dagster_event_type, one.event_log_entry.user_message)
        for one in log.get_records_for_run(run_id, limit=10_000).records
    ]


def test_an_instance_of_ours_keeps_its_events_in_it(instance):
    assert isinstance(instance.event_log_storage, KeptEventLog)


def test_what_it_wrote_dagsters_own_class_reads(instance, tmp_path):
    run = materialize([counted, is_whole], instance=instance)
    own = SqliteEventLogStorage(str(tmp_path / "dagster" / "history" / "runs"))
    written = told(own, run.run_id)
    assert written == told(instance.event_log_storage, run.run_id)
    kinds = {kind for kind, _ in written}
    assert {
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_CHECK_EVALUATION,
        DagsterEventType.RUN_SUCCESS,
    } <= kinds
    [latest] = own.get_asset_records([AssetKey("counted")])
    assert latest.asset_entry.last_materialization.asset_materialization.metadata["rows"].value == 7


def test_the_index_over_all_runs_holds_each_event_once(instance):
    runs = [materialize([counted, is_whole], instance=instance).run_id for _ in range(3)]
    found = instance.fetch_materializations(AssetKey("counted"), limit=10).records
    assert [one.run_id for one in found] == runs[::-1]
    planned = instance.fetch_planned_materializations(AssetKey("counted"), limit=10).records
    assert len(planned) == 3


def test_a_batch_that_fails_leaves_nothing_half_written(instance, monkeypatch):
    run = materialize([counted], instance=instance).run_id
    log = instance.event_log_storage
    entries = [one.event_log_entry for one in log.get_records_for_run(run).records]
    before = told(log, run)
    monkeypatch.setattr(log, "_store_asset_event", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        log.store_event_batch(entries)
    assert told(log, run) == before


def test_many_runs_keep_few_files_open_and_are_all_read(instance):
    runs = [materialize([counted], instance=instance).run_id for _ in range(_MOST_OPEN + 2)]
    log = instance.event_log_storage
    assert all(told(log, run) for run in runs)
    assert len(log._engines) == _MOST_OPEN


def test_a_log_that_somebody_wiped_begins_anew(instance):
    run = materialize([counted], instance=instance).run_id
    instance.event_log_storage.wipe()
    assert told(instance.event_log_storage, run) == []
    again = materialize([counted], instance=instance).run_id
    assert told(instance.event_log_storage, again)


def test_whoever_watches_a_run_hears_of_each_event_at_once(instance, tmp_path):
    run = materialize([counted], instance=instance).run_id
    log = instance.event_log_storage
    [first, *_] = (one.event_log_entry for one in log.get_records_for_run(run).records)
    page = KeptEventLog(str(tmp_path / "dagster" / "history" / "runs"))
    known = len(told(page, run))
    heard, news = [], threading.Event()

    def hear(entry, _):
        heard.append(entry)
        if len(heard) > known:
            news.set()

    page.watch(run, None, hear)
    log.store_event(first)
    assert news.wait(20)
    page.end_watch(run, hear)
    page.dispose()


def test_threads_take_turns(instance):
    run = materialize([counted], instance=instance).run_id
    log = instance.event_log_storage
    entries = [one.event_log_entry for one in log.get_records_for_run(run).records]
    before = len(told(log, run))

    def write():
        for entry in entries:
            log.store_event(entry)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(told(log, run)) == before + 4 * len(entries)
