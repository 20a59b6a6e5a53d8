"""Tryton, the real server: after every edit landing holds what its database holds."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectors.tryton import moment
from stamm.clock import ManualClock
from stamm.errors import CredentialsRefused, Unreachable
from tests.connectors.sandboxed import small_pages
from tests.peers.landed import Source
from tests.peers.postgres import self_signed
from tests.peers.tryton import Tryton, running, running_on_waitress
from tests.peers.wire import wired

pytestmark = [pytest.mark.peer, pytest.mark.tryton, pytest.mark.timeout(600)]

# stream → what the database itself says of it, under the names that the API gives
HELD = {
    "parties": """
        select p.id, p.name, p.code, p.active, p.replaced_by from party_party as p
    """,
    "identifiers": "select id, party, type, code, active from party_identifier",
    "addresses": """
        select a.id, a.party, a.street_name, a.building_number, a.postal_code, a.city,
               c.code as "country.code", a.active
        from party_address as a left join country_country as c on c.id = a.country
    """,
    "contact_mechanisms": "select id, party, type, value, active from party_contact_mechanism",
    "sales": "select id, number, party, state from sale_sale",
    "sale_lines": "select id, sale, description from sale_line",
    "invoices": "select id, party, state from account_invoice where type = 'out'",
    "invoice_lines": """
        select l.id, l.invoice from account_invoice_line as l
        inner join account_invoice as i on i.id = l.invoice where i.type = 'out'
    """,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    with running(tmp_path_factory.mktemp("tryton")) as tryton:
        yield tryton


@pytest.fixture
def source(server: Tryton, tmp_path: Path) -> Source:
    return Source(tmp_path, "tryton", url=server.url, key=server.key, insecure=True)


def assert_complete(server: Tryton, source: Source) -> None:
    """Every stream, every record, field for field."""
    for stream, sql in HELD.items():
        held = {str(row["id"]): row for row in server.rows(sql)}
        landed = {
            key: {name: _at(record, name) for name in held[key]} if key in held else record
            for key, record in source.records(stream).items()
        }
        assert landed == held, stream


def _at(record: dict, name: str) -> object:
    """`country.code` stands in a record of its own."""
    outer, _, inner = name.partition(".")
    value = record[outer]
    return (value or {}).get(inner) if inner else value


def a_customer(server: Tryton, name: str) -> tuple[int, int, int]:
    party = server.create("party.party", name=name)
    address = server.create(
        "party.address", party=party, street_name="Hauptstraße", building_number="12",
        postal_code="50667", city="Köln", country=1,
    )  # fmt: skip
    mail = server.create(
        "party.contact_mechanism", party=party, type="email", value=f"p{party}@example.org"
    )
    return party, address, mail


def a_sale(server: Tryton, party: int) -> tuple[int, int]:
    sale = server.create("sale.sale", party=party, company=1, currency=1)
    price = {"__class__": "Decimal", "decimal": "49.90"}
    line = server.create(
        "sale.line", sale=sale, description="Lampe", quantity=2, unit_price=price
    )  # fmt: skip
    return sale, line


def a_vat_id(server: Tryton, party: int, code: str) -> int:
    return server.create("party.identifier", party=party, type="eu_vat", code=code)


def test_every_edit_of_parents_and_children_is_landed(server: Tryton, source: Source):
    people = [a_customer(server, f"Anna Muster {n}") for n in range(30)]
    vat = a_vat_id(server, people[0][0], "DE136695976")
    a_vat_id(server, people[1][0], "ATU13585627")
    sale, line = a_sale(server, people[0][0])
    a_sale(server, people[1][0])
    source.read()
    assert_complete(server, source)

    server.write("party.party", people[1][0], name="Anna Beispiel")
    server.write("party.address", people[2][1], city="Bonn", country=2)
    server.write("party.contact_mechanism", people[3][2], value="neu@example.org")
    server.delete("party.contact_mechanism", people[4][2])
    server.write("party.party", people[5][0], active=False)  # archived
    server.write("party.address", people[6][1], active=False)
    server.write("sale.line", line, description="Stehlampe")
    server.delete("party.identifier", vat)
    source.read()
    assert_complete(server, source)
    assert source.records("addresses")[str(people[2][1])]["city"] == "Bonn"

    server.write("party.party", people[5][0], active=True)  # restored
    server.delete("sale.sale", sale)
    again = a_customer(server, "Anna Neu")
    server.delete("party.address", again[1])
    source.read()
    assert_complete(server, source)
    assert source.read_one("parties").rows == 0
    assert source.undeclared() == []


def test_ten_thousand_parties_of_one_moment_are_read_page_by_page(server: Tryton, source: Source):
    at = "2026-01-02 03:04:05"
    server.execute(f"""
        insert into party_party (name, code, active, create_date, create_uid)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
        select 'Masse ' || i, 'M' || i, 1, '{at}', 1 from n
    """)
    assert source.read_one("parties").upserts == len(server.rows("select id from party_party"))
    server.execute(
        f"update party_party set name = name || '!', write_date = '{at}'"
        " where code in ('M1', 'M5000', 'M10000')"
    )
    # The moment lies long before the watermark: only a full read can meet such an edit.
    assert source.read_one("parties", full=True).upserts == 3
    record = next(r for r in source.records("parties").values() if r["code"] == "M5000")
    assert record["name"] == "Masse 5000!"
    assert moment(record["write_date"]) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_wrong_key_is_said_to_be_refused(server: Tryton, tmp_path: Path):
    stranger = Source(tmp_path, "tryton", url=server.url, key="x" * 40, insecure=True)
    with pytest.raises(CredentialsRefused):
        stranger.read_one("parties")


def test_a_certificate_that_nobody_trusts_is_refused_and_nothing_is_sent(
    server: Tryton, tmp_path: Path
):
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(self_signed(tmp_path), tmp_path / "server.key")
    port = urlsplit(server.url).port
    assert port
    with wired(port, own) as wire:
        url = f"https://127.0.0.1:{wire.port}/crm"
        source = Source(tmp_path, "tryton", ManualClock(datetime.now(UTC)), url=url, key=server.key)
        with pytest.raises(Unreachable, match="its certificate was not accepted"):
            source.read_one("parties")
        assert wire.connections == 0


def test_under_a_server_that_keeps_a_connection_open_one_serves_a_whole_read(tmp_path: Path):
    with running_on_waitress(tmp_path) as server, wired(urlsplit(server.url).port or 0) as wire:
        server.execute("""
            insert into party_party (name, code, active, create_date, create_uid)
            with recursive n(i) as (select 1 union all select i + 1 from n where i < 100)
            select 'Muster ' || i, 'M' || i, 1, '2026-01-02 03:04:05', 1 from n
        """)
        url = f"http://127.0.0.1:{wire.port}/crm"
        source = Source(tmp_path, "tryton", url=url, key=server.key, insecure=True)
        parties = small_pages(source.system.stream("parties"), size=5)
        assert source.landing.extract(source.settings, parties).pages > 10
        assert wire.connections == 1
