"""Ghost, the real server: after every edit landing holds what its database holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.extract import opened
from connectors.ghost import AdminKey
from connectors.source import Window
from stamm.clock import ManualClock, SystemClock
from stamm.errors import CredentialsRefused
from tests.connectors.sandboxed import small_pages
from tests.peers.ghost import KEY, KEY_ID, Ghost, running
from tests.peers.landed import Source

pytestmark = [pytest.mark.peer, pytest.mark.ghost, pytest.mark.timeout(600)]

MOMENT = "2026-01-02 03:04:05"
HELD = {
    "members": """
        select id, uuid, email, name, note, status, geolocation, email_count, email_opened_count,
               email_open_rate, last_seen_at, created_at, updated_at from members
    """,
    "member_events": "select *, 'newsletter_event' as type from members_subscribe_events",
    "newsletters": "select * from newsletters",
}
OF_A_MEMBER = {
    "labels": """
        select member_id, l.id, l.name from members_labels m join labels l on l.id = m.label_id
        order by m.sort_order
    """,
    "newsletters": """
        select member_id, n.id, n.name from members_newsletters m
        join newsletters n on n.id = m.newsletter_id where n.status = 'active'
        order by n.sort_order
    """,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ghost]:
    with running(tmp_path_factory.mktemp("ghost")) as site:
        yield site


def source_of(server: Ghost, folder: Path, key: str = KEY, clock: Any = None) -> Source:
    clock = clock or SystemClock()
    return Source(folder, "ghost", clock, url=server.url, api_key=key, insecure=True)


def assert_complete(server: Ghost, source: Source) -> None:
    """Every stream, every record, field for field, with what hangs on a member."""
    for stream, sql in HELD.items():
        held = {row["id"]: row for row in server.rows(sql)}
        landed = {
            key: {name: _as_stored(name, record[name]) for name in held[key]}
            if key in held
            else record
            for key, record in source.records(stream).items()
        }
        assert landed == held, stream
    members = source.records("members")
    for part, sql in OF_A_MEMBER.items():
        hanging: dict[str, list[tuple[str, str]]] = {key: [] for key in members}
        for row in server.rows(sql):
            hanging[row["member_id"]].append((row["id"], row["name"]))
        shown = {k: [(one["id"], one["name"]) for one in m[part]] for k, m in members.items()}
        assert shown == hanging, part


def _as_stored(name: str, value: Any) -> Any:
    if name.endswith("_at") and value:
        return value.replace("T", " ").removesuffix(".000Z")
    return int(value) if isinstance(value, bool) else value


def test_every_edit_is_landed(server: Ghost, tmp_path: Path):
    source = source_of(server, tmp_path)
    weekly = server.add("newsletters", name="Wochenpost")
    tips = server.add("newsletters", name="Tipps")
    label = server.add("labels", name="Messe")
    members = [
        server.add(
            "members", email=f"anna{n}@example.org", name=f"Anna Muster {n}",
            newsletters=[{"id": weekly}], labels=[{"name": "Messe"}] if n % 3 == 0 else [],
        )
        for n in range(30)
    ]  # fmt: skip
    source.read()
    assert_complete(server, source)
    assert len(source.records("member_events")) == 30
    assert all("unsubscribe_url" not in record for record in source.records("members").values())

    before = source.records("members")[members[1]]
    server.edit("members", members[1], newsletters=[])
    server.edit("members", members[2], newsletters=[{"id": weekly}, {"id": tips}])
    server.edit("members", members[3], name="Anna Beispiel", note="Rückruf am Montag")
    server.edit("labels", label, name="Messe Köln")
    server.edit("newsletters", tips, name="Tipps und Termine")
    server.ask("DELETE", f"members/{members[4]}")
    source.read()
    assert_complete(server, source)
    after = source.records("members")[members[1]]
    assert (before["subscribed"], after["subscribed"]) == (True, False)
    assert members[4] not in source.records("members")
    assert members[4] not in {e["member_id"] for e in source.records("member_events").values()}

    server.edit("members", members[1], newsletters=[{"id": weekly}])
    server.edit("newsletters", weekly, status="archived")
    again = server.add("members", email="anna4@example.org", newsletters=[{"id": tips}])
    source.read()
    assert_complete(server, source)
    assert again in source.records("members")
    assert source.records("newsletters")[weekly]["status"] == "archived"

    server.edit("newsletters", weekly, status="active")
    source.read()
    assert_complete(server, source)
    assert {stream: result.rows for stream, result in source.read().items()} == dict.fromkeys(
        HELD, 0
    )
    assert source.undeclared() == []


def test_an_unsubscribe_leaves_the_moment_of_its_member(server: Ghost):
    """Why members are read whole each time."""
    member = server.add("members", email="still@example.org")
    server.execute(f"update members set updated_at = '{MOMENT}' where id = '{member}'")
    server.edit("members", member, newsletters=[])
    (row,) = server.rows(f"select updated_at from members where id = '{member}'")
    assert row["updated_at"] == MOMENT


def test_ten_thousand_members_and_events_of_one_moment_are_read_page_by_page(
    server: Ghost, tmp_path: Path
):
    newsletter = server.rows("select id from newsletters limit 1")[0]["id"]
    numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)"
    server.execute(
        f"""
        insert into members (id, uuid, transient_id, email, name, created_at, created_by,
                             updated_at)
        {numbers}
        select printf('%024x', i), printf('00000000-0000-4000-8000-%012x', i), 'm' || i,
               'masse' || i || '@example.org', 'Masse ' || i, '{MOMENT}', '1', '{MOMENT}' from n
        """,
        f"""
        insert into members_subscribe_events (id, member_id, subscribed, created_at, source,
                                              newsletter_id)
        {numbers}
        select printf('%024x', i), printf('%024x', i), 1, '{MOMENT}', 'import', '{newsletter}'
        from n
        """,
    )
    source = source_of(server, tmp_path)
    for stream in ("members", "member_events"):
        there = {row["id"] for row in server.rows(HELD[stream])}
        assert source.read_one(stream).upserts == len(there) > 10_000
        assert set(source.records(stream)) == there
    # The moment alone, which the API offers as the way on, would have ended after one page.
    older = {"filter": f"type:newsletter_event+data.created_at:<'{MOMENT}'", "limit": "100"}
    assert server.ask("GET", "members/events", **older)["events"] == []
    server.execute(
        "delete from members where email like 'masse%'",
        "delete from members_subscribe_events where member_id not in (select id from members)",
    )


def test_a_page_size_that_is_capped_in_silence_loses_nothing(server: Ghost, tmp_path: Path):
    for number in range(220):
        server.execute(_member(number))
    source = source_of(server, tmp_path)
    members = small_pages(source.system.stream("members"), size=500)
    there = {row["id"] for row in server.rows("select id from members")}
    result = source.landing.extract(source.settings, members)
    assert result.pages == -(-len(there) // 100)
    assert set(source.records("members")) == there


def _member(number: int) -> str:
    key = f"{0xC0000 + number:024x}"
    return f"""
        insert into members (id, uuid, transient_id, email, created_at, created_by)
        values ('{key}', '00000000-0000-4000-8000-{key[-12:]}', 'c{number}',
                'kappe{number}@example.org', '{MOMENT}', '1')
    """


def test_changed_events_are_read_page_by_page_too(server: Ghost, tmp_path: Path):
    source = source_of(server, tmp_path)
    source.read()
    member = server.add("members", email="wechsel@example.org")
    _events_of(server, member, 350, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}")
    events = small_pages(source.system.stream("member_events"), size=100)
    there = server.rows(f"select id from members_subscribe_events where member_id = '{member}'")
    result = source.landing.extract(source.settings, events)
    assert result.upserts == len(there) > 350
    assert result.pages == 4
    source.read()
    assert_complete(server, source)


def test_what_comes_and_goes_between_two_pages_shifts_nothing(server: Ghost, tmp_path: Path):
    source = source_of(server, tmp_path)
    member = server.add("members", email="bleibt@example.org")
    _events_of(server, member, 120, MOMENT)
    for name in ("members", "member_events"):
        stream = small_pages(source.system.stream(name), size=20)
        gone = server.add("members", email="geht@example.org")  # newest: first of the events
        there = {row["id"] for row in server.rows(HELD[name])}
        with opened(source.settings, SystemClock()) as reader:
            pages = reader.read(stream, Window(None, datetime.now(UTC)), None)
            met = {record["id"] for record in next(pages).records}
            server.ask("DELETE", f"members/{gone}")
            server.add("members", email=f"kommt-{name}@example.org")
            met |= {record["id"] for page in pages for record in page.records}
        held = {row["id"] for row in server.rows(HELD[name])}
        assert there & held <= met


def _events_of(server: Ghost, member: str, number: int, at: str) -> None:
    server.execute(f"""
        insert into members_subscribe_events (id, member_id, subscribed, created_at, source)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < {number})
        select lower(hex(randomblob(12))), '{member}', i % 2, '{at}', 'member' from n
    """)


@pytest.mark.parametrize("key", [f"{KEY_ID}:{'00' * 32}", f"{'ab' * 12}:{'5e' * 32}"])
def test_a_wrong_key_is_said_to_be_refused(server: Ghost, tmp_path: Path, key: str):
    with pytest.raises(CredentialsRefused):
        source_of(server, tmp_path, key).read_one("members")


def test_a_token_of_a_clock_that_is_behind_is_refused_and_the_next_bears_the_server_s_time(
    server: Ghost, tmp_path: Path
):
    clock = ManualClock(datetime.now(UTC) - timedelta(minutes=10))
    token = AdminKey(KEY, clock).headers()
    refused = requests.get(f"{server.url}/ghost/api/admin/newsletters/", headers=token, timeout=30)
    assert refused.status_code == 401
    assert "maxAge exceeded" in refused.text or "jwt expired" in refused.text
    source = source_of(server, tmp_path, clock=clock)
    newsletters = source.system.stream("newsletters")
    with opened(source.settings, clock) as reader:
        assert reader.total(newsletters) == len(server.rows("select id from newsletters"))
