"""The feed between builds tells what is withheld; long after them it forgets without a loss."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from serving.changes import replay
from serving.feed import append_changes, contents_sql, read_changes
from serving.withheld import bounds, forget_changes, tell_withheld, withheld_before
from stamm.duck import open_warehouse
from stamm.store import Store
from tests.serving.test_feed import build_of

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
TWO = {"P1": ("Anna", ["r1"]), "P2": ("Bea", ["r2"])}


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as opened:
        yield opened


def contents(build):
    with open_warehouse(build.database, read_only=True) as con:
        return dict(con.execute(contents_sql(con)).fetchall())


def told(store, after=0):
    return [(c.operation, c.party_id, c.fields) for c in read_changes(store, after)]


def test_who_is_hidden_is_withdrawn_once_and_comes_back_with_all_values(store, tmp_path):
    build = build_of(tmp_path / "1", "b1", TWO)
    append_changes(store, None, build, AT)
    shown = contents(build)
    anna = shown.pop("P1")
    assert tell_withheld(store, build, shown, {"P1"}, AT) == 1
    assert tell_withheld(store, build, shown, {"P1"}, AT) == 0
    assert withheld_before(store) == {"P1"}
    assert tell_withheld(store, build, shown | {"P1": anna}, {"P1"}, AT) == 1
    assert told(store, after=2) == [("WITHDRAW", "P1", {}), ("ADD", "P1", json.loads(anna))]


def test_a_build_that_still_has_who_was_withdrawn_tells_them_anew(store, tmp_path):
    """The API withdraws them again before anybody reads it; a refreshed build is silent."""
    first, without = build_of(tmp_path / "1", "b1", TWO), build_of(
        tmp_path / "2", "b1.2", {"P2": TWO["P2"]})  # fmt: skip
    append_changes(store, None, first, AT)
    shown = {"P2": contents(first)["P2"]}
    tell_withheld(store, first, shown, {"P1"}, AT)
    assert append_changes(store, first, without, AT) == 0
    assert append_changes(store, without, build_of(tmp_path / "3", "b2", TWO), AT) == 1
    assert told(store, after=3)[0][:2] == ("ADD", "P1")


def test_nothing_is_told_of_a_build_that_the_feed_has_not_told_yet(store, tmp_path):
    append_changes(store, None, build_of(tmp_path / "1", "b1", TWO), AT)
    second = build_of(tmp_path / "2", "b2", TWO)
    assert tell_withheld(store, second, {}, {"P1"}, AT) == 0


def test_what_is_forgotten_is_kept_as_a_state_and_later_changes_add_to_it(store, tmp_path):
    first = build_of(tmp_path / "1", "b1", TWO)
    append_changes(store, None, first, AT)
    later = AT + timedelta(days=9)
    second = build_of(tmp_path / "2", "b2", TWO | {"P1": ("Anne", ["r1"])})
    append_changes(store, first, second, later)
    before = replay(read_changes(store, limit=2))
    assert forget_changes(store, later) == 2
    assert bounds(store) == (2, 3)
    assert told(store) == [("MOD", "P1", {"full_name": "Anne"})]
    third = build_of(tmp_path / "3", "b3", {"P1": ("Anja", ["r1"]), "P2": ("Bea", ["r2"])})
    append_changes(store, second, third, later)
    assert told(store, after=3) == [("MOD", "P1", {"full_name": "Anja"})]
    assert replay(read_changes(store), before)["P1"]["full_name"] == "Anja"


def test_when_all_is_forgotten_cursors_still_go_on(store, tmp_path):
    first = build_of(tmp_path / "1", "b1", TWO)
    append_changes(store, None, first, AT)
    assert forget_changes(store, AT + timedelta(days=1)) == 2
    assert bounds(store) == (2, 2)
    append_changes(store, first, build_of(tmp_path / "2", "b2", {"P1": TWO["P1"]}), AT)
    assert [(c.cursor, c.operation, c.party_id) for c in read_changes(store)] == [(3, "DEL", "P2")]
