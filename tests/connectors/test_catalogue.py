"""The landing schema that staging reads, and the fingerprint of landing."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from duckdb import IOException

from connectors.catalogue import create_views
from connectors.landing import MANIFEST, fingerprint
from connectors.progress import ProgressLog
from connectors.registry import systems
from stamm.duck import in_memory
from stamm.settings import SourceSettings
from tests.connectors.conftest import STREAM, Bench, Killed, customer

COLUMNS = ["source", "record_id", "key", "cursor", "fetched_at", "load_id", "raw"]


def test_every_declared_stream_has_its_table_also_when_nothing_landed(bench: Bench):
    with in_memory() as con:
        create_views(con, bench.landing, systems())
        for system in systems().values():
            for stream in system.streams:
                relation = con.sql(f"select * from landing.{system.name}_{stream.name}")
                assert relation.columns == COLUMNS
                assert relation.fetchall() == []


def test_all_sources_of_a_system_share_a_table_with_ids_of_their_own(bench: Bench):
    bench.server.records = [customer(1), customer(2)]
    bench.extract()
    bench.extract(source=SourceSettings(name="outlet", system="shopware"))
    rows = bench.table(
        "select key, count(distinct source), count(distinct record_id) "
        "from landing.shopware_customers group by key order by key"
    )
    assert rows == [("1", 2, 2), ("2", 2, 2)]


def test_a_load_without_a_manifest_does_not_count(bench: Bench):
    bench.server.records = [customer(1)]
    bench.extract()
    (load,) = bench.landing.glob("*/*/load=*")
    (load / MANIFEST).unlink()
    assert bench.live() == {}
    assert bench.table("select count(*) from landing.all_loads") == [(0,)]


def test_a_part_that_is_lost_is_told_and_not_left_out(bench: Bench):
    bench.server.records = [customer(1)]
    bench.extract()
    (part,) = bench.landing.glob("*/*/load=*/part-*.parquet")
    part.unlink()
    with pytest.raises(IOException, match=r"part-00000\.parquet"):
        bench.live()


def test_making_the_tables_again_gives_the_same(bench: Bench):
    bench.server.records = [customer(1), customer(2)]
    bench.extract()
    with in_memory() as con:
        create_views(con, bench.landing, systems())
        before = con.sql("select * from landing.shopware_customers order by key").fetchall()
        create_views(con, bench.landing, systems())
        assert con.sql("select * from landing.shopware_customers order by key").fetchall() == before


def test_each_stream_and_field_group_has_a_basis(bench: Bench):
    rows = bench.table(
        "select field_group, purpose, legal_basis from landing.stream_basis "
        "where system = 's4' and stream = 'business_partners' order by 1"
    )
    assert rows == [
        ("*", "contract", "Art. 6 (1) b"),
        ("birth_date", "congratulation", "Art. 6 (1) a"),
    ]


def test_the_fingerprint_changes_only_with_what_is_committed(bench: Bench):
    empty = fingerprint(bench.landing)
    bench.server.records = [customer(1)]
    bench.extract()
    one = fingerprint(bench.landing)
    bench.extract()
    assert empty != one == fingerprint(bench.landing)
    bench.server.records.append(customer(2, 1))
    bench.extract()
    assert fingerprint(bench.landing) != one


def test_a_landing_that_was_lost_is_read_anew(bench: Bench):
    bench.server.records = [customer(1), customer(2)]
    bench.extract()
    shutil.rmtree(bench.landing)
    assert bench.extract().upserts == 2


def test_a_full_read_that_was_unsure_stays_due_also_if_killed_before_it_was_recorded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    exported = replace(STREAM, total_is_exact=False)
    bench.server.tells_total = False
    bench.server.records = [customer(1), customer(2), customer(3)]
    bench.extract(exported)
    bench.server.records[2] = customer(4, 1)
    bench.server.total = lambda _: 4  # type: ignore[method-assign] - 3 is only left out
    bench.clock.sleep(7 * 86_400)  # the sweep is due

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(ProgressLog, "move", die)
        with pytest.raises(Killed):
            bench.extract(exported)
    assert set(bench.live()) == {"1", "2", "3", "4"}
    bench.server.total = lambda _: None  # type: ignore[method-assign] - nothing else tells
    assert bench.extract(exported).deletes == 1
    assert set(bench.live()) == {"1", "2", "4"}


def test_deletes_that_the_total_does_not_confirm_wait(bench: Bench):
    exported = replace(STREAM, total_is_exact=False)
    bench.server.tells_total = False
    bench.server.records = [customer(1), customer(2), customer(3)]
    bench.extract(exported)
    hidden = bench.server.records.pop()
    bench.server.total = lambda _: 3  # type: ignore[method-assign] - it is only left out
    assert bench.extract(exported, full=True).deletes == 0
    bench.server.total = lambda _: 2  # type: ignore[method-assign] - now it is gone
    assert bench.extract(exported, full=True).deletes == 1
    assert str(hidden["id"]) not in bench.live()
