"""A backfill reads a stretch again and lands what differs; a normal run does not notice it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.extract import Stretch, extract_with
from connectors.progress import ProgressLog
from connectors.registry import systems
from connectors.source import Window
from stamm.errors import UsageError
from tests.connectors.conftest import NOON, SOURCE, STREAM, SWEPT, Bench, Killed, customer

STRETCH = Stretch(NOON, NOON + timedelta(hours=1))


def backfill(bench: Bench, stream=STREAM, stretch: Stretch = STRETCH):
    return extract_with(
        bench.server, SOURCE, stream, landing_root=bench.landing, store=bench.store,
        clock=bench.clock, checkpoint_pages=1, stretch=stretch,
    )  # fmt: skip


def progress(bench: Bench):
    return ProgressLog(bench.store).of(SOURCE.name, STREAM.name)


def killed_at(bench: Bench, page: int) -> None:
    def dies(start: int) -> None:
        if start == page:
            raise Killed

    bench.server.before_page = dies


def test_what_changed_without_a_new_moment_is_landed_and_the_watermark_stays(bench: Bench):
    bench.server.records = [customer(1, 10), customer(2, 20), customer(3, 600)]
    bench.clock.sleep(600 * 60)
    bench.extract()
    before = progress(bench)
    bench.server.records[0]["email"] = "neu@example.org"  # the server did not move its moment
    assert bench.extract().upserts == 0
    result = backfill(bench)
    assert (result.upserts, result.deletes) == (1, 0)
    assert bench.live()["1"]["email"] == "neu@example.org"
    after = progress(bench)
    assert (after.watermark, after.full_read_at) == (before.watermark, before.full_read_at)
    assert backfill(bench).load_id is None  # twice lands nothing


def test_it_asks_from_the_beginning_of_the_stretch(bench: Bench):
    bench.server.records = [customer(1, 10)]
    bench.extract()
    bench.server.asked.clear()
    backfill(bench)
    assert [since for since, _ in bench.server.asked] == [NOON.isoformat()]


def test_killed_it_goes_on_at_its_page_and_a_normal_run_undoes_it(bench: Bench):
    bench.server.records = [customer(key, key) for key in range(1, 7)]
    bench.extract()
    for record in bench.server.records:
        record["email"] = "neu@example.org"
    killed_at(bench, 4)
    with pytest.raises(Killed):
        backfill(bench)
    bench.server.before_page = lambda _: None
    bench.server.asked.clear()
    assert backfill(bench).upserts == 6
    assert [start for _, start in bench.server.asked] == [4]

    for record in bench.server.records:
        record["email"] = "anders@example.org"
    killed_at(bench, 2)
    with pytest.raises(Killed):
        backfill(bench)
    bench.server.before_page = lambda _: None
    loads = bench.loads()
    bench.server.records.append(customer(7, 7))
    bench.extract()
    assert len(bench.loads()) == len(loads) + 1  # its own; nothing is left of the backfill's
    emails = {record["email"] for record in bench.live().values()}
    assert emails == {"anders@example.org", "k7@example.org"}


def test_a_normal_read_that_was_killed_is_finished_first(bench: Bench):
    bench.server.records = [customer(key, key) for key in range(1, 7)]
    killed_at(bench, 4)
    with pytest.raises(Killed):
        bench.extract()
    bench.server.before_page = lambda _: None
    bench.server.asked.clear()
    backfill(bench)
    assert bench.server.asked[0] == (None, 4)
    assert len(bench.live()) == 6
    assert progress(bench).watermark is not None


def test_a_normal_read_whose_parts_are_gone_is_undone_first(bench: Bench):
    bench.server.records = [customer(key, key) for key in range(1, 7)]
    bench.extract()
    bench.server.records[0]["email"] = "neu@example.org"
    killed_at(bench, 4)
    with pytest.raises(Killed):
        bench.extract(full=True)
    bench.server.before_page = lambda _: None
    max(bench.landing.glob("*/*/load=*/part-00000.parquet")).unlink()
    assert backfill(bench).upserts == 1
    assert bench.live()["1"]["email"] == "neu@example.org"


def test_a_stream_that_is_read_whole_has_no_stretches(bench: Bench):
    with pytest.raises(UsageError, match=r"shop\.orders has no stretches.*\n.*read whole"):
        backfill(bench, SWEPT)


END = datetime(2026, 1, 31, tzinfo=UTC)
TOLD = [
    ("s4", "sales_orders", "LastChangeDateTime le datetimeoffset'2026-01-31T00:00:00Z'"),
    ("s4", "business_partners", "CreationDate le datetime'2026-01-31T00:00:00'"),
    ("shopware", "orders", "'lte': '2026-01-31 00:00:00'"),
    ("rt", "tickets", "LastUpdated <= '2026-01-31 14:05:00'"),
    ("tryton", "parties", '["write_date", "<=", {"__class__": "datetime", "year": 2026'),
    ("vendure", "customers", "'before': '2026-01-31T00:00:00.001+00:00'"),
    ("ghost", "member_events", "data.created_at:<='2026-01-31 00:00:00'"),
    ("roundup", "issues", "2025-12-31.00:00:00;2026-01-31.14:05:00"),
]


@pytest.mark.parametrize(("system", "stream", "told"), TOLD)
def test_a_server_that_can_be_told_the_end_is_told_it(system: str, stream: str, told: str):
    declared = systems()[system].stream(stream)
    since = datetime(2025, 12, 31, tzinfo=UTC)
    stretch = declared.paginate.first(declared, Window(since, END, ends=True))
    assert told in str((stretch.params, stretch.body, stretch.note))
    present = declared.paginate.first(declared, Window(since, END))
    assert told not in str((present.params, present.body, present.note))
