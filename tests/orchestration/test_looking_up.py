"""A warm look-up knows the records of the last run that has ended."""

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import pytest

from dedupe.lookup.card import read_card
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from orchestration.looking_up import CurrentLookup
from orchestration.runs import RunLog
from orchestration.turns import written
from orchestration.warm_lookup import PROCESS, LookupProcess
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

    with written(home):  # by the next run
        assert warm.find(CARD, 5) == []  # as the run before knew it
    assert [hit.record_id for hit in warm.find(CARD, 5)] == ["n1@shop"]
    warm.find(CARD, 5)
    assert len(reads) == 2


@pytest.fixture
def process(home, store):
    """Knows the runs of the test above."""
    with closing(LookupProcess(home)) as started:
        yield started


def running():
    """The processes of a look-up; those of a parser, kept for its next values, are not of it."""
    return [child for child in multiprocessing.active_children() if child.name == PROCESS]


def until(looked_for, process):
    while process.state() != looked_for:
        sleep(0.05)


def test_a_server_finds_as_soon_as_the_records_are_read_and_nobody_who_is_hidden(process):
    assert process.state() == "loading"
    with pytest.raises(StammError, match="a search needs the records of a run: loading"):
        process.find(CARD, 5, NOTHING)
    until("ready", process)
    [hit] = process.find(CARD, 5, NOTHING)
    assert hit.record_id == "n1@shop"
    assert process.find(CARD, 5, Suppressed(parties=frozenset([hit.party_id]))) == []


def test_several_ask_at_once_and_each_has_its_own_answer(process):
    until("ready", process)
    others = [read_card({"full_name": f"Nobody Nowhere {n}"}) for n in range(20)]
    cards = [card for other in others for card in (CARD, other)]
    with ThreadPoolExecutor(8) as clients:
        found = list(clients.map(lambda card: process.find(card, 5, NOTHING), cards))
    assert [[hit.record_id for hit in hits] for hits in found] == [["n1@shop"], []] * 20


def test_a_process_that_was_killed_is_started_again(process, monkeypatch):
    until("ready", process)
    monkeypatch.setattr("orchestration.warm_lookup._POLL_SECONDS", 0)
    [killed] = running()
    killed.kill()
    assert process.state() == "loading"
    until("ready", process)
    assert len(process.find(CARD, 5, NOTHING)) == 1
    [another] = running()
    assert another != killed


def test_no_process_is_left_when_the_server_ends(process):
    until("ready", process)
    process.close()
    assert running() == []
    with pytest.raises(StammError, match="the server is ending"):
        process.find(CARD, 5, NOTHING)


def test_a_process_ends_with_a_server_that_was_killed(home, store):
    script = (
        "import os, sys, time; from pathlib import Path\n"
        "from orchestration.warm_lookup import LookupProcess; from stamm.home import Home\n"
        "if __name__ == '__main__':\n"
        f"    one = LookupProcess(Home(Path({str(home.root)!r})))\n"
        "    while one.state() != 'ready': time.sleep(0.05)\n"
        "    print(one._process.pid, flush=True); os.kill(os.getpid(), 9)\n"
    )
    file = home.root / "server.py"
    file.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONPATH": os.getcwd()},  # noqa: PTH109
    )  # fmt: skip
    assert done.returncode == -9
    while Path(f"/proc/{int(done.stdout)}").exists():
        sleep(0.05)


def test_a_server_without_a_run_says_what_it_waits_for(tmp_path):
    empty = Home(tmp_path).prepare()
    with closing(Store.open(empty.store)), closing(LookupProcess(empty)) as process:
        while process.state() == "loading":
            sleep(0.05)
        assert "expected a DuckDB file, found none" in process.state()
        with pytest.raises(StammError, match="a search needs the records of a run: .*found none"):
            process.find(CARD, 5, NOTHING)
