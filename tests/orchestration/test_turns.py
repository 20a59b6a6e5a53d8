"""A run at work never meets a reader of its warehouse, and a reader no half-written one."""

import threading
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from orchestration.alone import AtWork
from orchestration.announcing import listening
from orchestration.cli.main import app
from orchestration.session import Pipeline
from orchestration.turns import last_run, written
from stamm.duck import open_warehouse
from stamm.errors import StammError
from stamm.home import Home

READERS = (
    ("quarantine", "list"),
    ("quarantine", "release", "r1", "--why", "right"),
    ("explain", "r1", "r2"),
    ("why", "r1"),
    ("lookup", "--email", "anna@gmx.de"),
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    home = Home(tmp_path / "data").prepare()
    open_warehouse(home.warehouse).close()
    return home


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_a_command_that_reads_the_warehouse_is_refused_while_a_run_is_at_work(home, command):
    with written(home):
        told = CliRunner().invoke(app, command).exception
    assert isinstance(told, AtWork)
    assert "a run is at work here" in str(told)
    assert "stamm status" in str(told)


def test_a_run_that_begins_waits_until_the_last_reader_has_let_go(home):
    reading, free = threading.Event(), threading.Event()

    def look():
        with last_run(home):
            reading.set()
            free.wait(30)

    reader = threading.Thread(target=look)
    reader.start()
    reading.wait(30)
    threading.Timer(0.1, free.set).start()
    told = []
    with listening(lambda text, passing: told.append((text, passing))), written(home):
        assert free.is_set()
        open_warehouse(home.warehouse).close()
    assert told == [("waiting for a command that reads the warehouse, 600 s at most", False)]
    reader.join()


def test_a_run_says_who_holds_it_up_when_a_reader_never_lets_go(home):
    with (
        last_run(home),
        pytest.raises(StammError, match="another command has been reading it for 0 s"),
        written(home, patience=0),
    ):
        pass


def test_several_read_at_once(home):
    with ExitStack() as readers:
        found = [readers.enter_context(last_run(home)) for _ in range(2)]
        assert [con.sql("select 1").fetchall() for con in found] == [[(1,)], [(1,)]]


def test_a_run_has_its_turn_from_its_beginning_to_its_end(home, tmp_path):
    (tmp_path / "stamm.yaml").write_text(
        "sources: {t: {system: database, url: 'sqlite:///t.db', tables: {t: {table: t, key: k}}}}"
    )
    with Pipeline().yield_for_execution(SimpleNamespace(run=None)):
        with pytest.raises(AtWork), last_run(home):
            pass
    with last_run(home):
        pass


def test_without_a_run_there_is_nothing_to_read_and_nothing_is_made(tmp_path):
    with pytest.raises(StammError, match="expected a DuckDB file, found none"):
        with last_run(Home(tmp_path / "none")):
            pass
    assert list(tmp_path.iterdir()) == []
