"""Vendure, the real server: after every edit landing holds what its database holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.extract import opened
from connectors.source import Page, Window
from stamm.errors import CredentialsRefused
from tests.connectors.sandboxed import small_pages
from tests.peers.landed import Source
from tests.peers.vendure import PASSWORD, USER, Vendure, running

pytestmark = [pytest.mark.peer, pytest.mark.vendure, pytest.mark.timeout(600)]

# stream → what the database itself says of it, under the names that the API gives
HELD = {
    "customers": """
        select id, createdAt, updatedAt, title, firstName, lastName, emailAddress, phoneNumber
        from customer where deletedAt is null
    """,
    "addresses": """
        select a.id, a.createdAt, a.updatedAt, a.fullName, a.company, a.streetLine1,
               a.streetLine2, a.city, a.province, a.postalCode, a.phoneNumber,
               a.defaultShippingAddress, a.defaultBillingAddress,
               r.code as "country.code", cast(a.customerId as text) as customerId
        from address as a
        inner join customer as c on c.id = a.customerId and c.deletedAt is null
        left join region as r on r.id = a.countryId
    """,
    "orders": """
        select id, createdAt, updatedAt, orderPlacedAt, code, type, state, active, currencyCode,
               cast(customerId as text) as "customer.id",
               subTotal, subTotalWithTax, shipping, shippingWithTax, subTotal + shipping as total,
               subTotalWithTax + shippingWithTax as totalWithTax,
               (select sum(quantity) from order_line where orderId = o.id) as totalQuantity,
               json_extract(shippingAddress, '$.city') as "shippingAddress.city",
               json_extract(shippingAddress, '$.postalCode') as "shippingAddress.postalCode"
        from "order" as o
    """,
    "order_lines": """
        select l.id, l.createdAt, l.updatedAt, l.quantity, l.orderPlacedQuantity,
               l.listPrice as unitPrice, l.listPrice * l.quantity as linePrice,
               cast(l.orderId as text) as orderId,
               cast(l.productVariantId as text) as "productVariant.id",
               v.sku as "productVariant.sku"
        from order_line as l inner join product_variant as v on v.id = l.productVariantId
    """,
}
MOMENTS = {"createdAt", "updatedAt", "orderPlacedAt"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendure]:
    with running(tmp_path_factory.mktemp("vendure")) as vendure:
        yield vendure


@pytest.fixture
def source(shop: Vendure, tmp_path: Path) -> Source:
    return source_of(shop, tmp_path)


def source_of(shop: Vendure, folder: Path, password: str = PASSWORD) -> Source:
    return Source(
        folder, "vendure", url=shop.url, username=USER, password=password, insecure=True
    )  # fmt: skip


def assert_complete(shop: Vendure, source: Source) -> None:
    """Every stream, every record, field for field."""
    for stream, sql in HELD.items():
        held = {str(row["id"]): _as_sent(row) for row in shop.rows(sql)}
        landed = {
            key: {name: _at(record, name) for name in held[key]} if key in held else record
            for key, record in source.records(stream).items()
        }
        assert landed == held, stream


def _as_sent(row: dict) -> dict:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: object) -> object:
    if name in MOMENTS and value is not None:
        moment = datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value) if name == "id" else value


def _at(record: dict, name: str) -> object:
    """`country.code` stands in a record of its own."""
    outer, _, inner = name.partition(".")
    value = record[outer]
    return (value or {}).get(inner) if inner else value


def updated_at(shop: Vendure, table: str, record: str) -> str:
    (row,) = shop.rows(f'select updatedAt from "{table}" where id = {record}')
    return str(row["updatedAt"])[:19]


def long_ago(shop: Vendure, table: str, record: str) -> None:
    shop.execute(f"update \"{table}\" set updatedAt = '2026-01-02 03:04:05' where id = {record}")


@contextmanager
def several_pages(source: Source, name: str) -> Iterator[Iterator[Page]]:
    """A whole read of the stream, page by page."""
    stream = small_pages(source.system.stream(name), size=5)
    clock = source.landing.clock
    with opened(source.settings, clock) as reader:
        yield iter(reader.read(stream, Window(None, clock.now()), None))


def test_every_edit_of_parents_and_children_is_landed(shop: Vendure, source: Source):
    lamp, free = shop.variant("LAMP", 4190), shop.variant("FREE", 0)
    people = [shop.customer(f"k{n}@example.org") for n in range(30)]
    addresses = [shop.address(person) for person in people[:20]]
    orders = [shop.draft(person, lamp, free) for person in people[:6]]
    source.read()
    assert_complete(shop, source)

    shop.update_customer(people[1], lastName="Beispiel", emailAddress="neu@example.org")
    shop.update_address(addresses[2], city="Bonn", countryCode="AT", defaultBillingAddress=True)
    shop.delete("CustomerAddress", addresses[3])
    shop.address(people[3], company="Muster GmbH", fullName="Anna Muster")
    shop.delete("Customer", people[4])  # has an address and an order
    shop.set_quantity(orders[0][0], orders[0][1][0], 3)
    shop.set_quantity(orders[1][0], orders[1][1][1], 5)  # costs nothing, so no total moves
    shop.remove_line(orders[2][0], orders[2][1][0])
    shop.place(orders[3][0])
    shop.delete("ProductVariant", free)
    source.read()
    assert_complete(shop, source)
    assert source.records("addresses")[addresses[2]]["country"] == {"code": "AT"}
    assert people[4] not in source.records("customers")
    assert addresses[4] not in source.records("addresses")
    assert source.records("orders")[orders[3][0]]["state"] == "PaymentSettled"

    shop.execute(f"update customer set deletedAt = null where id = {people[4]}")  # restored
    shop.cancel(orders[3][0])
    again = shop.customer("wieder@example.org")
    shop.draft_for(orders[5][0], again)
    source.read()
    assert_complete(shop, source)
    assert people[4] in source.records("customers")
    assert addresses[4] in source.records("addresses")
    assert {name: done.rows for name, done in source.read().items()} == dict.fromkeys(HELD, 0)
    assert source.undeclared() == []


def test_what_leaves_the_moment_as_it_was_is_landed_all_the_same(shop: Vendure, source: Source):
    person = shop.customer("still@example.org")
    address = shop.address(person)
    order, _ = shop.draft(person, shop.variant("STILL", 100))
    shop.place(order)
    long_ago(shop, "customer", person)
    long_ago(shop, "order", order)
    source.read()
    shop.update_address(address, city="Bonn")
    shop.move(order, "Modifying")
    assert updated_at(shop, "customer", person) == "2026-01-02 03:04:05"
    assert updated_at(shop, "order", order) == "2026-01-02 03:04:05"
    source.read()
    assert_complete(shop, source)
    assert source.records("addresses")[address]["city"] == "Bonn"
    assert source.records("orders")[order]["state"] == "Modifying"

    shop.update_customer(person, phoneNumber="0221 123")  # this moves it
    assert updated_at(shop, "customer", person) > "2026-01-02 03:04:05"
    source.read()
    assert_complete(shop, source)


def test_ten_thousand_customers_of_one_moment_are_read_page_by_page(shop: Vendure, source: Source):
    at = "2026-01-02 03:04:05"
    shop.execute(
        f"""
        insert into customer (id, firstName, lastName, emailAddress, createdAt, updatedAt)
        with recursive n(i) as (select 10001 union all select i + 1 from n where i < 20000)
        select i, 'Anna', 'Masse ' || i, 'm' || i || '@example.org', '{at}', '{at}' from n
        """,
        "insert into customer_channels_channel select id, 1 from customer where id > 10000",
        f"""
        insert into address (streetLine1, customerId, countryId, createdAt, updatedAt)
        select 'Weg ' || id, id, 1, '{at}', '{at}' from customer where id > 10000
        """,
    )
    assert source.read_one("customers").pages > 40
    assert source.read_one("customers").pages == 1  # the lower bound is heeded
    source.read_one("addresses")
    for stream, sql in (("customers", HELD["customers"]), ("addresses", HELD["addresses"])):
        assert set(source.records(stream)) == {str(row["id"]) for row in shop.rows(sql)}
    assert len(source.records("addresses")) >= 10_000
    shop.execute(
        "delete from address where customerId > 10000",
        "delete from customer_channels_channel where customerId > 10000",
        "delete from customer where id > 10000",
    )


def test_pages_that_the_shop_caps_lose_nothing_and_a_cookie_serves_as_well(tmp_path: Path):
    with running(tmp_path, tokens="cookie", limit=7) as shop:
        lamp = shop.variant("LAMP", 4190)
        people = [shop.customer(f"k{n}@example.org") for n in range(23)]
        for person in people:
            shop.address(person)
        shop.draft(people[0], lamp)
        source = source_of(shop, tmp_path / "landed")
        read = source.read()
        assert_complete(shop, source)
        assert read["customers"].pages == read["addresses"].pages == 4


def test_what_is_deleted_between_two_pages_moves_no_other_over_their_edge(
    shop: Vendure, source: Source
):
    people = [shop.customer(f"p{n}@example.org") for n in range(12)]
    kept = [shop.address(person) for person in people][3:]
    with several_pages(source, "addresses") as pages:
        met = {record["id"] for record in next(pages).records}
        for person in people[:3]:
            shop.delete("Customer", person)
        met |= {record["id"] for page in pages for record in page.records}
    assert set(kept) <= met


def test_a_wrong_password_is_said_to_be_refused(shop: Vendure, tmp_path: Path):
    with pytest.raises(CredentialsRefused):
        source_of(shop, tmp_path, password="falsch").read_one("customers")


def test_a_session_that_ends_between_two_pages_is_begun_again(shop: Vendure, source: Source):
    people = {shop.customer(f"s{n}@example.org") for n in range(12)}
    with several_pages(source, "customers") as pages:
        met = {record["id"] for record in next(pages).records}
        shop.end_newest_session()
        met |= {record["id"] for page in pages for record in page.records}
    assert people <= met
