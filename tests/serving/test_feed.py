"""The feed tells every difference once; whoever replays it holds what the build holds."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.changes import replay
from serving.feed import append_changes, catch_up, read_changes
from serving.publish import publish
from stamm.duck import open_warehouse
from stamm.store import Store

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)


def build_of(folder, build_id, parties, retired=()):
    """A build with `parties`: id → (name, records); `retired`: id → id it resolves to."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "stamm.duckdb"
    with open_warehouse(path) as con:
        con.execute(
            "create table golden_parties (party_id varchar, full_name varchar, city varchar)"
        )
        con.execute("create table xref_parties (record_id varchar, party_id varchar)")
        con.execute("create table retired_parties (party_id varchar, resolves_to varchar)")
        for party_id, (name, records) in parties.items():
            con.execute("insert into golden_parties values (?, ?, 'Köln')", [party_id, name])
            for record in records:
                con.execute("insert into xref_parties values (?, ?)", [record, party_id])
        for old, new in dict(retired).items():
            con.execute("insert into retired_parties values (?, ?)", [old, new])
    return SimpleNamespace(build_id=build_id, database=path, is_copy=False)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def told(store, after=0):
    return [
        (c.operation, c.party_id, c.other_party_id, c.fields.get("full_name"))
        for c in read_changes(store, after)
    ]


def test_a_first_build_adds_every_party_with_all_its_values(store, tmp_path):
    build = build_of(tmp_path / "1", "b1", {"P1": ("Anna Müller", ["r1"])})
    assert append_changes(store, None, build, AT) == 1
    [change] = read_changes(store)
    assert (change.operation, change.party_id, change.at) == ("ADD", "P1", AT)
    assert change.fields == {"full_name": "Anna Müller", "city": "Köln"}


def test_a_change_names_the_fields_that_changed_and_no_others(store, tmp_path):
    first = build_of(tmp_path / "1", "b1", {"P1": ("Anna", ["r1"]), "P2": ("Bea", ["r2"])})
    second = build_of(tmp_path / "2", "b2", {"P1": ("Anne", ["r1"]), "P2": ("Bea", ["r2"])})
    append_changes(store, None, first, AT)
    assert append_changes(store, first, second, AT) == 1
    assert read_changes(store, after=2)[0].fields == {"full_name": "Anne"}


def test_a_merge_names_the_survivor_and_a_split_the_origin(store, tmp_path):
    apart = {"P1": ("Anna", ["r1"]), "P2": ("Anna M.", ["r2"])}
    first = build_of(tmp_path / "1", "b1", apart)
    second = build_of(tmp_path / "2", "b2", {"P1": ("Anna", ["r1", "r2"])}, {"P2": "P1"})
    third = build_of(tmp_path / "3", "b3", apart)
    append_changes(store, None, first, AT)
    append_changes(store, first, second, AT)
    append_changes(store, second, third, AT)
    assert told(store, after=2) == [
        ("MERGE", "P2", "P1", None),
        ("SPLIT", "P2", "P1", "Anna M."),
    ]


def test_a_party_without_a_survivor_is_deleted(store, tmp_path):
    first = build_of(tmp_path / "1", "b1", {"P1": ("Anna", ["r1"])})
    append_changes(store, None, first, AT)
    append_changes(store, first, build_of(tmp_path / "2", "b2", {}), AT)
    assert told(store, after=1) == [("DEL", "P1", None, None)]


def test_a_build_enters_the_feed_once(store, tmp_path):
    build = build_of(tmp_path / "1", "b1", {"P1": ("Anna", ["r1"])})
    assert append_changes(store, None, build, AT) == 1
    assert append_changes(store, None, build, AT) == 0
    assert len(read_changes(store)) == 1


def test_a_crash_in_the_middle_leaves_nothing_of_the_build_in_the_feed(
    store, tmp_path, monkeypatch
):
    build = build_of(tmp_path / "1", "b1", {"P1": ("Anna", ["r1"])})
    with monkeypatch.context() as broken:
        broken.setattr("serving.feed.store_versions", _crash)
        with pytest.raises(KeyboardInterrupt):
            append_changes(store, None, build, AT)
    assert read_changes(store) == []
    assert append_changes(store, None, build, AT) == 1


def _crash(*_):
    raise KeyboardInterrupt


def test_a_build_whose_feed_was_lost_to_a_crash_is_caught_up(store, tmp_path):
    with open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute("create schema golden; create schema marts")
        con.execute(
            "create table golden.golden_parties as select 'P1' as party_id, 'Anna' as title"
        )
        con.execute(
            "create table golden.xref_parties as select 'r1' as record_id, 'P1' as party_id"
        )
        con.execute(
            "create table marts.dim_customer as select 'P1' as party_id, 'Anna' as name, "
            "timestamp '2026-06-30 06:00' as valid_from, null::timestamp as valid_to, "
            "true as is_current"
        )
    publish(tmp_path / "w.duckdb", tmp_path / "p", build_id="b1", info={})
    assert catch_up(store, tmp_path / "p", AT) == 1
    assert catch_up(store, tmp_path / "p", AT) == 0
    [version] = store.query("select * from customer_versions")
    assert json.loads(version["attributes"]) == {"name": "Anna"}


PARTIES = st.dictionaries(
    st.sampled_from(["P1", "P2", "P3", "P4"]),
    st.tuples(st.sampled_from(["Anna", "Bea", "Cem"]), st.just(["r"])),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(PARTIES, min_size=1, max_size=4))
def test_replaying_the_feed_gives_the_last_build(history, tmp_path_factory):
    folder = tmp_path_factory.mktemp("feed")
    store = Store.open(folder / "state.db")
    previous = None
    for number, parties in enumerate(history):
        build = build_of(folder / str(number), f"b{number}", parties)
        append_changes(store, previous, build, AT)
        previous = build
    assert replay(read_changes(store)) == {
        party: {"full_name": name, "city": "Köln"} for party, (name, _) in history[-1].items()
    }
    store.close()
