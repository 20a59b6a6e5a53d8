"""Whatever is published, gone back to or suppressed: the feed and the files tell the same."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.suppressions import suppress_address, suppress_party
from serving.builds import current_build, earlier, list_builds, prune
from serving.changes import FIELDS, replay
from serving.feed import catch_up, read_changes
from serving.publish import rollback
from serving.reading import open_published
from serving.release import go_back, refresh, release
from stamm.duck import open_warehouse
from stamm.errors import PublishError
from stamm.store import Store

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
ANNA, BEA = ("Anna", "a@x.de"), ("Bea", "b@x.de")


class Place:
    """A project's published folder, store and warehouse."""

    def __init__(self, folder):
        self.root, self.warehouse = folder / "p", folder / "w.duckdb"
        self.store = Store.open(folder / "state.db")
        self.days = count()

    def publish(self, parties, **options):
        """A build of `parties`: id → (name, e-mail); one build a day, named by its number."""
        with open_warehouse(self.warehouse) as con:
            con.execute("create schema if not exists golden; create schema if not exists marts")
            con.execute(
                "create or replace table golden.golden_parties "
                "(party_id varchar, full_name varchar, email varchar)"
            )
            con.execute(
                "create or replace table golden.xref_parties (record_id varchar, party_id varchar)"
            )
            con.execute(
                "create or replace table marts.dim_customer (party_id varchar, name varchar, "
                "valid_from timestamp, valid_to timestamp, is_current boolean)"
            )
            for party, (name, email) in parties.items():
                con.execute(
                    "insert into golden.golden_parties values (?, ?, ?)", [party, name, email]
                )
                con.execute("insert into golden.xref_parties values (?, ?)", [f"r{party}", party])
                con.execute(
                    "insert into marts.dim_customer values (?, ?, '2026-01-01', null, true)",
                    [party, name],
                )
        day = next(self.days)
        at = AT + timedelta(days=day)
        return release(
            self.warehouse, self.root, self.store,
            build_id=f"b{day}", info={"built_at": at.isoformat()}, at=at, **{"keep": 5, **options},
        )  # fmt: skip

    def shown(self):
        """What a reader sees, as a consumer of the feed would hold it."""
        with open_published(self.root, self.root.parent / "state.db") as con:
            return _parties(con)

    def file(self):
        """What whoever opens the file by himself sees."""
        with open_warehouse(self.root / "current" / "stamm.duckdb", read_only=True) as con:
            return _parties(con)

    def told(self, after=0):
        return replay(read_changes(self.store, after, limit=10_000))


def _parties(con):
    relation = con.sql("from golden_parties order by party_id")
    names = relation.columns
    rows = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
    return {row["party_id"]: {n: row[n] for n in names if n in FIELDS} for row in rows}


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    with closing(made.store):
        yield made


def test_going_back_appends_what_brings_a_consumer_there_and_the_next_run_brings_it_on(place):
    place.publish({"1": ANNA, "2": BEA})
    place.publish({"1": ("Anne", "a@x.de")})
    before = len(read_changes(place.store))
    assert go_back(place.root, place.store, at=AT).build_id == "b0"
    news = [(c.build_id, c.operation, c.party_id) for c in read_changes(place.store, before)]
    assert news == [("b0", "MOD", "1"), ("b0", "ADD", "2")]
    assert (
        place.told()
        == place.shown()
        == {
            "1": {"full_name": "Anna", "email": "a@x.de"},
            "2": {"full_name": "Bea", "email": "b@x.de"},
        }
    )
    place.publish({"1": ("Anne", "a@x.de")})
    assert place.told() == place.shown() == {"1": {"full_name": "Anne", "email": "a@x.de"}}


def test_going_back_twice_to_one_build_is_told_once(place):
    place.publish({"1": ANNA})
    place.publish({"1": BEA})
    go_back(place.root, place.store, at=AT, build_id="b0")
    entries = len(read_changes(place.store))
    go_back(place.root, place.store, at=AT, build_id="b0")
    assert len(read_changes(place.store)) == entries == 3


def test_a_crash_between_going_back_and_the_feed_is_caught_up_with_todays_date(place):
    place.publish({"1": ANNA})
    place.publish({"1": BEA})
    rollback(place.root, "b0")
    later = AT + timedelta(days=9)
    assert catch_up(place.store, place.root, later) == 1
    assert catch_up(place.store, place.root, later) == 0
    assert read_changes(place.store)[-1].at == later
    assert place.told() == place.shown()


