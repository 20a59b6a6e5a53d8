"""The cache beside landing: damaged anywhere, it is made again from landing and nothing is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from connectors.current import FILE, CurrentVersions
from tests.connectors.conftest import SWEPT, Bench, Killed, customer

PAGE = 4096
RECORDS = 150  # some pages of the cache


def filled(bench: Bench) -> Path:
    """The cache of a stream that was read."""
    bench.server.size = 50
    bench.server.records = [customer(n) for n in range(RECORDS)]
    bench.extract(SWEPT)
    return bench.landing / "shop" / "orders" / FILE


def damage(cache: Path, page: int) -> None:
    with cache.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(b"\x99" * 64)


def pages(cache: Path) -> int:
    return cache.stat().st_size // PAGE


def test_damage_in_any_page_is_mended(bench: Bench):
    cache = filled(bench)
    assert pages(cache) > 4
    for page in range(pages(cache)):
        damage(cache, page)
        with closing(CurrentVersions(cache.parent)) as current:
            assert current.mending(current.live) == RECORDS
            assert current.mending(current.accounted) == RECORDS


def test_a_read_that_meets_damage_lands_what_is_new(bench: Bench):
    cache = filled(bench)
    for page in range(2, pages(cache)):
        damage(cache, page)
    bench.server.records[0] = customer(0, town="Bonn")
    result = bench.extract(SWEPT)
    assert (result.upserts, result.duplicates, result.deletes) == (1, RECORDS - 1, 0)
    assert bench.extract(SWEPT).load_id is None


def test_damage_met_in_a_read_that_was_killed_begins_it_anew(bench: Bench):
    cache = filled(bench)
    bench.server.records = [customer(n, town="Bonn") for n in range(RECORDS)]

    def die(start: int) -> None:
        if start == 100:
            raise Killed

    bench.server.before_page = die
    with pytest.raises(Killed):
        bench.extract(SWEPT)
    bench.server.before_page = lambda _: None
    for page in range(2, pages(cache)):
        damage(cache, page)
    assert bench.extract(SWEPT).upserts == RECORDS
    assert len(bench.loads()) == 2
    assert len(list(cache.parent.glob("load=*"))) == 2
    assert {row["town"] for row in bench.live("shopware_orders").values()} == {"Bonn"}


@pytest.mark.parametrize("code", ["SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR_WRITE"])
def test_what_is_no_damage_drops_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch, code: str):
    cache = filled(bench)
    before = cache.stat().st_ino
    failure = sqlite3.OperationalError(code)
    failure.sqlite_errorcode = getattr(sqlite3, code)

    def fails(*_: object, **__: object) -> None:
        raise failure

    bench.server.records.append(customer(RECORDS))
    with monkeypatch.context() as patched:
        patched.setattr(CurrentVersions, "advance", fails)
        with pytest.raises(sqlite3.OperationalError, match=code):
            bench.extract(SWEPT)
    assert cache.stat().st_ino == before
    assert bench.extract(SWEPT).upserts == 1


def test_damage_elsewhere_than_in_the_cache_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    cache = filled(bench)
    before = cache.stat().st_ino
    failure = sqlite3.DatabaseError("state.db is malformed")
    failure.sqlite_errorcode = sqlite3.SQLITE_CORRUPT

    def fails(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr("connectors.progress.ProgressLog.of", fails)
    with pytest.raises(sqlite3.DatabaseError, match="state.db is malformed"):
        bench.extract(SWEPT)
    assert cache.stat().st_ino == before
