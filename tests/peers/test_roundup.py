"""Roundup, the real server: after every edit landing holds what its database holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stamm.clock import SystemClock
from stamm.errors import CredentialsRefused
from tests.connectors.sandboxed import small_pages
from tests.peers.landed import Source
from tests.peers.roundup import PASSWORD, Roundup, running

pytestmark = [pytest.mark.peer, pytest.mark.roundup, pytest.mark.timeout(600)]

HELD = {
    "users": """
        select id, _username as username, _realname as realname, _address as address,
               _phone as phone, _organisation as organisation from _user where __retired__ = 0
    """,
    "issues": """
        select id, _title as title, _creator as creator, _assignedto as assignedto,
               _status as status from _issue where __retired__ = 0
    """,
    "messages": """
        select id, _author as author, _summary as summary from _msg where __retired__ = 0
    """,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roundup]:
    with running(tmp_path_factory.mktemp("roundup")) as tracker:
        yield tracker


def source_of(server: Roundup, folder: Path, password: str = PASSWORD, clock=None) -> Source:
    return Source(
        folder, "roundup", clock, url=server.url, username="admin", password=password, insecure=True
    )


def assert_complete(server: Roundup, source: Source) -> None:
    """Every stream, every record, field for field; ids are text over REST."""
    for stream, sql in HELD.items():
        held = {str(row["id"]): _as_text(row) for row in server.rows(sql)}
        landed = {
            key: {name: record[name] for name in held[key]} if key in held else record
            for key, record in source.records(stream).items()
        }
        assert landed == held, stream


def _as_text(row: dict) -> dict:
    return {name: str(value) if isinstance(value, int) else value for name, value in row.items()}


def test_every_edit_is_landed(server: Roundup, tmp_path: Path):
    source = source_of(server, tmp_path)
    server.admin(
        *(f"create user username=k{n} realname='Anna Muster {n}' address=k{n}@example.org"
          for n in range(30)),
        "create msg summary='Sie flackert' author=k1 content='Sie flackert seit gestern.'",
        "create msg summary='Danke' author=k2 content=Danke",
        *(f"create issue title='Lampe {n} defekt' assignedto=k{n} messages=1" for n in range(30)),
    )  # fmt: skip
    source.read()
    assert_complete(server, source)
    assert source.records("issues")["1"]["messages"] == ["1"]

    server.admin(
        "set issue3 title='Lampe flackert' status=chatting", "set user5 realname='Anna Beispiel'",
        "set msg1 summary='Sie flackert nicht mehr'", "retire issue7", "retire user9",
    )  # fmt: skip
    source.read()
    assert_complete(server, source)
    assert "7" not in source.records("issues")

    server.admin("restore issue7", "create issue title='Noch eine'", "retire issue8")
    source.read()
    assert_complete(server, source)
    assert "7" in source.records("issues")
    assert source.read_one("users").rows == 0
    assert source.undeclared() == []


def test_ten_thousand_issues_of_one_moment_are_read_page_by_page(server: Roundup, tmp_path: Path):
    at = "20260102030405.000"
    server.execute(f"""
        insert into _issue (id, _title, _creator, _actor, _creation, _activity, __retired__)
        with recursive n(i) as (select 1001 union all select i + 1 from n where i < 11000)
        select i, 'Masse ' || i, 1, 1, '{at}', '{at}', 0 from n
    """)
    source = source_of(server, tmp_path)
    there = len(server.rows("select id from _issue where __retired__ = 0"))
    assert source.read_one("issues").upserts == there
    assert there > 10_000
    titles = {r["title"] for r in source.records("issues").values()}
    assert {"Masse 1001", "Masse 5500", "Masse 11000"} <= titles
    server.execute("update _issue set __retired__ = 1 where id > 1000")


def test_a_limit_is_kept_to_without_one_refused_request(tmp_path: Path):
    with running(tmp_path, calls=6, seconds=9) as server:
        server.admin(*(f"create user username=k{n} address=k{n}@example.org" for n in range(60)))
        source = source_of(server, tmp_path / "landed", clock=SystemClock())
        streams = tuple(small_pages(stream, size=5) for stream in source.system.streams)
        source.system = replace(source.system, streams=streams)
        source.read()
        assert_complete(server, source)
        statuses = server.requests()
        assert len(statuses) > 12, "the limit was not reached"
        assert 429 not in statuses[1:]


def test_a_wrong_password_is_said_to_be_refused(server: Roundup, tmp_path: Path):
    with pytest.raises(CredentialsRefused):
        source_of(server, tmp_path, password="falsch").read_one("users")
