"""A simulation touches nothing, and the run that follows does exactly what it said."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dedupe.identity import ledger
from dedupe.judgement.judgements import record_judgement
from dedupe.judgement.simulate import Places, copied, simulated
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from stamm.duck import open_warehouse
from stamm.errors import StammError
from stamm.store import Store
from tests.dedupe.match_input import write_match_input
from tests.dedupe.small_company import firms, people

AT = datetime(2026, 1, 1, tzinfo=UTC)


def specifications(bits=-1.0):
    found = {t: load_specification(t) for t in ("person", "organisation")}
    return {
        t: one.model_copy(
            update={"thresholds": one.thresholds.model_copy(update={"merge_bits": bits})}
        )
        for t, one in found.items()
    }


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A first run over sixty people and twenty firms, in files."""
    folder = tmp_path_factory.mktemp("home")
    places = Places(folder / "warehouse.duckdb", folder / "state.db", folder / "dedupe")
    with open_warehouse(places.warehouse) as con:
        write_match_input(con, [*people(), *firms()])
    run(places, specifications())
    return places


def run(places, chosen):
    """A real run: its counts, its events, the crosswalk."""
    with open_warehouse(places.warehouse) as con, closing(Store.open(places.store)) as store:
        known = len(ledger.events(store))
        outcome = resolve_parties(con, store, chosen, run_id="run", at=AT, work_dir=places.linkage)
        return outcome, ledger.events(store)[known:], crosswalk(con)


def crosswalk(con):
    return con.sql("select record_id, party_id from golden.xref_parties order by 1").fetchall()


def simulate(places, chosen):
    scratch = places.warehouse.parent / "simulation"
    with simulated(places, chosen, scratch=scratch, at=AT) as done:
        said = (done.outcome, list(done.events), crosswalk(done.con), done.parties_touched)
    assert not scratch.exists()
    return said


def fingerprint(places):
    files = [places.warehouse, *sorted(places.linkage.rglob("*"))]
    digests = [hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()]
    with closing(Store.open(places.store)) as store:
        rows = [tuple(r) for r in store.query("select * from party_events order by seq")]
    return digests, rows


def same_events(one, other):
    return [replace(e, run_id="") for e in one] == [replace(e, run_id="") for e in other]


def test_a_simulation_touches_neither_ledger_nor_warehouse_nor_models(places):
    before = fingerprint(places)
    _, events, _, touched = simulate(places, specifications())
    assert (events, touched) == ([], frozenset()), "nothing new predicts nothing"
    assert simulate(places, specifications(12.0))[1]
    assert fingerprint(places) == before


@pytest.mark.parametrize("bits", [12.0, -2.5])
def test_the_run_that_follows_does_exactly_what_was_predicted(places, bits):
    outcome, events, after, touched = simulate(places, specifications(bits))
    with open_warehouse(places.warehouse, read_only=True) as con:
        before = dict(crosswalk(con))
    real_outcome, real_events, real_after = run(places, specifications(bits))
    assert outcome == real_outcome
    assert same_events(events, real_events)
    assert after == real_after
    moved = {r: p for r, p in real_after if before[r] != p}
    assert touched == {*moved.values(), *(before[r] for r in moved)}


def test_a_higher_threshold_splits_and_a_lower_one_merges_again(places):
    run(places, specifications())
    _, events, _, touched = simulate(places, specifications(20.0))
    assert {e.event for e in events} == {"created", "split"}
    assert touched


def test_judgements_that_no_run_has_applied_are_part_of_the_prediction(places):
    run(places, specifications())
    with closing(Store.open(places.store)) as store:
        record_judgement(
            store, ["p0@erp"], ["p0@shop"], "different", by="eva", at=AT, reason="namesakes"
        )
    _, events, after, _ = simulate(places, specifications())
    assert "split" in {e.event for e in events}
    assert dict(after)["p0@erp"] != dict(after)["p0@shop"]


def test_what_a_run_that_was_killed_left_beside_the_warehouse_is_not_in_the_way(tmp_path):
    places = Places(tmp_path / "w.duckdb", tmp_path / "state.db", tmp_path / "dedupe")
    places.warehouse.write_bytes(b"warehouse")
    (tmp_path / "w.duckdb.wal").write_bytes(b"log")
    (tmp_path / "w.duckdb.tmp").mkdir()  # DuckDB was spilling
    Store.open(places.store).close()
    with copied(places, tmp_path / "scratch") as copy:
        found = {file.name: file.read_bytes() for file in copy.warehouse.parent.glob("*.duckdb*")}
    assert found == {"warehouse.duckdb": b"warehouse", "warehouse.duckdb.wal": b"log"}


def test_without_a_run_there_is_nothing_to_start_from(tmp_path):
    nowhere = Places(tmp_path / "w.duckdb", tmp_path / "state.db", tmp_path / "dedupe")
    with pytest.raises(StammError, match="expected the warehouse of a run, found none"):
        simulate(nowhere, specifications())
