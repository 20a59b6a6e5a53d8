"""Following the build over HTTP: whoever replays the changes holds what the snapshot holds."""

import json
import shutil
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from time import sleep

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import suppress_address, suppress_party
from serving.changes import Change, replay
from serving.release import go_back, refresh, release
from serving.withheld import bounds, forget_changes
from stamm.home import Home
from stamm.store import Store
from tests.serving.api.published import AT, publish_company, rows_of_the_company, running


def changes(api, since=0, limit=10_000):
    """All entries behind a cursor, asked for in pages."""
    found = []
    while True:
        answer = api.get(f"/changes?since={since}&limit={limit}").json()
        found += [
            Change(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in answer["items"]
        ]
        since = answer["next"]
        if not answer["more"]:
            return found, since


def snapshot(api):
    """What it holds, and the cursor to go on from."""
    answer = api.get("/snapshot")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return {one["party_id"]: one["fields"] for one in lines}, int(answer.headers["x-cursor"])


def test_pages_of_changes_come_in_order_and_each_entry_once(api):
    whole, end = changes(api)
    pages, same_end = changes(api, limit=7)
    assert pages == whole
    assert same_end == end == whole[-1].cursor
    cursors = [one.cursor for one in whole]
    assert cursors == sorted(set(cursors))
    assert {one.operation for one in whole} == {"ADD"}


def test_the_snapshot_as_arrow_holds_the_same_people(api):
    held, _ = snapshot(api)
    answer = api.get("/snapshot", Accept="application/vnd.apache.arrow.stream")
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = pa.ipc.open_stream(answer.content).read_all()
    rows = {row.pop("party_id"): row for row in table.to_pylist()}
    assert rows.keys() == held.keys()
    assert all(rows[party]["email"] == held[party]["email"] for party in held)
    assert set(next(iter(rows.values()))) == set(next(iter(held.values())))


def test_the_snapshot_in_another_form_is_another_answer(api):
    arrow = "application/vnd.apache.arrow.stream"
    lines = api.get("/snapshot")
    assert lines.headers["vary"] == "Accept"
    held = {"If-None-Match": lines.headers["etag"]}
    assert api.get("/snapshot", **held).status_code == 304
    assert api.get("/snapshot", Accept=arrow, **held).status_code == 200
    held = {"If-None-Match": api.get("/snapshot", Accept=arrow).headers["etag"]}
    assert api.get("/snapshot", Accept=arrow, **held).status_code == 304
    assert api.get("/snapshot", **held).status_code == 200


@pytest.mark.parametrize("since", [10**6, 2**60])
def test_a_cursor_that_the_feed_does_not_reach_is_told_to_load_in_full(api, since):
    answer = api.get(f"/changes?since={since}")
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/cursor-gone")
    assert "/snapshot" in answer.json()["detail"]


def test_a_consumer_behind_what_was_forgotten_is_told_so_and_the_rest_adds_up(home, api):
    held, cursor = snapshot(api)
    store = api.service.store
    assert forget_changes(store, AT + timedelta(days=1)) > 0
    assert bounds(store) == (cursor, cursor)
    assert api.get("/changes?since=0").status_code == 410
    assert api.get(f"/changes?since={cursor}").json()["items"] == []
    record_consent(store, ConsentEvent("anna.huber0@web.de", "email", "withdrawn", AT, None))
    news, _ = changes(api, cursor)
    assert [(one.operation, one.fields) for one in news] == [
        ("WITHDRAW", {"permission_email": False})
    ]
    assert replay(news, held) == snapshot(api)[0]


# What may happen between two answers: a run over some of the records, or a word about somebody.
PERSON = st.integers(0, 5)
EVENTS = st.one_of(
    st.tuples(st.just("run"), st.sets(st.integers(0, 19), max_size=6)),
    st.tuples(st.just("suppress"), PERSON),
    st.tuples(st.just("hide_address"), PERSON),
    st.tuples(st.just("withdraw"), PERSON),
    st.tuples(st.just("grant"), PERSON),
    st.tuples(st.just("refresh"), st.none()),
    st.tuples(st.just("back"), st.none()),
    st.tuples(st.just("restrict"), PERSON),
)
MAILS = ("anna.huber0", "juergen.gruenwald1", "mehmet.oeztuerk2", "sofia.steinbacher3",
         "lukas.maier4", "beate.rossi5")  # fmt: skip


class World:
    """A server over a company that goes on."""

    def __init__(self, home, api):
        self.home, self.api, self.store = home, api, api.service.store
        self.builds, self.at, self.restricted = 1, AT, set()

    def happen(self, event, what):
        self.at += timedelta(hours=1)
        getattr(self, event)(what)

    def run(self, left_out):
        self.builds += 1
        gone = {f"p{i}@{source}" for i in left_out for source in ("erp", "mail")}
        rows = [row for row in rows_of_the_company() if row["record_id"] not in gone]
        for row in rows:
            row["restricted"] = row["record_id"] in self.restricted
        publish_company(self.home, self.store, self.builds, rows)

    def restrict(self, person):
        self.restricted ^= {f"p{person}@erp"}
        self.run(set())

    def suppress(self, person):
        found = self.store.query(
            "select party_id from party_memberships where record_id = ? order by seq desc",
            [f"p{person}@shop"],
        )
        suppress_party(self.store, found[0]["party_id"], reason="objection", at=self.at)

    def hide_address(self, person):
        suppress_address(self.store, f"{MAILS[person]}@web.de", reason="objection", at=self.at)

    def withdraw(self, person):
        self._say(person, "withdrawn", None)

    def grant(self, person):
        self._say(person, "confirmed", "signed at the fair")

    def _say(self, person, event, evidence):
        said = ConsentEvent(f"{MAILS[person]}@web.de", "email", event, self.at, evidence)
        record_consent(self.store, said)

    def refresh(self, _):
        refresh(self.home.published, self.store, at=self.at)

    def back(self, _):
        if self.builds > 1:
            go_back(self.home.published, self.store, at=self.at, build_id="b1")


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(events=st.lists(EVENTS, min_size=1, max_size=4))
def test_replaying_the_feed_from_any_moment_gives_exactly_the_snapshot(
    events, published_once, tmp_path_factory
):
    root = tmp_path_factory.mktemp("world") / "home"
    shutil.copytree(published_once.root, root, symlinks=True)
    with running(Home(root)) as api:
        world = World(Home(root), api)
        begun = [snapshot(api)]
        for event, what in events:
            world.happen(event, what)
            begun.append(snapshot(api))
        now, end = begun[-1]
        for held, cursor in [({}, 0), *begun]:
            news, last = changes(api, cursor)
            assert replay(news, held) == now
            assert last == end


def issue(home, store, build_id):
    """The same company as a build of another name."""
    release(home.warehouse, home.published, store, build_id=build_id, info={}, at=AT, keep=5)


def until(holds):
    while not holds():
        sleep(0.01)


def test_a_new_build_and_a_way_back_are_taken_up_without_a_dropped_request(home, api):
    """Three clients ask on while builds come and go."""
    seen: list[tuple[int, str]] = []
    done = threading.Event()

    def ask():
        while not done.is_set():
            answer = api.get("/customers?limit=5&fields=city")
            seen.append((answer.status_code, answer.json().get("build_id", answer.text)))

    clients = [threading.Thread(target=ask) for _ in range(3)]
    for client in clients:
        client.start()
    try:
        until(lambda: seen)
        with closing(Store.open(home.store)) as store:
            issue(home, store, "b2")
            go_back(home.published, store, at=datetime.now(UTC), build_id="b1")
            issue(home, store, "b3")
        until(lambda: seen[-1][1] == "b3")
    finally:
        done.set()
        for client in clients:
            client.join()
    assert {status for status, _ in seen} == {200}
    assert {build for _, build in seen} <= {"b1", "b2", "b3"}
    assert len({build for _, build in seen}) >= 2
