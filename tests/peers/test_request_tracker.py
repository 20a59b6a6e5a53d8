"""Request Tracker, the real server: after every edit landing holds what its database holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from stamm.errors import CredentialsRefused
from tests.connectors.sandboxed import small_pages
from tests.peers.landed import Source
from tests.peers.request_tracker import ROOT, RequestTracker, running
from tests.peers.wire import wired

pytestmark = [pytest.mark.peer, pytest.mark.rt, pytest.mark.timeout(600)]

HELD = {
    "users": """
        select Name as id, EmailAddress, RealName, Organization, WorkPhone, MobilePhone, Address1,
               Address2, City, Zip, Country, Lang, {Created}, {LastUpdated} from Users
    """,
    "tickets": """
        select id, Subject, Status, Priority, Queue, {Created}, {LastUpdated}, {Started},
               {Resolved},
               (select Name from Users where id = Tickets.Owner) as Owner,
               (select Name from Users where id = Tickets.Creator) as Creator,
               (select group_concat(Name) from (
                    select Users.Name from Groups
                    join GroupMembers on GroupMembers.GroupId = Groups.id
                    join Users on Users.id = GroupMembers.MemberId
                    where Groups.Domain = 'RT::Ticket-Role' and Groups.Name = 'Requestor'
                      and Groups.Instance = Tickets.id
                    order by Users.Name)) as Requestor
        from Tickets where Type = 'ticket' and Status <> 'deleted' and IsMerged is null
    """,
    "transactions": """
        select id, Type, Field, OldValue, NewValue, ObjectId, {Created},
               (select Name from Users where id = Transactions.Creator) as Creator
        from Transactions where ObjectType = 'RT::Ticket'
    """,
}
MOMENTS = {
    name: f"coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', {name}), '1970-01-01T00:00:00Z') as {name}"
    for name in ("Created", "LastUpdated", "Started", "Resolved")
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    with running(tmp_path_factory.mktemp("rt")) as tracker:
        yield tracker


def source_of(server: RequestTracker, folder: Path, password: str = ROOT[1]) -> Source:
    return Source(folder, "rt", url=server.url, username=ROOT[0], password=password, insecure=True)


def assert_complete(server: RequestTracker, source: Source) -> None:
    """Every stream, every record, field for field; numbers and nulls are text over REST."""
    for stream, sql in HELD.items():
        held = {str(row["id"]): _as_text(row) for row in server.rows(sql.format(**MOMENTS))}
        landed = {
            key: _as_text({name: record.get(name) for name in held[key]}) if key in held else record
            for key, record in source.records(stream).items()
        }
        assert landed == held, stream


def _as_text(row: dict) -> dict:
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> str:
    """References by their id, several of them with commas."""
    if isinstance(value, list):
        return ",".join(sorted(_text(one) for one in value))
    if isinstance(value, dict):
        return str(value["id"])
    return "" if value is None else str(value)


def a_ticket(server: RequestTracker, number: int) -> str:
    return server.create(
        "ticket", Queue="General", Subject=f"Lampe {number} defekt",
        Requestor=f"anna{number}@example.org", Content="Sie flackert.",
    )  # fmt: skip


def test_every_edit_is_landed(server: RequestTracker, tmp_path: Path):
    source = source_of(server, tmp_path)
    tickets = [a_ticket(server, number) for number in range(30)]
    server.change("user/root", Timezone="Etc/GMT+12")  # a bound is read 12 hours later
    source.read()
    assert_complete(server, source)

    server.change(f"ticket/{tickets[1]}", Subject="Lampe flackert", Priority=5)
    server.post(f"ticket/{tickets[2]}/correspond", ContentType="text/plain", Content="Danke")
    server.change(f"ticket/{tickets[3]}", Status="resolved")
    server.change("user/anna4@example.org", RealName="Anna Muster", Organization="Muster GmbH")
    server.delete("user/anna5@example.org")  # disables
    server.delete(f"ticket/{tickets[6]}")
    source.read()
    assert_complete(server, source)
    assert tickets[6] not in source.records("tickets")

    server.change(f"ticket/{tickets[3]}", Status="open")  # again
    server.change("user/anna5@example.org", Disabled=0)
    a_ticket(server, 31)
    server.change(f"ticket/{tickets[8]}", MergeInto=tickets[9])
    server.delete(f"ticket/{tickets[7]}")
    source.read()
    assert_complete(server, source)
    assert tickets[8] not in source.records("tickets")
    assert source.read_one("tickets").rows == 0
    assert source.undeclared() == []


def test_two_thousand_tickets_of_one_moment_are_read_page_by_page(
    server: RequestTracker, tmp_path: Path
):
    at = "2026-01-02 03:04:05"
    server.execute(f"""
        insert into Tickets (id, EffectiveId, Queue, Type, Owner, Subject, Status, IsMerged,
                             Creator, Created, LastUpdatedBy, LastUpdated)
        with recursive n(i) as (select 1001 union all select i + 1 from n where i < 3000)
        select i, i, 1, 'ticket', 6, 'Masse ' || i, 'open', null, 1, '{at}', 1, '{at}' from n
    """)
    source = source_of(server, tmp_path)
    there = server.rows(
        "select count(*) as n from Tickets where Status <> 'deleted' and EffectiveId = id"
    )[0]["n"]
    assert source.read_one("tickets").upserts == there
    assert there > 2_000
    subjects = {record["Subject"] for record in source.records("tickets").values()}
    assert {"Masse 1001", "Masse 2000", "Masse 3000"} <= subjects


def test_pages_that_the_server_caps_are_read_to_the_end(server: RequestTracker, tmp_path: Path):
    at = "2026-01-02 03:04:05"
    server.execute(f"""
        insert into Tickets (id, EffectiveId, Queue, Type, Owner, Subject, Status, IsMerged,
                             Creator, Created, LastUpdatedBy, LastUpdated)
        with recursive n(i) as (select 4001 union all select i + 1 from n where i < 4250)
        select i, i, 1, 'ticket', 6, 'Masse ' || i, 'open', null, 1, '{at}', 1, '{at}' from n
    """)
    asked = {"query": "id > 4000", "per_page": "500"}
    answer = requests.get(f"{server.url}/REST/2.0/tickets", asked, auth=ROOT, timeout=30).json()
    assert (answer["count"], answer["total"]) == (100, 250)
    source = source_of(server, tmp_path)
    tickets = small_pages(source.system.stream("tickets"), size=500)
    only = replace(tickets, paginate=replace(tickets.paginate, only="id > 4000"))
    assert source.landing.extract(source.settings, only).upserts == 250


def test_where_its_web_server_keeps_a_connection_open_one_serves_a_whole_read(tmp_path: Path):
    kept = ("--max-keepalive-reqs", "1000", "--keepalive-timeout", "30")  # Starlet's default is 1
    with running(tmp_path, *kept) as server, wired(urlsplit(server.url).port or 0) as wire:
        server.execute("""
            insert into Tickets (id, EffectiveId, Queue, Type, Owner, Subject, Status, Creator,
                                 Created, LastUpdatedBy, LastUpdated)
            with recursive n(i) as (select 1001 union all select i + 1 from n where i < 1100)
            select i, i, 1, 'ticket', 6, 'Muster ' || i, 'open', 1, '2026-01-02 03:04:05', 1,
              '2026-01-02 03:04:05' from n
        """)
        source = source_of(replace(server, url=f"http://127.0.0.1:{wire.port}"), tmp_path)
        tickets = small_pages(source.system.stream("tickets"), size=5)
        assert source.landing.extract(source.settings, tickets).pages > 10
        assert wire.connections == 1


def test_a_wrong_password_is_said_to_be_refused(server: RequestTracker, tmp_path: Path):
    with pytest.raises(CredentialsRefused):
        source_of(server, tmp_path, password="falsch").read_one("tickets")
