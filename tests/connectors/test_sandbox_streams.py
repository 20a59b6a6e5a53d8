"""Every stream against the sandbox's vendor APIs: behaved, misbehaving, and killed midway."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from connectors.check import check
from connectors.registry import systems
from sandbox.server.faults import ALLOWED, KINDS
from stamm.errors import SourceError
from tests.connectors.sandboxed import DECLARED, Company, Landing, served_company, small_pages

STREAMS = [
    (name, stream.name)
    for name, declared in DECLARED.items()
    for stream in systems()[declared["system"]].streams
]
# Zendesk's counts hold what its exports leave out for a minute.
EXPORTS = {"users", "organizations", "tickets"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("company")


@pytest.fixture(scope="module")
def company(folder: Path) -> Iterator[Company]:
    with served_company(folder) as served:
        yield served


@pytest.fixture
def landing(tmp_path: Path, company: Company) -> Iterator[Landing]:
    made = Landing(tmp_path)
    yield made
    made.store.close()
    company.behave()


def live_at_the_source(folder: Path, system: str, stream: str) -> list[str]:
    """Keys that the company's own database calls live: read past all connectors."""
    with sqlite3.connect(f"file:{folder / 'company.db'}?mode=ro", uri=True) as db:
        until = db.execute("select value from meta where name = 'clock'").fetchone()[0]
        exported = stream in EXPORTS
        rows = db.execute(
            "select key from record where system = ? and stream = ? and deleted = 0 "
            "and (not ? or changed_at <= (unixepoch(?) - 60) * 1000)",
            (system, stream, exported, until),
        )
        return sorted(key for (key,) in rows)


@pytest.mark.parametrize(("source_name", "stream_name"), STREAMS)
def test_a_stream_lands_whole_and_a_second_read_lands_nothing(
    company: Company, folder: Path, landing: Landing, source_name: str, stream_name: str
):
    source = company.source(source_name)
    stream = small_pages(systems()[source.system].stream(stream_name))
    first = landing.extract(source, stream)
    expected = live_at_the_source(folder, source.system, stream_name)
    assert len(landing.keys(source, stream)) == len(expected) == first.upserts > 0
    assert (first.rejected, first.deletes) == (0, 0)
    again = landing.extract(source, stream)
    assert (again.load_id, again.rows) == (None, 0)


FAULTS = [
    ("erp", "sales_order_items"),
    ("shop", "orders"),
    ("mail", "events"),
    ("mail", "contacts"),
    ("help", "tickets"),
    ("help", "ticket_metrics"),
]


@pytest.fixture(scope="module")
def undisturbed(
    company: Company, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], list[tuple[str, str]]]:
    """Records of a stream, as they land on a calm day."""

    @cache
    def records(source_name: str, stream_name: str) -> list[tuple[str, str]]:
        source = company.source(source_name)
        stream = small_pages(systems()[source.system].stream(stream_name))
        calm = Landing(tmp_path_factory.mktemp("calm"))
        with closing(calm.store):
            calm.extract(source, stream)
            return calm.records(source, stream)

    return records


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("source_name", "stream_name"), FAULTS)
def test_after_any_misbehaviour_the_next_run_has_every_record_once(
    company: Company, landing: Landing, kind: str, source_name: str, stream_name: str, undisturbed
):
    source = company.source(source_name)
    stream = small_pages(systems()[source.system].stream(stream_name))
    met, seconds = 2, 0.05
    if kind == "rate_limit":
        stream = small_pages(stream, 3 if source_name == "help" else 10)
        met, seconds = ALLOWED + 1, 300
    expected = undisturbed(source_name, stream_name)
    path = stream.path.rsplit("/", 2)[-2] if source_name == "help" else stream.path
    company.forget_requests()
    company.misbehave(source_name, kind, times=1, after=1, seconds=seconds, path=path)
    try:
        landing.extract(source, stream)
    except SourceError as failure:
        assert kind in {"empty", "expired_token"}, failure
    assert len(company.asked(path)) >= met, "the fault was never met"
    company.behave()
    landing.extract(source, stream)
    if kind == "unknown_field":  # what came unannounced is kept; nothing else differs
        assert landing.keys(source, stream) == [key for key, _ in expected]
    else:
        assert landing.records(source, stream) == expected


