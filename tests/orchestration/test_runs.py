"""Run history: the newest run is the one that began last, and each says how it ended."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestration.runs import RunLog
from stamm.clock import ManualClock
from stamm.store import Store


@pytest.fixture
def clock():
    return ManualClock(datetime(2026, 6, 30, 6, tzinfo=UTC))


@pytest.fixture
def log(tmp_path, clock):
    store = Store.open(tmp_path / "state.db")
    yield RunLog(store, clock)
    store.close()


def test_the_latest_run_is_the_last_to_begin_also_within_one_second(log):
    for run in ("b", "a"):
        log.begin(run, "2026-06-30", full=False)
    assert log.latest()["run_id"] == "a"


def test_a_run_that_was_killed_has_no_end(log):
    log.begin("killed", "2026-06-30", full=False)
    assert (log.latest()["outcome"], log.latest()["ended_at"]) == (None, None)


def test_a_run_ends_with_its_build(log, clock):
    log.begin("r", "2026-06-30", full=True)
    clock.sleep(timedelta(seconds=90).total_seconds())
    log.end("r", "done", "build-1")
    log.close("r")
    last = log.latest()
    assert (last["outcome"], last["build_id"]) == ("done", "build-1")
    assert last["ended_at"] == "2026-06-30T06:01:30+00:00"


def test_a_run_that_does_not_say_how_it_ended_has_not_published(log):
    log.begin("r", "2026-06-30", full=False)
    log.close("r")
    assert log.latest()["outcome"] == "not published"


def test_a_stage_that_is_tried_again_adds_its_seconds_and_keeps_the_last_counts(log):
    for rows in (3, 5):
        with log.stage("r", "extract shop") as counts:
            counts["rows"] = rows
    (seconds, counts) = log.stages("r")["extract shop"]
    assert seconds > 0
    assert counts == {"rows": 5}


def test_statistics_are_a_parquet_file_with_a_row_per_run_and_stage(log, tmp_path):
    import pyarrow.parquet as pq

    from orchestration.run_stats import write_run_stats

    log.begin("r", "2026-06-30", full=True)
    for stage, rows in (("extract shop", 7), ("fetching", None)):
        with log.stage("r", stage) as counts:
            counts["row_count"] = rows
    assert log.stages("r")["extract shop"][1] == {}
    log.end("r", "done", "b1")
    write_run_stats(log._store, tmp_path / "reports" / "run_stats.parquet")
    rows = pq.read_table(tmp_path / "reports" / "run_stats.parquet").to_pylist()
    assert [(r["stage"], r["row_count"], r["outcome"], r["full"]) for r in rows] == [
        ("extract shop", 7, "done", True), ("fetching", None, "done", True),
    ]  # fmt: skip
    assert f"{rows[0]['started_at']:%Y-%m-%d %H:%M}" == "2026-06-30 06:00"


def test_a_push_that_went_well_at_the_second_try_leaves_a_run_that_is_done(log):
    from orchestration.runs import Failure

    log.begin("r", "2026-06-30", full=False)
    log.end("r", "done", "b1")
    for stage in ("push crm", "push mailing"):
        log.failed("r", Failure(stage, "PushIncomplete"))
        log.end("r", "PushIncomplete")
    log.trying("r", "push crm")
    assert log.latest()["outcome"] == "PushIncomplete"
    log.trying("r", "push mailing")
    assert (log.latest()["outcome"], log.failures("r")) == ("done", [])


def test_an_extraction_that_is_tried_again_is_not_at_its_end(log):
    from orchestration.runs import Failure

    log.begin("r", "2026-06-30", full=False)
    log.failed("r", Failure("extract shop", "Unreachable"))
    log.end("r", "Unreachable")
    log.trying("r", "extract shop")
    assert (log.latest()["outcome"], log.latest()["ended_at"]) == (None, None)
