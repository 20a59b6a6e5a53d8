"""The promises of extraction, on a source in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.current import FILE
from connectors.extract import extract_with
from connectors.progress import ProgressLog, Read
from stamm.errors import ContractBroken, SuspiciouslyShort, Unreachable
from stamm.settings import SourceSettings
from tests.connectors.conftest import SOURCE, STREAM, SWEPT, Bench, Killed, customer


def test_a_first_read_lands_every_record_as_it_came(bench: Bench):
    bench.server.records = [customer(1, town="Köln"), customer(2), customer(3, unknown=[1, None])]
    result = bench.extract()
    assert (result.rows, result.upserts, result.pages, result.server_total) == (3, 3, 2, 3)
    assert bench.live() == {str(r["id"]): r for r in bench.server.records}


def test_a_second_read_with_nothing_new_writes_nothing(bench: Bench):
    bench.server.records = [customer(1), customer(2, 1)]
    bench.extract()
    before = bench.loads()
    result = bench.extract()
    assert (result.load_id, result.rows, result.duplicates) == (None, 0, 2)
    assert bench.loads() == before


def test_the_next_read_asks_from_the_watermark_less_the_lag(bench: Bench):
    bench.server.records = [customer(1), customer(2, 30)]
    bench.clock.sleep(3600)
    bench.extract()
    bench.server.asked.clear()
    bench.server.records.append(customer(3, 31))
    result = bench.extract()
    assert bench.server.asked == [("2026-03-01T12:25:00+00:00", 0)]
    assert (result.upserts, result.duplicates) == (1, 1)
    assert result.watermark == "2026-03-01T12:31:00.000000Z"


def test_records_that_share_the_last_moment_are_not_lost(bench: Bench):
    bench.server.records = [customer(1, 30)]
    bench.extract()
    bench.server.records.append(customer(2, 30))
    assert bench.extract().upserts == 1
    assert set(bench.live()) == {"1", "2"}


def test_the_latest_version_rules(bench: Bench):
    bench.server.records = [customer(1, town="Köln"), customer(2)]
    bench.extract()
    bench.server.records[0] = customer(1, 9, town="Bonn")
    bench.extract()
    assert bench.live()["1"]["town"] == "Bonn"


def test_a_vanished_record_gets_a_tombstone_as_soon_as_the_total_tells(bench: Bench):
    bench.server.records = [customer(n) for n in range(1, 6)]
    bench.extract()
    del bench.server.records[2]
    result = bench.extract()
    assert result.deletes == 1
    assert set(bench.live()) == {"1", "2", "4", "5"}
    assert bench.table("select count(*) from landing.all_tombstones") == [(1,)]


def test_a_delete_hidden_by_a_new_record_is_found_by_the_next_sweep(bench: Bench):
    bench.server.tells_total = False
    bench.server.records = [customer(1), customer(2)]
    bench.extract()
    bench.server.records[0] = customer(3, 1)
    assert bench.extract().deletes == 0
    bench.clock.sleep(7 * 86_400)
    assert bench.extract().deletes == 1
    assert set(bench.live()) == {"2", "3"}


def test_a_deleted_record_that_comes_back_is_live_again(bench: Bench):
    bench.server.records = [customer(1), customer(2)]
    bench.extract(SWEPT)
    gone = bench.server.records.pop()
    assert bench.extract(SWEPT).deletes == 1
    bench.server.records.append(gone)
    assert bench.extract(SWEPT).upserts == 1
    assert set(bench.live("shopware_orders")) == {"1", "2"}


def test_a_record_that_says_it_is_gone_becomes_a_tombstone(bench: Bench):
    stream = replace(STREAM, deleted=lambda r: r.get("status") == "deleted", total_is_exact=False)
    bench.server.tells_total = False
    bench.server.records = [customer(1), customer(2)]
    bench.extract(stream)
    bench.server.records[0] = customer(1, 3, status="deleted", email=None)
    assert bench.extract(stream).deletes == 1
    assert bench.extract(stream).load_id is None
    assert set(bench.live()) == {"2"}


@pytest.mark.parametrize("left", [0, 9])
def test_a_full_read_that_comes_back_short_replaces_nothing(bench: Bench, left: int):
    bench.server.records = [customer(n) for n in range(20)]
    bench.extract(SWEPT)
    loads = bench.loads()
    del bench.server.records[left:]
    with pytest.raises(SuspiciouslyShort, match=f"brought {left} records, 20 are landed"):
        bench.extract(SWEPT)
    assert bench.loads() == loads
    assert len(bench.live("shopware_orders")) == 20


def test_what_a_server_shows_for_a_time_only_stays_when_it_is_shown_no_more(bench: Bench):
    report = replace(STREAM, forgets=True)
    bench.server.records = [customer(n, n) for n in range(30)]
    bench.clock.sleep(3600)
    bench.extract(report)
    del bench.server.records[:25]
    result = bench.extract(report, full=True)
    assert (result.deletes, len(bench.live())) == (0, 30)
    bench.server.records.append(customer(30, 30))
    bench.server.tells_total = False
    bench.server.asked.clear()
    assert bench.extract(report).upserts == 1
    assert bench.server.asked[0] == ("2026-03-01T12:24:00+00:00", 0)  # no full read is due
    bench.server.records.clear()
    with pytest.raises(SuspiciouslyShort, match="brought 0 records, 31 are landed"):
        bench.extract(report, full=True)


def test_a_stream_may_shrink_where_the_settings_say_so(bench: Bench):
    class Shrinking(SourceSettings):
        accept_shrinking: tuple[str, ...] = ("orders",)

    bench.server.records = [customer(1), customer(2)]
    bench.extract(SWEPT)
    bench.server.records = []
    result = bench.extract(SWEPT, source=Shrinking(name="shop", system="shopware"))
    assert result.deletes == 2


def test_bad_records_are_set_aside_with_the_rule_and_counted_once(bench: Bench):
    bench.server.records = [
        customer(1),
        customer(None),
        customer(3, email=None),
        customer(4, changed="yesterday"),
        "no object",
    ]
    result = bench.extract(replace(STREAM, incremental=False))
    assert (result.upserts, result.rejected, result.server_total) == (1, 4, 5)
    assert bench.table("select rule from landing.all_rejected order by seq") == [
        ("key_missing",),
        ("mandatory_null",),
        ("cursor_unreadable",),
        ("not_an_object",),
    ]
    again = bench.extract(replace(STREAM, incremental=False))
    assert (again.load_id, again.rejected) == (None, 4)


def test_a_record_that_cannot_say_whether_it_was_deleted_is_set_aside(bench: Bench):
    bench.server.records = [customer(1, left=None), customer(2), customer(3, left="today")]
    stream = replace(STREAM, deleted=lambda record: record["left"] is not None)
    bench.server.tells_total = False
    result = bench.extract(stream)
    assert (result.rejected, set(bench.live())) == (1, {"1"})
    assert bench.table("select rule from landing.all_rejected") == [("deletion_unreadable",)]


def test_a_total_that_counts_the_deleted_is_told_as_such(bench: Bench):
    bench.server.records = [customer(1, left=None), customer(2, left="today")]
    stream = replace(STREAM, deleted=lambda record: record["left"] is not None)
    with pytest.raises(ContractBroken, match="the source counts 2") as refused:
        bench.extract(stream)
    assert "does its total count them too? Then leave it out" in str(refused.value)


def test_a_bad_version_leaves_the_good_one_in_force(bench: Bench):
    bench.server.records = [customer(1, town="Köln"), customer(2)]
    bench.extract(full=True)
    bench.server.records[0] = customer(1, 5, town="Bonn", email=None)
    assert (bench.extract(full=True).deletes, bench.live()["1"]["town"]) == (0, "Köln")


def test_a_killed_read_goes_on_at_its_page_and_asks_nothing_twice(bench: Bench):
    bench.server.records = [customer(n) for n in range(1, 10)]

    def die(start: int) -> None:
        if start == 6:
            raise Killed

    bench.server.before_page = die
    with pytest.raises(Killed):
        bench.extract()
    assert bench.live() == {}
    bench.server.before_page = lambda _: None
    result = bench.extract()
    assert [start for _, start in bench.server.asked] == [0, 2, 4, 6, 8]
    assert (result.rows, len(bench.live())) == (9, 9)


def test_a_source_that_fails_midway_keeps_what_was_read(bench: Bench):
    bench.server.records = [customer(n) for n in range(1, 10)]

    def fail(start: int) -> None:
        if start == 4:
            raise Unreachable("down")

    bench.server.before_page = fail
    with pytest.raises(Unreachable):
        bench.extract()
    bench.server.before_page = lambda _: None
    bench.extract()
    assert [start for _, start in bench.server.asked] == [0, 2, 4, 6, 8]
    assert len(bench.live()) == 9


def test_a_total_that_shrinks_during_the_read_restarts_the_window(bench: Bench):
    bench.server.records = [customer(n) for n in range(1, 9)]

    def lose_one(start: int) -> None:
        if start == 4 and len(bench.server.records) == 8:
            del bench.server.records[0]

    bench.server.before_page = lose_one
    bench.extract()
    assert set(bench.live()) == {"2", "3", "4", "5", "6", "7", "8"}


# Six records are met before the restart, seven after it; with a checkpoint at each page, those
# that were landed or set aside before it are met again.
@pytest.mark.parametrize(("pages", "landed", "again"), [(1, 7, 5), (20, 6, 0)])
def test_what_a_restart_forgets_is_not_counted(bench: Bench, pages: int, landed: int, again: int):
    bench.server.records = [customer(1, email=None), *(customer(n) for n in range(2, 9))]

    def lose_one(start: int) -> None:
        if start == 4 and len(bench.server.records) == 8:
            del bench.server.records[1]

    bench.server.before_page = lose_one
    result = extract_with(
        bench.server, SOURCE, STREAM, landing_root=bench.landing, store=bench.store,
        clock=bench.clock, checkpoint_pages=pages,
    )  # fmt: skip
    assert (result.rejected, result.duplicates) == (1, again)
    read = ProgressLog(bench.store).last_read(SOURCE.name, STREAM.name)
    assert read == Read(landed + 1 + again, landed, again, quarantined=1, deleted=int(pages == 1))


def test_a_read_that_never_reconciles_fails_loudly_and_lands_nothing(bench: Bench):
    bench.server.records = [customer(1), customer(2), customer(2)]
    with pytest.raises(ContractBroken, match="read 2 records, the source counts 3"):
        bench.extract()
    assert bench.loads() == []
    assert not list(bench.landing.glob("*/*/load=*"))


def test_the_cache_beside_landing_may_be_lost_or_broken(bench: Bench):
    bench.server.records = [customer(1), customer(2)]
    bench.extract()
    cache = bench.landing / "shop" / "customers" / FILE
    cache.unlink()
    assert bench.extract(full=True).load_id is None
    cache.write_bytes(b"not a database, far from it " * 100)
    assert bench.extract(full=True).load_id is None
