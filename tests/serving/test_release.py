"""`kill -9` between any two steps of a release: the next one ends with the same result."""

import multiprocessing
import os
import signal
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from serving import feed, publish, release
from serving.builds import current_build, list_builds
from serving.changes import replay
from serving.feed import catch_up, read_changes
from stamm.duck import open_warehouse
from stamm.store import Store

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
# Anna and A. Beck are merged and parted again, Bea moves: one day a build.
DAYS = [
    {"P1": ("Anna", "Köln", ["r1"]), "P2": ("A. Beck", "Köln", ["r2"])},
    {"P1": ("Anna", "Köln", ["r1", "r2"]), "P3": ("Bea", "Bonn", ["r3"])},
    {
        "P1": ("Anna", "Köln", ["r1"]),
        "P2": ("A. Beck", "Köln", ["r2"]),
        "P3": ("Bea", "Ulm", ["r3"]),
    },
]
STEPS = {
    "while the copy is written": (publish, "_write"),
    "before the copy is sealed": (publish, "_seal"),
    "before the folder gets its name": (publish, "sync_folder"),
    "before the pointer moves": (publish, "switch"),
    "before the feed is told": (release, "append_changes"),
    "while the feed is told": (feed, "store_versions"),
    "before old builds go": (release, "prune"),
    "while an old build goes": (publish.shutil, "rmtree"),
}


def fill(warehouse, day):
    """The warehouse as it is on a day; ids that are gone resolve to P1."""
    parties = DAYS[day]
    with open_warehouse(warehouse) as con:
        for schema in ("golden", "marts"):
            con.execute(f"create schema if not exists {schema}")
        for table, columns in {
            "golden.golden_parties": "party_id varchar, full_name varchar, city varchar",
            "golden.xref_parties": "record_id varchar, party_id varchar",
            "golden.retired_parties": "party_id varchar, resolves_to varchar",
            "marts.dim_customer": "party_id varchar, city varchar, valid_from timestamp, "
            "valid_to timestamp, is_current boolean",
        }.items():
            con.execute(f"create or replace table {table} ({columns})")
        for party, (name, city, records) in parties.items():
            con.execute("insert into golden.golden_parties values (?, ?, ?)", [party, name, city])
            con.execute(
                "insert into marts.dim_customer values (?, ?, ?, null, true)",
                [party, city, AT.replace(tzinfo=None) + timedelta(days=day)],
            )
            for record in records:
                con.execute("insert into golden.xref_parties values (?, ?)", [record, party])
        gone = {"P1", "P2"} - parties.keys()
        for party in gone:
            con.execute("insert into golden.retired_parties values (?, 'P1')", [party])


def run(folder, day, attempt=1):
    """What a run does about publishing: catch up, then release if the day is not out yet."""
    with closing(Store.open(folder / "state.db")) as store:
        catch_up(store, folder / "p", AT + timedelta(days=9))
        build = current_build(folder / "p")
        if build is not None and build.info["day"] == day:
            return
        fill(folder / "w.duckdb", day)
        moment = AT + timedelta(days=day)
        release.release(
            folder / "w.duckdb",
            folder / "p",
            store,
            build_id=f"day{day}-{attempt}",
            info={"day": day, "built_at": moment.isoformat()},
            at=moment,
            keep=2,
        )


def run_and_die(folder, day, step):
    """A run in a process that kills itself when it comes to this step."""
    module, name = STEPS[step]

    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, die)
    run(folder, day)


def outcome(folder):
    """Everything that a consumer can see, ids of attempts aside."""
    with closing(Store.open(folder / "state.db")) as store:
        changes = read_changes(store)
        told = [(c.operation, c.party_id, c.other_party_id, c.fields, c.at) for c in changes]
        versions = [
            tuple(row) for row in store.query("select * from customer_versions order by 1, 2")
        ]
        assert replay(changes) == {
            party: {"full_name": name, "city": city}
            for party, (name, city, _) in DAYS[current_build(folder / "p").info["day"]].items()
        }
    build = current_build(folder / "p")
    return told, versions, build.info["day"], build.tables


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calm")
    for day in range(3):
        run(folder, day)
    return outcome(folder)


def test_the_feed_of_an_undisturbed_life(undisturbed):
    told, versions, day, _ = undisturbed
    assert [entry[:3] for entry in told] == [
        ("ADD", "P1", None),
        ("ADD", "P2", None),
        ("MERGE", "P2", "P1"),
        ("ADD", "P3", None),
        ("SPLIT", "P2", "P1"),
        ("MOD", "P3", None),
    ]
    assert day == 2
    assert len(versions) == 3


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_the_next_run_ends_with_the_same_result(step, tmp_path, undisturbed):
    spawn = multiprocessing.get_context("spawn")
    for day in range(3):
        dying = spawn.Process(target=run_and_die, args=(tmp_path, day, step))
        dying.start()
        dying.join(90)
        # An old build goes only once there are more than two.
        assert dying.exitcode == (0 if "old build goes" in step and day < 2 else -signal.SIGKILL)
        run(tmp_path, day, attempt=2)
    assert outcome(tmp_path) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_what_is_listed_after_a_kill_are_whole_builds(step, tmp_path):
    run(tmp_path, 0)
    run(tmp_path, 1)
    spawn = multiprocessing.get_context("spawn")
    dying = spawn.Process(target=run_and_die, args=(tmp_path, 2, step))
    dying.start()
    dying.join(90)
    for build in list_builds(tmp_path / "p"):
        with open_warehouse(build.database, read_only=True) as con:
            assert con.table("golden_parties").count("*").fetchall() == [
                (len(DAYS[build.info["day"]]),)
            ]
