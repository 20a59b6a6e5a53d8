"""A warm look-up knows the records of the last run that has ended."""

from contextlib import closing
from datetime import UTC, datetime
from time import sleep
from types import SimpleNamespace

import pytest

from dedupe.lookup.card import read_card
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from orchestration.looking_up import CurrentLookup
from orchestration.runs import RunLog
from orchestration.serving_api import WarmLookup
from serving.suppressed import NOTHING, Suppressed
from stamm.duck import open_warehouse
from stamm.errors import StammError
from stamm.home import Home
from stamm.store import Store
from tests.dedupe.match_input import record, write_match_input
from tests.dedupe.small_company import firms, people

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
NEW = record("n1@shop", given_name="Rosalie", family_name="Quittenbaum",
             emails=["rosalie@quitte.example"])  # fmt: skip
CARD = read_card({"full_name": "Rosalie Quittenbaum", "emails": ["rosalie@quitte.example"]})


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return Home(tmp_path_factory.mktemp("data")).prepare()


@pytest.fixture(scope="module")
def store(home):
    with closing(Store.open(home.store)) as opened:
        yield opened


def run(home, store, number, rows, outcome="done"):
    specifications = {kind: load_specification(kind) for kind in ("person", "organisation")}
    with open_warehouse(home.warehouse) as con:
        write_match_input(con, rows)
        resolve_parties(
            con, store, specifications, run_id=f"run-{number}", at=AT, work_dir=home.linkage
        )
    log = RunLog(store)
    log.begin(f"run-{number}", "2026-06-30", full=False)
    log.end(f"run-{number}", outcome)


def test_records_of_a_later_run_are_found_as_soon_as_nobody_holds_the_warehouse(
    home, store, monkeypatch
):
    run(home, store, 1, [*people(), *firms()])
    warm = CurrentLookup(home, store)
    reads = []
    monkeypatch.setattr(warm, "_read", lambda: reads.append(1) or CurrentLookup._read(warm))
    assert warm.find(CARD, 5) == []
    assert reads == []  # nothing ended since
    run(home, store, 2, [*people(), *firms(), NEW], outcome="StammError")  # golden, but stopped

    def held(*_, **__):
        raise StammError("cannot be opened")

    with monkeypatch.context() as busy:
        busy.setattr("orchestration.looking_up.open_warehouse", held)
        assert warm.find(CARD, 5) == []  # as the run before knew it
    assert [hit.record_id for hit in warm.find(CARD, 5)] == ["n1@shop"]
    warm.find(CARD, 5)
    assert len(reads) == 2


def test_a_server_finds_as_soon_as_the_records_are_read_and_nobody_who_is_hidden(home, store):
    """After the runs of the test above."""
    with closing(WarmLookup(SimpleNamespace(home=home), store)) as warm:
        while warm.state() != "ready":
            sleep(0.01)
        [hit] = warm.find(CARD, 5, NOTHING)
        assert hit.record_id == "n1@shop"
        assert warm.find(CARD, 5, Suppressed(parties=frozenset([hit.party_id]))) == []


def test_a_server_without_a_run_says_what_it_waits_for(tmp_path):
    empty = Home(tmp_path).prepare()
    with closing(Store.open(empty.store)) as none:
        with closing(WarmLookup(SimpleNamespace(home=empty), none)) as warm:
            while warm.state() == "loading":
                sleep(0.01)
            assert "expected a DuckDB file, found none" in warm.state()
            with pytest.raises(StammError, match="a search needs the records of a run"):
                warm.find(CARD, 5, NOTHING)
