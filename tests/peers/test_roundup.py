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
               _alternate_addresses as alternate_addresses, _phone as phone,
               _organisation as organisation, _roles as roles,
               _creation as creation, _activity as activity from _user where __retired__ = 0
    """,
    "issues": """
        select id, _title as title, _creator as creator, _assignedto as assignedto,
               _status as status, _priority as priority,
               _creation as creation, _activity as activity from _issue where __retired__ = 0
    """,
    "messages": """
        select id, _author as author, _summary as summary, _date as date,
               _messageid as messageid,
               _creation as creation, _activity as activity from _msg where __retired__ = 0
    """,
    "statuses": """
        select id, _name as name,
               _creation as creation, _activity as activity from _status where __retired__ = 0
    """,
}
LINKED = {
    "issues": {"nosy": "issue_nosy", "messages": "issue_messages", "keyword": "issue_keyword"},
    "messages": {"recipients": "msg_recipients"},
}
MOMENTS = ("creation", "activity", "date")


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
        for field, table in LINKED.get(stream, {}).items():
            linked = {key: set(source.records(stream)[key][field]) for key in held}
            assert linked == {key: _linked(server, table, key) for key in held}, field


def _as_text(row: dict) -> dict:
    moments = {name: _moment(row[name]) for name in MOMENTS if name in row}
    texts = {name: str(v) if isinstance(v, int) else v for name, v in row.items()}
    return texts | moments


def _moment(stored: str | None) -> str | None:
    """`20260301120000.123` as it comes over REST: 2026-03-01.12:00:00."""
    if stored is None:
        return None
    day, time = stored[:8], stored[8:14]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}.{time[:2]}:{time[2:4]}:{time[4:]}"


def _linked(server: Roundup, table: str, key: str) -> set[str]:
    rows = server.rows(f"select linkid from {table} where nodeid = {key}")
    return {str(row["linkid"]) for row in rows}


def test_every_edit_is_landed(server: Roundup, tmp_path: Path):
    source = source_of(server, tmp_path)
    server.admin(
        *(f"create user username=k{n} realname='Anna Muster {n}' address=k{n}@example.org"
          for n in range(30)),
        "create msg summary='Sie flackert' author=k1 recipients=k2,k3 content='Seit gestern.'",
        "create msg summary='Danke' author=k2 content=Danke",
        *(f"create issue title='Lampe {n} defekt' assignedto=k{n} nosy=k1,k4 messages=1"
          for n in range(30)),
    )  # fmt: skip
    source.read()
    assert_complete(server, source)
    assert source.records("issues")["1"]["messages"] == ["1"]

    server.admin(
        "set issue3 title='Lampe flackert' status=chatting", "set user5 realname='Anna Beispiel'",
        "set msg1 summary='Sie flackert nicht mehr'", "set issue4 nosy=+k6",
        "retire issue7", "retire user9",
        "set status8 name=erledigt",
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


def test_an_account_far_west_misses_no_edit(tmp_path: Path):
    with running(tmp_path) as server:
        server.admin("set user1 timezone=-12", "create issue title='Lampe defekt'")
        assert server.rows("select _timezone from _user where id = 1") == [{"_timezone": "-12"}]
        source = source_of(server, tmp_path / "landed")
        source.read()
        server.admin("set issue1 title='Lampe flackert'")
        source.read()
        assert_complete(server, source)
        assert source.records("issues")["1"]["title"] == "Lampe flackert"


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
