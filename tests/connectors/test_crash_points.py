"""Killed before or after any single step of a load, the next run gives the same landing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from connectors import landing
from connectors.current import CurrentVersions
from connectors.landing import load_folder, manifests, named_parts
from connectors.progress import ProgressLog
from tests.connectors.conftest import Bench, Killed, customer

STEPS = [
    (landing, "_place"),  # a part or a manifest becomes visible
    (CurrentVersions, "advance"),
    (CurrentVersions, "finish"),
    (CurrentVersions, "rebuild"),
    (ProgressLog, "move"),
]


class Killer:
    """Dies at one step, counted over all kinds of steps; before it, or right after."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.steps, self._at, self._after = 0, at, after

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            self.steps += 1
            fatal = self.steps == self._at
            if fatal and not self._after:
                raise Killed
            result = step(*args, **kwargs)
            if fatal:
                raise Killed
            return result

        return guarded


def change(bench: Bench) -> None:
    """Edits, a delete, an addition, a bad record, two mended ones; over several pages."""
    bench.server.records = [customer(n, n, town="Köln") for n in range(1, 8)]
    bench.server.records += [customer(10, email=None), customer(None)]
    bench.extract()
    records = bench.server.records
    records[0] = customer(1, 20, town="Bonn")
    del records[3]
    records[-2:] = [customer(10, 20), customer(11, 20)]
    records += [customer(8, 21), customer(9, 22, email=None)]
    bench.server.asked.clear()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 16))
def test_a_run_killed_at_any_step_is_finished_by_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
):
    change(bench)
    killer = Killer(at, after=after)
    with monkeypatch.context() as patched:
        for owner, name in STEPS:
            patched.setattr(owner, name, killer.around(getattr(owner, name)))
        try:
            bench.extract(full=True)
            assert killer.steps < at
        except Killed:
            assert killer.steps == at
    bench.extract(full=True)
    live = bench.live()
    assert set(live) == {"1", "2", "3", "5", "6", "7", "8", "10", "11"}
    assert live["1"]["town"] == "Bonn"
    assert bench.table("select count(*) from landing.all_tombstones") == [(1,)]
    assert bench.table("select count(*) from landing.all_rejected") == [(1,)]
    assert bench.extract(full=True).load_id is None
    on_disk = {p.parent.name for p in bench.landing.glob("*/*/load=*/*")}
    assert on_disk == set(bench.loads())


UNDOING = [(CurrentVersions, "rebuild"), (shutil, "rmtree")]


def killed_midway(bench: Bench, *, full: bool = False) -> None:
    """A read that dies between two pages."""

    def die(start: int) -> None:
        if start == 8:
            raise Killed

    bench.server.before_page = die
    with pytest.raises(Killed):
        bench.extract(full=full)
    bench.server.before_page = lambda _: None


def undone(bench: Bench, monkeypatch: pytest.MonkeyPatch, at: int, *, after: bool) -> Killer:
    """A read that was killed midway is to be undone, for all is to be read; killed again there."""
    change(bench)
    killed_midway(bench)
    killer = Killer(at, after=after)
    with monkeypatch.context() as patched:
        for owner, name in UNDOING:
            patched.setattr(owner, name, killer.around(getattr(owner, name)))
        with suppress(Killed):
            bench.extract(full=True)
    return killer


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_killed_while_a_load_is_undone_the_next_run_names_no_part_that_is_gone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
):
    assert undone(bench, monkeypatch, at, after=after).steps == at
    bench.extract()
    bench.extract(full=True)
    assert set(bench.live()) == {"1", "2", "3", "5", "6", "7", "8", "10", "11"}
    folder = bench.landing / "shop" / "customers"
    named = {load_folder(folder, load.load_id) / part.name
             for load in manifests(folder) for part in named_parts(load)}  # fmt: skip
    assert set(folder.glob("load=*/*.parquet")) == named


def test_undoing_has_two_steps(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    assert undone(bench, monkeypatch, 0, after=False).steps == 2


def test_a_load_whose_parts_are_gone_is_begun_anew(bench: Bench):
    change(bench)
    killed_midway(bench, full=True)
    # As an earlier version left it, which was killed while it undid a load.
    max(bench.landing.glob("*/*/load=*/part-00000.parquet")).unlink()
    bench.server.asked.clear()
    bench.extract(full=True)
    assert bench.server.asked[0] == (None, 0)
    assert set(bench.live()) == {"1", "2", "3", "5", "6", "7", "8", "10", "11"}


def test_the_steps_above_are_all_there_are(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    change(bench)
    killer = Killer(0, after=False)
    for owner, name in STEPS:
        monkeypatch.setattr(owner, name, killer.around(getattr(owner, name)))
    bench.extract(full=True)
    assert 8 <= killer.steps <= 15
