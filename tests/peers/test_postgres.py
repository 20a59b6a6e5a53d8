"""PostgreSQL, the real server: after every edit landing holds what its tables hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.landing import manifests, stream_folder
from connectors.loading import OpenLoad
from stamm.errors import ContractBroken, CredentialsRefused, Unreachable
from tests.peers.landed import Source
from tests.peers.postgres import Postgres, running, self_signed
from tests.peers.serving import free_port

pytestmark = [pytest.mark.peer, pytest.mark.postgres, pytest.mark.timeout(600)]

SCHEMA = """
    create schema crm;
    create table crm.customers (
      id bigint primary key, uid uuid not null default gen_random_uuid(), name text not null,
      born date, spent numeric(12, 2), rate float8, active boolean not null default true,
      seen timestamp, photo bytea, more jsonb, tags text[], country char(5),
      updated_at timestamptz not null default now()
    );
    create table crm.order_lines (
      shop text, number numeric(9, 1), line int, article text, gone_at timestamptz,
      changed timestamp default (now() at time zone 'UTC'), primary key (shop, number, line)
    );
    create table crm.countries (code text, name text);
    create view crm.adults as select id, name from crm.customers where born < '2000-01-01';
    grant usage on schema crm to stamm_reader;
    grant select on all tables in schema crm to stamm_reader;
    create table crm.salaries (id int primary key);
"""
TABLES: dict[str, Any] = {
    "customers": {
        "table": "customers", "schema": "crm", "key": "id", "cursor": "updated_at",
        "map": {"birth_date": "born", "full_name": "name"},
        "columns": [
            "id", "uid", "spent", "rate", "active", "seen", "photo", "more", "tags", "country",
        ],
    },
    "order_lines": {
        "table": "order_lines", "schema": "crm", "key": ["shop", "number", "line"],
        "cursor": "changed", "deleted": "gone_at", "basis": "transaction",
    },
    "countries": {"table": "countries", "schema": "crm", "key": "code"},
    "adults": {"table": "adults", "schema": "crm", "key": "id"},
}  # fmt: skip
# stream → what the server itself says of it; the first column is the landed key
HELD = {
    "customers": """
        select id::text as key, id, uid, name as full_name, born as birth_date, spent, rate,
          active, seen, encode(photo, 'base64') as photo, more, tags, country, updated_at
        from crm.customers
    """,
    "order_lines": """
        select concat_ws('|', shop, number, line) as key, shop, number, line, article, gone_at,
          changed
        from crm.order_lines where gone_at is null
    """,
    "countries": "select code as key, code, name from crm.countries where code is not null",
    "adults": "select id::text as key, id, name from crm.adults",
}
TEN_THOUSAND = """
    insert into crm.customers (id, name) select i, 'A' from generate_series(1, 10000) as i
"""
MOMENTS = ("seen", "updated_at", "gone_at", "changed")


@pytest.fixture(scope="module")
def running_server() -> Iterator[Postgres]:
    with running() as postgres:
        yield postgres


@pytest.fixture
def server(running_server: Postgres) -> Postgres:
    running_server.execute(f"drop schema if exists crm cascade; {SCHEMA}")
    return running_server


def a_source(server: Postgres, folder: Path, **changed: Any) -> Source:
    settings = {"url": server.url, "password": server.password, "tables": TABLES, **changed}
    return Source(folder, "database", **settings)


@pytest.fixture
def source(server: Postgres, tmp_path: Path) -> Source:
    return a_source(server, tmp_path)


def assert_complete(server: Postgres, source: Source, *streams: str) -> None:
    """Every stream, every record, field for field and no field more."""
    for stream in streams or HELD:
        held = {row.pop("key"): _comparable(row) for row in server.rows(HELD[stream])}
        landed = {key: _comparable(row) for key, row in source.records(stream).items()}
        assert landed == held, stream


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Moments as such; numbers with a point as numbers, as floats are no text in landing."""
    for name in MOMENTS:
        if row.get(name):
            row[name] = datetime.fromisoformat(row[name])
    if isinstance(row.get("rate"), str):
        row["rate"] = float(row["rate"])
    return row