def test_who_was_suppressed_is_in_no_file_after_a_rollback(place):
    place.publish({"1": ANNA, "2": BEA})
    place.publish({"2": BEA})
    suppress_party(place.store, "1", reason="erasure", at=AT)
    suppress_address(place.store, "b@x.de", reason="objection", at=AT)
    build = go_back(place.root, place.store, at=AT)
    assert build.build_id == "b0.2"
    assert (
        place.file() == place.shown() == place.told() == {"2": {"full_name": "Bea", "email": None}}
    )
    with open_warehouse(build.database, read_only=True) as con:
        files = str(build.folder / "parquet" / "golden_parties.parquet")
        assert con.read_parquet(files).fetchall() == [("2", "Bea", None)]
        assert con.sql("select distinct build_id from build_info").fetchall() == [("b0.2",)]
    for path in build.folder.rglob("*.*"):
        assert not path.is_file() or b"Anna" not in path.read_bytes()


def test_a_refresh_takes_who_was_suppressed_out_of_the_current_files(place):
    place.publish({"1": ANNA, "2": BEA})
    assert refresh(place.root, place.store, at=AT).build_id == "b0"
    suppress_party(place.store, "1", reason="objection", at=AT)
    assert refresh(place.root, place.store, at=AT).build_id == "b0.2"
    assert refresh(place.root, place.store, at=AT).build_id == "b0.2"
    assert list(place.file()) == ["2"]
    assert place.told() == place.shown()


def test_the_build_before_a_copy_is_the_one_before_its_origin(place):
    for parties in ({"1": ANNA}, {"1": BEA}, {"1": ANNA, "2": BEA}):
        place.publish(parties)
    suppress_party(place.store, "2", reason="erasure", at=AT)
    assert go_back(place.root, place.store, at=AT).build_id == "b1.2"
    assert earlier(place.root).build_id == "b0"
    go_back(place.root, place.store, at=AT)
    with pytest.raises(PublishError, match="no build before"):
        go_back(place.root, place.store, at=AT)


def test_going_back_takes_no_version_of_a_customer_away(place):
    place.publish({"1": ANNA})
    place.publish({"1": ANNA, "2": BEA})
    versions = [tuple(row) for row in place.store.query("select * from customer_versions")]
    go_back(place.root, place.store, at=AT)
    assert [tuple(row) for row in place.store.query("select * from customer_versions")] == versions


def test_builds_go_by_number_and_by_age_and_never_the_current_one(place):
    for _ in range(5):
        place.publish({"1": ANNA})
    now = AT + timedelta(days=5)
    rollback(place.root, "b0")
    assert prune(place.root, keep=4, days=3, at=now) == ["b1"]
    assert prune(place.root, keep=4, days=2, at=now) == ["b2"]
    assert [build.build_id for build in list_builds(place.root)] == ["b0", "b3", "b4"]
    assert prune(place.root, keep=1, days=1, at=now + timedelta(days=9)) == ["b3", "b4"]
    assert current_build(place.root).build_id == "b0"


def test_a_release_lets_builds_go_that_are_too_old(place):
    for _ in range(4):
        place.publish({"1": ANNA}, keep_days=1)
    assert [build.build_id for build in list_builds(place.root)] == ["b2", "b3"]


PARTIES = st.dictionaries(
    st.sampled_from("1234"),
    st.tuples(st.sampled_from(["Anna", "Bea"]), st.sampled_from(["a@x.de", "b@x.de", None])),
)
STEPS = st.one_of(
    st.tuples(st.just("publish"), PARTIES),
    st.tuples(st.just("back"), st.integers(0, 5)),
    st.tuples(st.just("hide"), st.sampled_from(["1", "2", "a@x.de"])),
)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=PARTIES, steps=st.lists(STEPS, max_size=6))
def test_the_replayed_feed_is_what_readers_see_whatever_happened(first, steps, tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("place"))
    with closing(place.store):
        place.publish(first)
        held, cursor = {}, 0
        for step, given_ in steps:
            take(place, step, given_)
            assert place.told() == place.shown() == place.file()
            # A consumer who kept up holds the same as one who begins now.
            news = read_changes(place.store, cursor)
            held, cursor = replay(news, held), news[-1].cursor if news else cursor
            assert held == place.told()


def take(place, step, given_):
    if step == "publish":
        place.publish(given_)
    elif step == "back":
        builds = list_builds(place.root)
        go_back(place.root, place.store, at=AT, build_id=builds[given_ % len(builds)].build_id)
    else:
        hide = suppress_address if "@" in given_ else suppress_party
        hide(place.store, given_, reason="erasure", at=AT)
        refresh(place.root, place.store, at=AT)
