"""Every real system in one shape: some records of one stream, behind a wire that counts requests.

In: a folder. Out: a `Peer`, whose records are edited through the server's own ways and told by
what the server itself holds; for tests that mean the same on every system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.peers import (
    dovecot,
    ghost,
    postgres,
    request_tracker,
    roundup,
    sap,
    tryton,
    vendure,
)  # fmt: skip
from tests.peers.extracting import SIZE
from tests.peers.peer import Change, Peer
from tests.peers.wire import Wire, wired

RECORDS = 60
LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_OPTIONS = rb'"variables": (\{"options": \{[^\r\n]*?"take": %d\b.*?\}\}\})'
_AT = f"{LONG_AGO:%Y-%m-%d %H:%M:%S}"


def _numbers(records: int) -> str:
    last = 1000 + records
    return f"with recursive n(i) as (select 1001 union all select i + 1 from n where i < {last})"


NUMBERS = _numbers(RECORDS)


def _told(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {str(row["id"]): str(row["told"]) for row in rows}


def _at(wire: Wire, url: str) -> str:
    """The address of the server behind the wire."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.hostname}:{wire.port}").geturl()


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port


@contextmanager
def _tryton(folder: Path) -> Iterator[Peer]:
    with tryton.running(folder) as server, wired(_port(server.url)) as wire:
        server.execute(f"""
            insert into party_party (name, code, active, create_date, create_uid)
            {NUMBERS} select 'Muster ' || i, 'M' || i, 1, '{_AT}', 1 from n
        """)

        def change(it: Change) -> None:
            for key, text in it.edited.items():
                server.write("party.party", int(key), name=text)
            for key in it.deleted:
                server.delete("party.party", int(key))
            for text in it.added:
                server.create("party.party", name=text)

        yield Peer(
            "tryton", "parties", "name",
            {"url": _at(wire, server.url), "key": server.key, "insecure": True}, "key",
            lambda: wire.asked(rb"GET (\S+[?&]s=%d&\S+) HTTP" % SIZE),
            lambda: _told(server.rows("select id, name as told from party_party")), change, wire,
        )  # fmt: skip


@contextmanager
def _roundup(folder: Path) -> Iterator[Peer]:
    with roundup.running(folder) as server, wired(_port(server.url)) as wire:
        at = f"{LONG_AGO:%Y%m%d%H%M%S}.000"  # its pages hold up to 12 records at the least
        server.execute(f"""
            insert into _issue (id, _title, _creator, _actor, _creation, _activity, __retired__)
            {_numbers(3 * RECORDS)} select i, 'Muster ' || i, 1, 1, '{at}', '{at}', 0 from n
        """)

        def change(it: Change) -> None:
            server.admin(
                *(f"set issue{key} title='{text}'" for key, text in it.edited.items()),
                *(f"retire issue{key}" for key in it.deleted),
                *(f"create issue title='{text}'" for text in it.added),
            )

        sql = "select id, _title as told from _issue where __retired__ = 0"
        account = {"username": "admin", "password": roundup.PASSWORD, "insecure": True}
        yield Peer(
            "roundup", "issues", "title", {"url": _at(wire, server.url), **account}, "password",
            lambda: wire.asked(rb"GET (\S+page_size=(?!1&)\d+&\S+) HTTP"),
            lambda: _told(server.rows(sql)), change, wire,
        )  # fmt: skip


@contextmanager
def _vendure(folder: Path) -> Iterator[Peer]:
    with vendure.running(folder) as server, wired(_port(server.url)) as wire:
        server.execute(
            f"""
            insert into customer (id, firstName, lastName, emailAddress, createdAt, updatedAt)
            {NUMBERS} select i, 'Anna', 'Muster ' || i, 'm' || i || '@example.org', '{_AT}',
              '{_AT}' from n
            """,
            "insert into customer_channels_channel select id, 1 from customer where id > 1000",
        )

        def change(it: Change) -> None:
            for key, text in it.edited.items():
                server.update_customer(key, lastName=text)
            for key in it.deleted:
                server.delete("Customer", key)
            for text in it.added:
                mail = f"{text.replace(' ', '.')}@example.net"
                server.update_customer(server.customer(mail), lastName=text)

        sql = "select id, lastName as told from customer where deletedAt is null"
        account = {"username": vendure.USER, "password": vendure.PASSWORD, "insecure": True}
        yield Peer(
            "vendure", "customers", "lastName", {"url": _at(wire, server.url), **account},
            "password",
            lambda: wire.asked(_OPTIONS % SIZE),
            lambda: _told(server.rows(sql)), change, wire,
        )  # fmt: skip


@contextmanager
def _ghost(folder: Path) -> Iterator[Peer]:
    with ghost.running(folder) as server, wired(_port(server.url)) as wire:
        server.execute(f"""
            insert into members (id, uuid, transient_id, email, name, created_at, created_by,
                                 updated_at)
            {NUMBERS} select printf('%024x', i), printf('00000000-0000-4000-8000-%012x', i),
              'm' || i, 'm' || i || '@example.org', 'Muster ' || i, '{_AT}', '1', '{_AT}' from n
        """)

        def change(it: Change) -> None:
            for key, text in it.edited.items():
                server.edit("members", key, name=text)
            for key in it.deleted:
                server.ask("DELETE", f"members/{key}")
            for text in it.added:
                mail = f"{text.replace(' ', '.')}@example.net"
                server.add("members", email=mail, name=text)

        settings = {"url": _at(wire, server.url), "api_key": ghost.KEY, "insecure": True}
        yield Peer(
            "ghost", "members", "name", settings, "api_key",
            lambda: wire.asked(rb"GET (\S+/members/\S+limit=%d\b\S*) HTTP" % SIZE),
            lambda: _told(server.rows("select id, name as told from members")), change, wire,
        )  # fmt: skip