def test_every_kind_of_fault_meets_every_system():
    assert {name for name, _ in FAULTS} == set(DECLARED)


# Each hits three requests; together they are in the way of nearly every page.
STORM = ("server_error", "cut_off", "duplicate_pages", "down", "capped_pages", "too_many_requests")


@pytest.mark.slow
@pytest.mark.parametrize("name", DECLARED)
def test_through_a_storm_of_faults_no_record_is_lost_and_none_doubled(
    company: Company, landing: Landing, name: str, undisturbed
):
    source = company.source(name)
    for stream in (small_pages(one, 20) for one in systems()[source.system].streams):
        expected = undisturbed(name, stream.name)
        company.behave()
        for place, kind in enumerate(STORM):
            company.misbehave(name, kind, times=3, after=place, path=stream.path)
        landing.extract(source, stream)
        assert landing.records(source, stream) == expected, stream.name


@pytest.mark.parametrize("name", DECLARED)
def test_a_check_tells_totals_and_names_wrong_credentials(
    company: Company, landing: Landing, name: str
):
    health = check(company.source(name), landing.store, landing.root, landing.clock)
    assert health.ok, health.problems
    assert any(stream.server_total for stream in health.streams)
    secret = {"erp": "password", "shop": "client_secret", "mail": "api_key", "help": "api_token"}
    wrong = company.source(name, **{secret[name]: "wrong-secret"})
    health = check(wrong, landing.store, landing.root, landing.clock)
    assert (health.ok, health.reachable, health.credentials_ok) == (False, True, False)
    (found,) = health.problems
    assert found.problem.startswith(f"{name}.{health.streams[0].stream}: ")
    assert "expected the credentials to be accepted, found HTTP 401" in found.problem
    assert f"sources.{name}.{secret[name]} in stamm.yaml" in found.remedy


def test_a_check_names_a_source_that_is_down(landing: Landing):
    source = Company("http://127.0.0.1:9").source("erp")
    health = check(source, landing.store, landing.root, landing.clock)
    assert (health.ok, health.reachable) == (False, False)
    (found,) = health.problems
    assert found.problem == (
        "erp.business_partners: expected an answer from http://127.0.0.1:9/erp, "
        "found no answer: the connection was refused"
    )
    assert "whether the system is up" in found.remedy


KILLED = """
import sys
from pathlib import Path
from connectors.registry import systems
from tests.connectors.sandboxed import Company, Landing, small_pages
landing = Landing(Path(sys.argv[1]))
source = Company(sys.argv[2]).source(sys.argv[3])
landing.extract(source, small_pages(systems()[source.system].stream(sys.argv[4]), 10))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "killed",
    [
        ("erp", "sales_order_items", "A_SalesOrderItem"),
        ("help", "tickets", "incremental/tickets"),
        ("mail", "contacts", "/v3/contacts"),
    ],
)
def test_a_process_killed_midway_is_resumed_and_nothing_committed_is_asked_again(
    company: Company, folder: Path, tmp_path: Path, killed: tuple[str, str, str]
):
    source_name, stream_name, path = killed
    company.forget_requests()
    company.misbehave(source_name, "slow", times=1000, seconds=0.15, path=path)
    command = [sys.executable, "-c", KILLED, str(tmp_path), company.url, source_name, stream_name]
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ) as p:
        while len(company.asked(path)) < 4:
            assert p.poll() is None, "it ended before it could be killed"
            time.sleep(0.02)
        os.kill(p.pid, signal.SIGKILL)
    company.behave()
    source = company.source(source_name)
    stream = small_pages(systems()[source.system].stream(stream_name), 10)
    landing = Landing(tmp_path)
    assert landing.keys(source, stream) == []
    landing.extract(source, stream)
    asked = company.asked(path)
    repeated = [one for one in set(asked) if asked.count(one) > 1]
    assert len(asked) > 5
    assert len(repeated) <= 1  # the page that was under way when it died
    expected = live_at_the_source(folder, source.system, stream_name)
    assert len(landing.keys(source, stream)) == len(expected)
    landing.store.close()
