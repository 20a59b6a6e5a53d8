"""How far a stream is read: a change is met by the next read, whenever it happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.progress import ProgressLog, as_text
from tests.connectors.conftest import NOON, SOURCE, STREAM, Bench, Killed, customer

HOUR, DAY = 3600, 86_400
UNSWEPT = replace(STREAM, sweep=None)  # no full read that would find what was passed over


def watermark(bench: Bench) -> str | None:
    return ProgressLog(bench.store).of(SOURCE.name, STREAM.name).watermark


def at(minutes: float) -> str:
    return as_text(NOON + timedelta(minutes=minutes))


def put_back(bench: Bench, moment: str) -> None:
    """The state as an earlier version, or a clock that was ahead, left it."""
    log = ProgressLog(bench.store)
    log.move(SOURCE.name, STREAM.name, replace(log.of(SOURCE.name, STREAM.name), watermark=moment))


def edit_behind(bench: Bench, *, page: int) -> None:
    """While that page is asked, ten minutes a page, records change before it and behind it."""

    def before(start: int) -> None:
        bench.clock.sleep(600)
        if start == page:
            minute = (bench.clock.now() - NOON).total_seconds() / 60
            bench.server.records[0] = customer(1, minute - 8, town="Bonn")
            bench.server.records[5] = customer(6, minute - 1, town="Bonn")

    bench.server.before_page = before


def assert_found_by_the_next_read(bench: Bench) -> None:
    bench.server.before_page = lambda _: None
    bench.clock.sleep(DAY)
    assert bench.live()["1"].get("town") != "Bonn"  # its page had been read
    assert bench.extract(UNSWEPT).upserts == 1
    assert bench.live()["1"]["town"] == "Bonn"


def test_a_record_that_changes_after_its_page_was_read_is_found_by_the_next_read(bench: Bench):
    bench.server.records = [customer(n, -600) for n in range(1, 7)]
    edit_behind(bench, page=2)
    assert bench.extract(UNSWEPT).watermark == at(0)  # the read began at noon
    assert_found_by_the_next_read(bench)


def test_so_it_is_after_a_read_of_what_is_new(bench: Bench):
    bench.server.records = [customer(n, -600) for n in range(1, 7)]
    bench.extract(UNSWEPT)
    bench.clock.sleep(DAY)
    bench.server.records = [customer(n, 24 * 60 - 60) for n in range(1, 7)]
    edit_behind(bench, page=2)
    assert bench.extract(UNSWEPT).watermark == at(24 * 60)
    assert_found_by_the_next_read(bench)


def test_a_read_that_goes_on_after_hours_began_when_it_began(bench: Bench):
    bench.server.records = [customer(n, -600) for n in range(1, 7)]

    def die(start: int) -> None:
        if start == 2:
            raise Killed

    bench.server.before_page = die
    with pytest.raises(Killed):
        bench.extract(UNSWEPT)
    bench.clock.sleep(2 * HOUR)
    edit_behind(bench, page=2)
    assert bench.extract(UNSWEPT).watermark == at(0)
    assert_found_by_the_next_read(bench)


def test_a_window_that_is_read_again_began_again(bench: Bench):
    bench.server.records = [customer(n, -600) for n in range(1, 7)]

    def lose_one(start: int) -> None:
        if start == 2 and len(bench.server.records) == 6:
            bench.clock.sleep(HOUR)
            bench.server.records[1:3] = [customer(3, 40)]

    bench.server.before_page = lose_one
    assert bench.extract(UNSWEPT).watermark == at(40)  # met by the second pass, from 13:00


def test_a_record_dated_in_the_future_hides_no_change(bench: Bench):
    bench.server.records = [customer(1, -600), customer(2, -600), customer(3, 400 * 24 * 60)]
    assert bench.extract(UNSWEPT).watermark == at(0)
    for hour in (1, 2, 3):
        bench.clock.sleep(HOUR)
        bench.server.records[0] = customer(1, hour * 60, hour=hour)
        assert bench.extract(UNSWEPT).upserts == 1
        assert bench.live()["1"]["hour"] == hour


def test_a_watermark_in_the_future_heals_and_what_it_hid_is_found(bench: Bench):
    bench.server.records = [customer(1, -600), customer(2, -600)]
    bench.extract(UNSWEPT)
    bench.server.records[0] = customer(1, 5, town="Bonn")
    bench.clock.sleep(HOUR)
    put_back(bench, at(24 * 60))
    bench.server.asked.clear()
    assert bench.extract(UNSWEPT).upserts == 1
    # From noon on, when the last full read began, less the lag; not the whole stream again.
    assert bench.server.asked == [("2026-03-01T11:55:00+00:00", 0)]
    assert watermark(bench) == at(60)  # this read's begin


@pytest.mark.parametrize(
    "unset", ["0001-01-01T00:00:00", "1970-01-01T00:00:00", "1970-01-01T01:00:00"]
)
def test_moments_that_are_all_unset_tell_nothing_and_the_stream_is_read_whole(
    bench: Bench, unset: str
):
    bench.server.records = [customer(1), customer(2)]
    for record in bench.server.records:
        record["changed"] = unset
    bench.extract(UNSWEPT)
    bench.clock.sleep(DAY)
    bench.server.records[1]["email"] = "neu@example.org"
    bench.server.asked.clear()
    assert bench.extract(UNSWEPT).upserts == 1
    assert bench.server.asked[0] == (None, 0)