def seed(server: Postgres) -> None:
    server.execute("""
        insert into crm.customers
          (id, name, born, spent, rate, active, seen, photo, more, tags, country)
        select i, 'Anna Muster ' || i, date '1950-06-30' + i * 700, i * 49.90, i / 3.0, i % 2 = 0,
          timestamp '2026-01-02 03:04:05.12' + i * interval '1 hour', decode('00ff10', 'hex'),
          '{"mail": {"to": ["anna@example.org", null, 15]}}', array['neu', null, 'Köln'], 'DE'
        from generate_series(1, 60) as i;
        insert into crm.customers (id, name, updated_at)
          values (9007199254740993, 'Ümläut "''; drop table x; --', '2026-01-01 00:00:00+05:30');
        insert into crm.order_lines (shop, number, line, article)
        select 'shop ' || s, n, l, 'Lampe' from generate_series(1, 3) as s,
          generate_series(1, 5) as n, generate_series(1, 4) as l;
        insert into crm.countries values ('DE', 'Deutschland'), ('AT', 'Österreich');
    """)


def test_every_edit_of_every_table_is_landed(server: Postgres, source: Source):
    seed(server)
    source.read()
    assert_complete(server, source)
    assert source.records("customers")["9007199254740993"]["id"] == 9007199254740993
    assert source.records("customers")["2"]["spent"] == "99.80"

    server.execute("""
        update crm.customers set name = 'Anna Beispiel', updated_at = now() where id = 7;
        update crm.order_lines set article = 'Stehlampe', changed = now() at time zone 'UTC'
          where shop = 'shop 2' and number = 3 and line = 1;
        update crm.order_lines set gone_at = now(), changed = now() at time zone 'UTC'
          where shop = 'shop 1' and number = 1;
        delete from crm.customers where id = 8;
        delete from crm.order_lines where shop = 'shop 3' and number = 5;
        update crm.countries set name = 'Republik Österreich' where code = 'AT';
        delete from crm.countries where code = 'DE';
        insert into crm.countries values ('CH', 'Schweiz');
    """)
    source.landing.clock.sleep(60)
    read = source.read()
    assert_complete(server, source)
    assert read["order_lines"].deletes == 8

    server.execute("""
        update crm.order_lines set gone_at = null, changed = now() at time zone 'UTC'
          where shop = 'shop 1' and number = 1;
        insert into crm.customers (id, name) values (8, 'Anna Neu');
    """)
    source.landing.clock.sleep(60)
    source.read()
    assert_complete(server, source)
    assert [result.rows for result in source.read().values()] == [0, 0, 0, 0]


def test_ten_thousand_rows_of_one_moment_are_read_page_by_page(server: Postgres, source: Source):
    server.execute("""
        insert into crm.customers (id, name, updated_at)
          select i, 'Masse ' || i, '2026-01-02 03:04:05+00' from generate_series(1, 10000) as i;
        insert into crm.order_lines (shop, number, line, changed)
          select 'shop ' || s, n, l, '2026-01-02 03:04:05' from generate_series(1, 10) as s,
            generate_series(1, 100) as n, generate_series(1, 11) as l
    """)
    first = source.read()
    assert (first["customers"].upserts, first["customers"].pages) == (10_000, 3)
    assert first["order_lines"].upserts == 11_000
    server.execute("""
        update crm.customers set name = name || '!' where id in (1, 5000, 10000);
        update crm.order_lines set article = 'neu' where shop = 'shop 4' and number = 50
    """)
    again = source.read()  # at the watermark itself, so the lag meets them
    assert (again["customers"].upserts, again["order_lines"].upserts) == (3, 11)
    assert_complete(server, source)


def test_what_is_committed_after_a_read_that_began_later_is_caught_by_the_lag(
    server: Postgres, source: Source
):
    seed(server)
    source.read()
    with server.transaction("""
        update crm.customers set name = 'Spät Geändert', updated_at = now() where id = 5;
        insert into crm.customers (id, name) values (500, 'Spät Gekommen')
    """):
        server.execute("insert into crm.customers (id, name) values (400, 'Früh Gekommen')")
        assert source.read_one("customers").upserts == 1  # its moment is later than the open ones'
    early = source.records("customers")["400"]
    assert source.records("customers")["5"]["full_name"] == "Anna Muster 5"
    assert source.read_one("customers").upserts == 2
    late = source.records("customers")["5"]
    assert late["full_name"] == "Spät Geändert"
    assert datetime.fromisoformat(late["updated_at"]) < datetime.fromisoformat(early["updated_at"])
    assert modes(source, "customers") == ["full", "incremental", "incremental"]
    assert_complete(server, source, "customers")


def modes(source: Source, stream: str) -> list[str]:
    folder = stream_folder(source.landing.root, source.settings.name, stream)
    return [manifest.mode for manifest in manifests(folder)]


