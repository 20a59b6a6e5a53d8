"""When a build is said to be, so that no version of a customer is lost."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from serving.versions import DDL, moment_of_build
from stamm.store import Store

MORNING = datetime(2026, 1, 2, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as opened:
        yield opened


@pytest.fixture
def held(store):
    """Note versions by (valid from, valid to)."""

    def note(*versions):
        store.migrate("customer_versions", DDL)
        with store.transaction() as db:
            db.executemany(
                "insert into customer_versions values ('P1', ?, ?, 'hash', '{}')", versions
            )

    return note


def test_a_build_is_dated_by_the_clock(store, held):
    assert moment_of_build(store, MORNING) == MORNING
    held()
    assert moment_of_build(store, MORNING) == MORNING
    held(("2026-01-01 06:00:00", None))
    assert moment_of_build(store, MORNING) == MORNING


def test_a_build_that_is_repeated_at_the_same_moment_keeps_it(store, held):
    held(("2026-01-01 06:00:00", "2026-01-02 06:00:00"), ("2026-01-02 06:00:00", None))
    assert moment_of_build(store, MORNING) == MORNING


def test_after_a_clock_that_ran_ahead_a_build_follows_the_last_version_nonetheless(store, held):
    held(("2026-01-01 06:00:00", "2026-01-03 06:00:00"), ("2026-01-03 06:00:00", None))
    assert moment_of_build(store, MORNING) == datetime(2026, 1, 3, 6, tzinfo=UTC) + SECOND


def test_a_version_that_was_only_closed_ahead_counts_as_well(store, held):
    held(("2026-01-01 06:00:00", "2026-01-03 06:00:00"))
    assert moment_of_build(store, MORNING) == datetime(2026, 1, 3, 6, tzinfo=UTC) + SECOND
