"""The operational store: migrations run once, transactions hold, secrets stay."""

from contextlib import closing

import pytest

from stamm.errors import StoreBusy, StoreError
from stamm.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def test_a_migration_runs_once_and_the_next_one_is_added(store):
    store.migrate("feed", ["create table a (x integer);"])
    store.migrate("feed", ["create table a (x integer);", "insert into a values (1);"])
    store.migrate("feed", ["create table a (x integer);", "insert into a values (1);"])
    assert [row["x"] for row in store.query("select x from a")] == [1]


def test_a_failed_migration_leaves_nothing_behind(store):
    with pytest.raises(Exception, match="syntax"):
        store.migrate("feed", ["create table a (x integer); create tabel b;"])
    assert not store.has_table("a")


def test_an_older_program_refuses_a_newer_store(store):
    store.migrate("feed", ["create table a (x);", "create table b (x);"])
    with pytest.raises(StoreError, match="version 2"):
        store.migrate("feed", ["create table a (x);"])


def test_a_transaction_that_fails_changes_nothing(store):
    store.migrate("feed", ["create table a (x integer);"])
    with pytest.raises(ZeroDivisionError), store.transaction() as db:
        db.execute("insert into a values (1)")
        _ = 1 / 0
    assert store.query("select * from a") == []


def test_a_secret_is_made_once_and_survives_reopening(tmp_path):
    first = Store.open(tmp_path / "state.db")
    secret = first.secret("record_id")
    first.close()
    again = Store.open(tmp_path / "state.db")
    assert again.secret("record_id") == secret
    assert len(secret) == 32
    assert again.secret("party") != secret
    again.close()


def test_a_file_that_is_no_store_is_named(tmp_path):
    path = tmp_path / "state.db"
    path.write_bytes(b"not a database at all, but long enough to be read as one" * 20)
    with pytest.raises(StoreError, match=r"state\.db"):
        Store.open(path)


def test_a_reader_with_nothing_to_migrate_does_not_wait_for_who_writes(tmp_path):
    with (
        closing(Store.open(tmp_path / "s.db")) as one,
        closing(Store.open(tmp_path / "s.db")) as two,
    ):
        one.migrate("things", ["create table things (name text)"])
        known = one.secret("things")
        two._connection.execute("pragma busy_timeout = 0")
        with one.transaction() as db:
            db.execute("insert into things values ('a')")
            two.migrate("things", ["create table things (name text)"])
            assert two.secret("things") == known


def test_a_store_that_somebody_holds_is_busy_not_broken(tmp_path, monkeypatch):
    monkeypatch.setattr("stamm.store._LOCK_SECONDS", 0.1)
    with closing(Store.open(tmp_path / "state.db")) as held, held.transaction():
        with closing(Store.open(tmp_path / "state.db")) as other:
            with pytest.raises(StoreBusy, match="state.db: expected the operational store to be"):
                with other.transaction():
                    pass
