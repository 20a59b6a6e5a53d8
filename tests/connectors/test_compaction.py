"""Loads held together say what they said apart, wherever the process that wrote them was killed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import beginning, compaction, landing
from connectors.catalogue import create_views
from connectors.compaction import hold, number_to_hold
from connectors.extract import Stretch
from connectors.landing import MANIFEST, drop_held, fingerprint, manifests
from connectors.registry import systems
from stamm.clock import Clock, ManualClock
from stamm.duck import in_memory
from stamm.ids import new_ulid
from stamm.settings import SourceSettings
from stamm.store import Store
from tests.connectors.conftest import NOON, STREAM, Bench, Killed, Server, customer

SOURCE = SourceSettings(name="mail", system="brevo")
CONTACTS = replace(STREAM, name="contacts", sweep=timedelta(hours=6))
VIEWS = ("brevo_contacts", "brevo_contact_versions", "all_loads", "all_tombstones", "all_rejected")
SYSTEMS = {"brevo": replace(systems()["brevo"], streams=(CONTACTS,))}
NEVER = 10**9
LOADS = 7  # of six hours: a record vanished once, which gives cause for a full read


def views(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    with in_memory() as con:
        create_views(con, root, SYSTEMS)
        return {
            view: con.execute(f"select * from landing.{view} order by all").fetchall()
            for view in VIEWS
        }


def hours_of_changes(bench: Bench, hours: int) -> None:
    """A load each hour: one record is new, one is rejected; in the fourth, one is deleted."""
    for hour in range(hours):
        bench.server.records = [customer(n, 60 * max(n, hour)) for n in range(hour + 1)]
        bench.server.records += [customer("bad", 60 * hour, email=None)]
        if hour >= 3:
            del bench.server.records[1]
        bench.clock.sleep(3600)
        bench.extract(CONTACTS, source=SOURCE)


def folder(bench: Bench) -> Path:
    return bench.landing / SOURCE.name / CONTACTS.name


def hold_all(bench: Bench) -> None:
    hold(folder(bench), manifests(folder(bench)))


@pytest.fixture
def apart(bench: Bench) -> Bench:
    bench.together = NEVER
    hours_of_changes(bench, 6)
    assert len(manifests(folder(bench))) == LOADS
    return bench


# ---- which loads ----


@pytest.mark.parametrize(
    ("sizes", "number"),
    [
        ([], 0),
        ([1] * 3, 0),  # too few
        ([1] * 4, 4),
        ([100, 1, 1, 1, 1], 4),  # the first load of all records is left alone
        ([100, 1, 2, 100, 1, 1], 6),  # two of them are not
        ([4, 4, 4, 1, 1, 1, 1], 7),  # as if four ones were a four already
        ([16, 4, 4, 4, 1, 1, 1, 1], 7),
        ([2_000_000, 2_000_000, 2_000_000, 2_000_000, 9], 0),  # large ones are never written again
        ([9, 9, 9, 2_000_000, 9, 9, 9], 0),
    ],
)
def test_the_newest_loads_of_like_size_are_held_together(sizes: list[int], number: int):
    assert number_to_hold(sizes, together=4) == number


@given(st.lists(st.integers(1, 5_000), max_size=400))
def test_few_loads_remain_and_no_row_is_written_often(sizes: list[int]):
    held: list[tuple[int, int]] = []  # rows, and how often the oldest of them was written again
    for size in sizes:
        held.append((size, 0))
        number = number_to_hold([rows for rows, _ in held], together=4)
        if number:
            some, held = held[-number:], held[:-number]
            held.append((sum(rows for rows, _ in some), 1 + max(times for _, times in some)))
    rows = sum(sizes)
    doublings = max(rows, 1).bit_length()
    assert len(held) <= 4 * (doublings + 1)
    assert all(times <= doublings for _, times in held)
    assert sum(rows for rows, _ in held) == rows


# ---- what they say ----


def test_every_view_and_the_fingerprint_stay_as_they_were(apart: Bench):
    before, mark = views(apart.landing), fingerprint(apart.landing)
    hold_all(apart)
    assert len(manifests(folder(apart))) == 1
    assert views(apart.landing) == before
    assert len(before["all_loads"]) == LOADS
    assert before["all_tombstones"]
    assert before["all_rejected"]
    assert fingerprint(apart.landing) == mark
    drop_held(folder(apart))
    assert views(apart.landing) == before
    assert fingerprint(apart.landing) == mark
    assert len(apart.loads()) == 1


def test_the_rows_are_the_same_with_what_they_said_of_their_load(apart: Bench):
    def rows(kind: str) -> list[dict[str, Any]]:
        files = [
            folder(apart) / f"load={m.load_id}" / part.name
            for m in manifests(folder(apart))
            for part in getattr(m, kind)
        ]
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    before = rows("parts"), rows("rejected_parts")
    hold_all(apart)
    assert (rows("parts"), rows("rejected_parts")) == before


def test_the_ledger_keeps_all_figures_of_a_load(apart: Bench):
    first = manifests(folder(apart))[0]
    hold_all(apart)
    [held] = manifests(folder(apart))
    assert (held.loads, held.earlier is not None) == (LOADS - 1, True)
    [row] = [
        row
        for row in pq.read_table(next(folder(apart).glob("*/loads-of-*"))).to_pylist()
        if row["load_id"] == first.load_id
    ]
    figures = {name: getattr(first, name) for name in row if name != "drift"}
    assert {k: v for k, v in row.items() if k != "drift"} == figures


def test_the_next_run_builds_nothing_anew(apart: Bench, monkeypatch: pytest.MonkeyPatch):
    from connectors.current import CurrentVersions

    hold_all(apart)
    monkeypatch.setattr(CurrentVersions, "rebuild", lambda _: pytest.fail("rebuilt"))
    assert apart.extract(CONTACTS, source=SOURCE).load_id is None


def test_the_cache_built_anew_from_held_loads_knows_every_record(apart: Bench):
    hold_all(apart)
    drop_held(folder(apart))
    for file in folder(apart).glob("current.db*"):
        file.unlink()
    assert apart.extract(CONTACTS, source=SOURCE, full=True).load_id is None


def test_a_load_that_came_after_is_news(apart: Bench):
    hold_all(apart)
    mark = fingerprint(apart.landing)
    apart.server.records.append(customer(99, 900))
    apart.extract(CONTACTS, source=SOURCE)
    assert fingerprint(apart.landing) != mark


def test_a_reader_that_began_before_finds_its_files_until_the_next_extraction(apart: Bench):
    files = [
        folder(apart) / f"load={m.load_id}" / part.name
        for m in manifests(folder(apart))
        for part in m.parts
    ]
    hold_all(apart)
    assert all(file.exists() for file in files)
    apart.extract(CONTACTS, source=SOURCE)
    assert not any(file.exists() for file in files)


def test_a_reader_looks_again_where_a_load_went_while_it_looked(
    apart: Bench, monkeypatch: pytest.MonkeyPatch
):
    hold_all(apart)
    read = landing.read_manifest

    def slowly(path: Path) -> landing.Manifest:
        monkeypatch.setattr(landing, "read_manifest", read)
        drop_held(folder(apart))
        return read(path)

    monkeypatch.setattr(landing, "read_manifest", slowly)
    assert [manifest.loads for manifest in manifests(folder(apart))] == [LOADS - 1]


# ---- killed ----

STEPS = [
    (compaction, "_merged"),
    (compaction, "write_part"),
    (compaction, "write_manifest"),
    (landing.shutil, "rmtree"),
    (Path, "unlink"),
]


@contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, at: int, *, after: bool) -> Iterator[list[int]]:
    """Dies before or right after the step of that number, if there are so many."""
    steps = [0]

    def around(step: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            steps[0] += 1
            if steps[0] == at and not after:
                raise Killed
            result = step(*args, **kwargs)
            if steps[0] == at:
                raise Killed
            return result

        return guarded

    with monkeypatch.context() as patched:
        for owner, name in STEPS:
            patched.setattr(owner, name, around(getattr(owner, name)))
        with suppress(Killed):
            yield steps


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 11))
def test_killed_at_any_step_either_the_old_loads_count_or_the_new_one(
    apart: Bench, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
):
    before, mark = views(apart.landing), fingerprint(apart.landing)
    with killed(monkeypatch, at, after=after) as steps:
        hold_all(apart)
        drop_held(folder(apart))
    assert at <= steps[0] <= 11  # there is no more to die at
    assert len(manifests(folder(apart))) in (1, LOADS)
    assert views(apart.landing) == before
    assert fingerprint(apart.landing) == mark
    apart.extract(CONTACTS, source=SOURCE)
    hold_all(apart)
    drop_held(folder(apart))
    [held] = manifests(folder(apart))
    named = {part.name for part in landing.named_parts(held)} | {MANIFEST}
    assert {path.name for path in folder(apart).glob("load=*/*")} == named
    assert views(apart.landing) == before


# ---- any history ----


keys = st.integers(1, 6)
events = st.one_of(
    st.tuples(st.just("put"), keys, st.booleans()),
    st.tuples(st.just("put in silence"), keys, st.booleans()),
    st.tuples(st.just("delete"), keys),
    st.tuples(st.just("run"), st.just(0)),
    st.tuples(st.just("run"), st.integers(1, 12)),
    st.tuples(st.just("full"), st.just(0)),
    st.tuples(st.just("backfill"), st.just(0)),
)


def at_its_moment(clock: Clock) -> str:
    return new_ulid(clock)[:10] + "0" * 16


class History:
    """The same events upon a landing; `kill` says at which step of holding a run dies."""

    def __init__(self, home: Path, together: int, patch: pytest.MonkeyPatch) -> None:
        store = Store.open(home / "state.db")
        with store.transaction() as db:
            db.execute("insert into secrets values ('record_id', ?)", (b"k" * 32,))
        self.bench = Bench(home / "landing", store, ManualClock(NOON), Server(), together)
        self._records: dict[int, Any] = {}
        self._patch = patch

    def happens(self, event: tuple[Any, ...]) -> None:
        what, *details = event
        minute = (self.bench.clock.now() - NOON) // timedelta(minutes=1)
        if what == "put":
            self._put(details[0], minute, good=details[1], says=minute)
        elif what == "put in silence":
            self._put(details[0], minute, good=details[1], says=minute // 2)
        elif what == "delete":
            self._records.pop(details[0], None)
        else:
            self._runs(what, *details)
        self.bench.server.records = list(self._records.values())

    def _put(self, key: int, minute: int, *, good: bool, says: int) -> None:
        fields = {} if good else {"email": None}
        self._records[key] = customer(key, says, note=minute, **fields)

    def _runs(self, what: str, kill: int) -> None:
        bench = self.bench
        now = bench.clock.now()
        stretch = Stretch(now - timedelta(hours=5), now) if what == "backfill" else None
        with killed(self._patch, kill, after=kill % 2 == 0):
            bench.extract(CONTACTS, source=SOURCE, full=what == "full", stretch=stretch)
        bench.clock.sleep(3600)


@settings(max_examples=25, deadline=None)
@given(history=st.lists(events, min_size=4, max_size=30), together=st.integers(2, 4))
def test_any_history_gives_the_same_views_held_together_as_apart(
    history: list[tuple[Any, ...]], together: int
):
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as two,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(beginning, "new_ulid", at_its_moment)
        patch.setattr(landing.os, "fsync", lambda _: None)  # no power cut here, and many loads
        held, apart = History(Path(one), together, patch), History(Path(two), NEVER, patch)
        for event in [*history, ("full", 0), ("run", 0)]:
            held.happens(event)
            apart.happens(event if event[0] != "run" else ("run", 0))
        assert views(held.bench.landing) == views(apart.bench.landing)
