"""Ten readers ask in a loop while builds come, go back and go: no error, one build an answer."""

import multiprocessing
import time
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from serving.publish import current_build, list_builds, publish, rollback
from serving.reading import open_published
from serving.release import prune
from stamm.duck import open_warehouse

BUILDS = 50
AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
# Each build says its number in two tables and its name in a third.
JOINED = (
    "select any_value(i.build_id), min(p.number), max(p.number), min(o.number), max(o.number), "
    "count(*) from fct_orders o join golden_parties p using (party_id) cross join build_info i"
)


def make(warehouse, number):
    with open_warehouse(warehouse) as con:
        con.execute(
            "create schema if not exists golden; create schema if not exists marts;"
            "create or replace table golden.golden_parties as "
            f"select 'P' || i as party_id, {number} as number from range(50) t(i);"
            "create or replace table marts.fct_orders as select party_id, number, "
            "date '2026-01-01' + i::int as ordered_on from golden.golden_parties, range(3) t(i)"
        )


def through_stamm(root):
    with open_published(root, root.parent / "state.db") as con:
        return con.sql(JOINED).fetchall()[0]


def through_the_file(root):
    with duckdb.connect(str(root / "current" / "stamm.duckdb"), read_only=True) as con:
        return con.sql(JOINED).fetchall()[0]


def read_for_ever(ask, root, started, stop, answers):
    seen = set()
    started.release()
    while not stop.is_set():
        seen.add(ask(root))
        time.sleep(0.1)  # on two cores ten readers without a pause would starve the writer
    answers.put(seen)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_readers_see_one_build_in_each_answer_through_fifty_publishes(tmp_path):
    root, warehouse = tmp_path / "p", tmp_path / "w.duckdb"
    spawn = multiprocessing.get_context("spawn")
    started, stop, answers = spawn.Semaphore(0), spawn.Event(), spawn.Manager().Queue()

    def release(number):
        make(warehouse, number)
        made = AT + timedelta(days=number)
        publish(warehouse, root, build_id=f"b{number}", info={"built_at": made.isoformat()})
        prune(root, keep=2, days=30, at=made)

    release(0)
    readers = [
        spawn.Process(
            target=read_for_ever,
            args=((through_stamm, through_the_file)[which % 2], root, started, stop, answers),
        )
        for which in range(10)
    ]
    for reader in readers:
        reader.start()
    assert all(started.acquire(timeout=300) for _ in readers)
    for number in range(1, BUILDS + 1):
        release(number)
        if number % 10 == 0:
            rollback(root)
            rollback(root, f"b{number}")
    stop.set()
    for reader in readers:
        reader.join(300)
    assert [reader.exitcode for reader in readers] == [0] * 10
    seen = set.union(*(answers.get(timeout=60) for _ in readers))
    assert seen <= {(f"b{n}", n, n, n, n, 150) for n in range(BUILDS + 1)}
    assert len(seen) > 10
    assert [build.build_id for build in list_builds(root)] == ["b49", "b50"]
    assert current_build(root).build_id == "b50"