@contextmanager
def _rt(folder: Path) -> Iterator[Peer]:
    with request_tracker.running(folder) as server, wired(_port(server.url)) as wire:
        server.execute(f"""
            insert into Tickets (id, EffectiveId, Queue, Type, Owner, Subject, Status, IsMerged,
                                 Creator, Created, LastUpdatedBy, LastUpdated)
            {NUMBERS} select i, i, 1, 'ticket', 6, 'Muster ' || i, 'open', null, 1, '{_AT}', 1,
              '{_AT}' from n
        """)

        def change(it: Change) -> None:
            for key, text in it.edited.items():
                server.change(f"ticket/{key}", Subject=text)
            for key in it.deleted:
                server.delete(f"ticket/{key}")
            for text in it.added:
                server.create("ticket", Queue="General", Subject=text)

        sql = "select id, Subject as told from Tickets where Status <> 'deleted'"
        user, password = request_tracker.ROOT
        account = {"username": user, "password": password, "insecure": True}
        yield Peer(
            "rt", "tickets", "Subject", {"url": _at(wire, server.url), **account}, "password",
            lambda: wire.asked(rb"GET (\S+/tickets\S+per_page=%d&\S+) HTTP" % SIZE),
            lambda: _told(server.rows(sql)), change, wire,
        )  # fmt: skip


@contextmanager
def _s4(folder: Path) -> Iterator[Peer]:
    with sap.running(folder, partners=RECORDS) as server, wired(_port(server.url)) as wire:

        def change(it: Change) -> None:
            now = datetime.now(UTC)
            day, time = f"{now:%Y-%m-%d}", f"{now:%H:%M:%S}"
            for key, text in it.edited.items():
                server.change(
                    "A_BusinessPartner", {"BusinessPartner": key}, LastName=text,
                    LastChangeDate=day, LastChangeTime=time,
                )  # fmt: skip
            for key in it.deleted:
                server.delete("A_BusinessPartner", {"BusinessPartner": key})
            for text in it.added:
                server.create(
                    "A_BusinessPartner", BusinessPartner=text[-10:], BusinessPartnerCategory="1",
                    LastName=text, CreationDate=day, CreationTime=time,
                )  # fmt: skip

        def held() -> dict[str, str]:
            rows = server.held("A_BusinessPartner")
            return {row["BusinessPartner"]: row["LastName"] for row in rows}

        account = {"username": sap.USER, "password": sap.PASSWORD, "insecure": True}
        yield Peer(
            "s4", "business_partners", "LastName",
            {"url": f"{_at(wire, server.url)}/odata/v2", **account}, "password",
            lambda: wire.asked(rb"GET (\S+/A_BusinessPartner\?\S+top=%d&\S+) HTTP" % SIZE),
            held, change, wire,
        )  # fmt: skip


@contextmanager
def _imap(folder: Path) -> Iterator[Peer]:
    with dovecot.running() as server, wired(server.plain) as wire:
        server.drop(
            "INBOX", {f"1700000000.M{n}.mx": _mail(f"Muster-{n}") for n in range(RECORDS)}, LONG_AGO
        )
        with server.entered():
            pass  # it numbers what was dropped

        def change(it: Change) -> None:
            """A message never changes: it is written anew under another number."""
            uids = [int(key.rpartition("|")[2]) for key in (*it.edited, *it.deleted)]
            server.delete("INBOX", *uids)
            for text in (*it.edited.values(), *it.added):
                server.append("INBOX", _mail(text))

        def held() -> dict[str, str]:
            return {key: row["message_id"] for key, row in server.held("INBOX").items()}

        account = {"username": dovecot.USER, "password": server.password}
        yield Peer(
            "imap", "messages", "message_id",
            {"host": "127.0.0.1", "port": wire.port, "insecure": True, **account}, "password",
            lambda: wire.asked(rb"UID FETCH (\d+:\d+) "), held, change, wire,
        )  # fmt: skip


def _mail(text: str) -> bytes:
    message = dovecot.a_message(1).decode()
    return message.replace("<1@example.org>", f"<{text.replace(' ', '-')}@example.org>").encode()


@contextmanager
def _database(folder: Path) -> Iterator[Peer]:
    with postgres.running("-c", "log_statement=all") as server:
        server.execute(f"""
            create table customers (id int primary key, name text, updated_at timestamptz);
            grant select on customers to {postgres.USER};
            insert into customers select i, 'Muster ' || i, '{_AT}+00'
              from generate_series(1, {RECORDS}) as i
        """)

        def change(it: Change) -> None:
            for key, text in it.edited.items():
                server.execute(
                    f"update customers set name = '{text}', updated_at = now() where id = {key}"
                )
            for key in it.deleted:
                server.execute(f"delete from customers where id = {key}")
            for text in it.added:
                server.execute(
                    f"insert into customers select max(id) + 1, '{text}', now() from customers"
                )

        table = {"table": "customers", "key": "id", "cursor": "updated_at"}
        settings = {
            "url": server.url, "password": server.password, "tables": {"customers": table}
        }  # fmt: skip
        yield Peer(
            "database", "customers", "name", settings, "password", server.pages,
            lambda: _told(server.rows("select id, name as told from customers")), change,
        )  # fmt: skip


PEERS: dict[str, Callable[[Path], Any]] = {
    "tryton": _tryton, "roundup": _roundup, "vendure": _vendure, "ghost": _ghost, "rt": _rt,
    "s4": _s4, "imap": _imap, "postgres": _database,
}  # fmt: skip
