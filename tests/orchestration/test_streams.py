"""What the steps that read the sources make of a run: its present, and the source it asked for."""

from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from connectors.registry import systems
from orchestration.assets.streams import _extract
from orchestration.project import Project
from sandbox.company import create, now
from sandbox.records import connect
from sandbox.server import running
from stamm.home import Home
from stamm.settings import Settings
from stamm.store import Store
from tests.connectors.sandboxed import Company

AHEAD = datetime(2061, 3, 1, 6, tzinfo=UTC)  # later than the clock of any machine that runs this


@pytest.fixture
def session(tmp_path):
    """A run of the newsletter only, in a company whose present is AHEAD."""
    create(tmp_path / "company", customers=60, seed=3, start=AHEAD)
    store = Store.open(tmp_path / "state.db")
    with running(tmp_path / "company") as server:
        yield SimpleNamespace(
            project=Project(
                Settings(sources={"mail": Company(server.base_url).source("mail")}),
                Home(tmp_path / "data"),
                systems(),
                tmp_path,
            ),
            store=store,
            at=now(tmp_path / "company"),
            only_source="",
            only_stream="",
            stretch=None,
            reextract=False,
            retrain=False,
            stage=stage,
        )
    store.close()


@contextmanager
def stage(name):
    yield {}


def materialised(session):
    context = SimpleNamespace(log=SimpleNamespace(info=lambda *_: None))
    found = _extract(context, SimpleNamespace(session=session), "mail")
    return {result.asset_key.path[-1]: dict(result.metadata) for result in found}


def test_events_up_to_the_sandbox_s_present_are_read_by_a_machine_whose_clock_is_behind(
    session, tmp_path
):
    with connect(tmp_path / "company" / "company.db") as db:
        [(events,)] = db.execute(
            "select count(*) from record where system = 'brevo' and stream = 'events'"
        )
    assert events > 100
    assert materialised(session)["events"]["dagster/row_count"] == events


def test_a_stream_tells_what_became_of_its_records_and_how_far_it_is_behind(session):
    first = materialised(session)["contacts"]
    assert first["extracted"] == first["landed"] + first["duplicates"] + first["rejected"]
    assert first["at the source"] == first["extracted"]
    again = materialised(session)["contacts"]
    assert again["extracted"] == again["duplicates"] > 0
    assert (again["landed"], again["rejected"], again["deleted"]) == (0, 0, 0)
    assert again["lag_seconds"] >= 0


def test_a_source_that_was_not_asked_for_reports_no_rows(session):
    session.only_source = "shop"
    told = materialised(session)
    assert set(told) == {"contacts", "lists", "campaigns", "events"}
    assert all(set(metadata) == {"skipped"} for metadata in told.values())