def test_rows_that_come_and_go_while_a_read_pages_do_not_move_it(
    server: Postgres, source: Source, monkeypatch: pytest.MonkeyPatch
):
    """One snapshot: the pages and the total are of one moment."""
    server.execute(TEN_THOUSAND)
    taken, take = [], OpenLoad.take

    def edit_between(load: OpenLoad, page: Any) -> None:
        taken.append(len(page.records))
        server.execute(f"delete from crm.customers where id = {9000 + len(taken)}")
        server.execute(f"insert into crm.customers (id, name) values ({-len(taken)}, 'Neu')")
        take(load, page)

    with monkeypatch.context() as patched:
        patched.setattr(OpenLoad, "take", edit_between)
        assert source.read_one("customers").upserts == 10_000
    assert taken == [5000, 5000, 0]
    source.read_one("customers")
    assert_complete(server, source, "customers")


def test_a_server_that_ends_the_connection_is_unreachable_and_the_next_read_goes_on(
    server: Postgres, source: Source, monkeypatch: pytest.MonkeyPatch
):
    server.execute(TEN_THOUSAND)
    take = OpenLoad.take

    def then_shot(load: OpenLoad, page: Any) -> None:
        take(load, page)
        server.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'stamm_reader'"
        )

    with monkeypatch.context() as patched:
        patched.setattr(OpenLoad, "take", then_shot)
        with pytest.raises(Unreachable, match="terminating connection") as caught:
            source.read_one("customers")
    assert "goes on where" in caught.value.hint
    result = source.read_one("customers")
    assert (result.upserts, result.pages) == (10_000, 3)
    assert_complete(server, source, "customers")


def test_rows_without_a_key_and_moments_beyond_the_calendar_go_to_quarantine(
    server: Postgres, source: Source
):
    seed(server)
    server.execute("""
        insert into crm.countries
          values (null, 'Nirgendwo'), (null, 'Nirgendwo'), (null, 'Anderswo');
        update crm.customers set updated_at = 'infinity' where id = 3;
        update crm.customers set seen = '-infinity', born = '0044-03-15 BC' where id = 4
    """)
    read = source.read()
    assert read["countries"].rejected == 2  # two rows that say the same are one
    assert read["customers"].rejected == 1
    assert source.records("customers")["4"]["birth_date"] == "0044-03-15 BC"
    assert set(source.records("countries")) == {"DE", "AT"}
    server.execute("delete from crm.countries where name = 'Anderswo'")
    assert source.read()["countries"].rejected == 1


def test_a_key_that_is_not_unique_is_told_and_nothing_lands(server: Postgres, tmp_path: Path):
    seed(server)
    tables = {"lines": {"table": "order_lines", "schema": "crm", "key": "shop"}}
    with pytest.raises(ContractBroken, match="read 3 records, the source counts 60"):
        a_source(server, tmp_path, tables=tables).read()


def test_a_table_or_column_that_is_not_there_is_named_with_what_is(
    server: Postgres, tmp_path: Path
):
    tables = {"lines": {"table": "orderlines", "schema": "crm", "key": "shop"}}
    with pytest.raises(ContractBroken, match="found order_lines"):
        a_source(server, tmp_path / "a", tables=tables).read()
    tables["lines"] |= {"table": "order_lines", "key": "shopp"}
    with pytest.raises(ContractBroken, match="expected the columns 'shopp', found shop, number"):
        a_source(server, tmp_path / "b", tables=tables).read()


def test_a_wrong_password_and_a_missing_right_are_said_to_be_refused(
    server: Postgres, tmp_path: Path
):
    with pytest.raises(CredentialsRefused, match="password authentication failed") as caught:
        a_source(server, tmp_path / "a", password="falsch-falsch").read_one("customers")
    assert "falsch" not in str(caught.value)
    assert caught.value.facts["status"] == 401
    tables = {"salaries": {"table": "salaries", "schema": "crm", "key": "id"}}
    with pytest.raises(CredentialsRefused, match="permission denied for table salaries"):
        a_source(server, tmp_path / "b", tables=tables).read()


def test_a_certificate_is_verified_against_the_one_that_was_named(server: Postgres, tmp_path: Path):
    seed(server)
    trusting = a_source(server, tmp_path / "a", ca_file=str(server.certificate))
    assert trusting.read_one("customers").upserts == 61
    stranger = self_signed(tmp_path)
    with pytest.raises(Unreachable, match="certificate") as caught:
        a_source(server, tmp_path / "b", ca_file=str(stranger)).read_one("customers")
    assert "ca_file" in caught.value.hint


def test_a_server_that_is_not_there_is_unreachable(server: Postgres, tmp_path: Path):
    nobody = f"postgresql://stamm_reader@127.0.0.1:{free_port()}/crm"
    with pytest.raises(Unreachable, match="Connection refused"):
        a_source(server, tmp_path, url=nobody).read_one("customers")
