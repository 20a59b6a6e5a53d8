"""What customers buy: shop orders, ERP quotations, sales orders and billing documents.

Flow: `Accounts` → orders with lines. How often somebody buys differs widely (gamma-distributed
rates); a part of all customers are prospects who never bought.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.parties import Accounts
from sandbox.shop_floor import order_setting
from sandbox.shop_prices import order_amounts
from sandbox.vocabulary import Product
from sandbox.webshop import Buyer
from sandbox.wire import at, decimal, odata_date, odata_moment, shopware
from sandbox.world import DAY, World

PROSPECT_SHARE = 0.22
ORDERS_MEAN = {False: 3.6, True: 7.0}  # over the four years, by "is a firm", before prospects
RATE_SHAPE = 0.9
SEASON = (0.75, 0.75, 0.9, 0.95, 1.0, 0.9, 0.8, 0.8, 0.95, 1.0, 1.3, 1.4)
DELIVERED_AFTER = 20 * DAY  # then an order is done, and billed
VAT = {"DE": 0.19, "AT": 0.20, "CH": 0.081}


@dataclass(frozen=True, slots=True)
class Line:
    """One position of an order; amounts net, in the order's currency."""

    product: Product
    quantity: int
    amount: float


def trade(world: World, accounts: Accounts, since: int | None = None) -> int:
    """Everything one customer bought since `since`; returns the number of orders."""
    dice = world.dice
    if not (accounts.partners or accounts.buyers) or dice.chance(PROSPECT_SHARE):
        return 0
    first = max(accounts.since, since or 0)
    rate = dice.gamma(RATE_SHAPE, ORDERS_MEAN[accounts.is_firm]) / (4 * 365 * DAY)
    years_left = world.now - first
    count = min(dice.poisson(min(rate * 1.7 * years_left, 50)), 50)
    for _ in range(count):
        _place_order(world, accounts, _season_moment(world, first))
    if accounts.partners and accounts.is_firm and dice.chance(0.2):
        add_quotation(world, accounts.partners[0], accounts.country, _season_moment(world, first))
    return count


def _place_order(world: World, accounts: Accounts, moment: int) -> None:
    in_shop = accounts.buyers and (
        not accounts.partners or world.dice.chance(0.25 if accounts.is_firm else 0.6)
    )
    if in_shop:
        add_shop_order(world, world.dice.choose(accounts.buyers), accounts.country, moment)
    else:
        add_sales_order(world, accounts, moment)


def _season_moment(world: World, after: int) -> int:
    """A moment whose month is favoured by the season."""
    for _ in range(6):
        moment = world.moment(after)
        if world.dice.chance(SEASON[at(moment).month - 1] / 1.4):
            break
    return moment


def _lines(world: World, moment: int, is_firm: bool) -> list[Line]:
    table, dice = world.words.products[at(moment).month], world.dice
    lines = []
    for _ in range(1 + dice.poisson(0.6)):
        product = dice.pick(table)
        quantity = dice.integer(1, 12) if is_firm else 1 + (dice.uniform() < 0.2)
        lines.append(Line(product, quantity, round(product.price * quantity, 2)))
    return lines


def add_shop_order(world: World, buyer: Buyer, country: str, moment: int) -> None:
    """An order of the shop with its line items."""
    moment = max(moment, buyer.created)
    lines = _lines(world, moment, buyer.company is not None)
    goods, status = round(sum(line.amount for line in lines), 2), _shop_status(world, moment)
    key, number = world.records.next_uuid("order"), world.records.next_id("shop_order")
    changed = min(moment + world.dice.integer(1, 6) * DAY, world.now)
    body = {
        "id": key,
        "orderNumber": str(10_000 + number),
        "orderDateTime": shopware(moment),
        **order_setting(currency_of(country), status),
        "billingAddressId": key[16:] + key[:16],  # an address of the order's own
        **order_amounts(goods, VAT[country]),
        "orderCustomer": {
            "id": key[::-1],
            "orderId": key,
            "customerId": buyer.key,
            "email": buyer.email,
            "firstName": buyer.first_name,
            "lastName": buyer.last_name,
            "company": buyer.company,
            "customerNumber": buyer.number,
            "apiAlias": "order_customer",
        },
        "createdAt": shopware(moment),
        "updatedAt": shopware(changed),
        "apiAlias": "order",
    }
    world.records.add("shopware", "orders", key, body, created=moment, changed=changed)
    for line in lines:
        _add_line_item(world, key, line, moment)


def _shop_status(world: World, moment: int) -> str:
    if world.dice.chance(0.03):
        return "cancelled"
    if world.now - moment > 14 * DAY:
        return "completed"
    return "open" if world.dice.chance(0.5) else "in_progress"


def _add_line_item(world: World, order: str, line: Line, moment: int) -> None:
    key, product = world.records.next_uuid("line"), line.product
    body = {
        "id": key,
        "orderId": order,
        "identifier": key,
        "productId": f"018bb8a5f0a1700f9a0c{int(product.number[2:]):012x}",
        "label": product.name,
        "quantity": line.quantity,
        "unitPrice": product.price,
        "totalPrice": line.amount,
        "price": {
            "unitPrice": product.price,
            "quantity": line.quantity,
            "totalPrice": line.amount,
            "apiAlias": "calculated_price",
        },
        "children": [],
        "states": ["is-physical"],
        "type": "product",
        "payload": {"productNumber": product.number, "category": product.category},
        "createdAt": shopware(moment),
        "updatedAt": None,
        "apiAlias": "order_line_item",
    }
    world.records.add("shopware", "order_line_items", key, body, created=moment)


def currency_of(country: str) -> str:
    return "CHF" if country == "CH" else "EUR"


def add_sales_order(world: World, accounts: Accounts, moment: int) -> None:
    """A sales order in ERP, with the quotation before and the invoice after it."""
    dice, partner = world.dice, world.dice.choose(accounts.partners)
    lines = _lines(world, moment, accounts.is_firm)
    net = round(sum(line.amount for line in lines), 2)
    quotation = ""
    if accounts.is_firm and dice.chance(0.25):
        quotation = add_quotation(
            world, partner, accounts.country, moment - 10 * DAY, net=net, won=True
        )
    number = str(world.records.next_id("sales_order"))
    done = world.now - moment > DELIVERED_AFTER
    changed = min(moment + dice.integer(1, 15) * DAY, world.now)
    body = {
        "SalesOrder": number,
        "SalesOrderType": "OR",
        "SoldToParty": partner,
        "SalesOrderDate": odata_date(moment),
        "TotalNetAmount": decimal(net),
        "TransactionCurrency": currency_of(accounts.country),
        "OverallSDProcessStatus": "C" if done else dice.choose("AB"),
        "DistributionChannel": "10",
        "PurchaseOrderByCustomer": f"B{dice.digits(6)}" if accounts.is_firm else "",
        "ReferenceSDDocument": quotation,
        **_stamps(moment, changed),
    }
    _add_document(world, "sales_orders", number, body, moment, changed)
    for place, line in enumerate(lines, start=1):
        _add_item(world, number, place, line, accounts.country, moment)
    _add_partners(world, number, partner, accounts, moment)
    if done:
        bill(world, number, partner, accounts.country, lines, changed)


def _stamps(created: int, changed: int) -> dict[str, str]:
    return {"CreationDate": odata_date(created), "LastChangeDateTime": odata_moment(changed)}


def _add_document(
    world: World, stream: str, number: str, body: dict[str, Any], created: int, changed: int
) -> None:
    world.records.add(
        "s4", stream, number, body, created=created, changed=changed, sort_key=number.zfill(10)
    )


def _add_part(
    world: World, stream: str, number: str, part: str, body: dict[str, Any], created: int
) -> None:
    """A record that lives and dies with its document."""
    key, order = f"{number}|{part}", f"{number.zfill(10)}|{part.zfill(6)}"
    world.records.add("s4", stream, key, body, created=created, sort_key=order)


def _add_item(world: World, order: str, place: int, line: Line, country: str, moment: int) -> None:
    body = {
        "SalesOrder": order,
        "SalesOrderItem": str(place * 10),
        "Material": line.product.number,
        "SalesOrderItemText": line.product.name,
        "MaterialGroup": line.product.category,
        "RequestedQuantity": str(line.quantity),
        "NetAmount": decimal(line.amount),
        "TransactionCurrency": currency_of(country),
    }
    _add_part(world, "sales_order_items", order, str(place * 10), body, moment)


def _add_partners(world: World, order: str, partner: str, accounts: Accounts, moment: int) -> None:
    """Who bought (SP) and, for firms, who of them ordered (CP)."""
    roles = [("SP", partner, "")]
    if accounts.erp_contacts and world.dice.chance(0.7):
        roles.append(("CP", "", world.dice.choose(accounts.erp_contacts)))
    for role, customer, person in roles:
        body = {
            "SalesOrder": order,
            "PartnerFunction": role,
            "Customer": customer,
            "ContactPerson": person,
        }
        _add_part(world, "sales_order_partners", order, role, body, moment)


def add_quotation(
    world: World, partner: str, country: str, moment: int, *, net: float = 0.0, won: bool = False
) -> str:
    """A quotation; one that led to no order is lost once its binding period is over."""
    number = str(20_000_000 + world.records.next_id("quotation"))
    moment = max(moment - moment % 1000, world.start)
    net = net or round(sum(line.amount for line in _lines(world, moment, True)), 2)
    changed = min(moment + world.dice.integer(0, 9) * DAY, world.now)
    body = {
        "SalesQuotation": number,
        "SalesQuotationType": "QT",
        "SoldToParty": partner,
        "SalesQuotationDate": odata_date(moment),
        "BindingPeriodValidityEndDate": odata_date(moment + 30 * DAY),
        "TotalNetAmount": decimal(net),
        "TransactionCurrency": currency_of(country),
        "OverallSDProcessStatus": "C" if won else "A",
        **_stamps(moment, changed),
    }
    _add_document(world, "quotations", number, body, moment, changed)
    return number


def bill(
    world: World, order: str, partner: str, country: str, lines: list[Line], moment: int
) -> None:
    """The invoice, and for three in a hundred a credit memo over its first line."""
    _add_billing(world, order, partner, country, lines, moment, "F2")
    if world.dice.chance(0.03):
        later = min(moment + 9 * DAY, world.now)
        _add_billing(world, order, partner, country, lines[:1], later, "G2")


def _add_billing(
    world: World, order: str, partner: str, country: str, lines: list[Line], moment: int, kind: str
) -> None:
    number = str(90_000_000 + world.records.next_id("billing"))
    net = round(sum(line.amount for line in lines), 2)
    cleared = world.now - moment > 40 * DAY and world.dice.chance(0.95)
    changed = min(moment + world.dice.integer(0, 30) * DAY, world.now)
    body = {
        "BillingDocument": number,
        "BillingDocumentType": kind,
        "SoldToParty": partner,
        "BillingDocumentDate": odata_date(moment),
        "TotalNetAmount": decimal(net),
        "TaxAmount": decimal(net * VAT[country]),
        "TransactionCurrency": currency_of(country),
        "BillingDocumentIsCancelled": world.dice.chance(0.01),
        "InvoiceClearingStatus": "C" if cleared else "A",
        **_stamps(moment, changed),
    }
    _add_document(world, "billing_documents", number, body, moment, changed)
    for place, line in enumerate(lines, start=1):
        item = {
            "BillingDocument": number,
            "BillingDocumentItem": str(place * 10),
            "SalesDocument": order,
            "Material": line.product.number,
            "BillingDocumentItemText": line.product.name,
            "MaterialGroup": line.product.category,
            "BillingQuantity": str(line.quantity),
            "NetAmount": decimal(line.amount),
            "TransactionCurrency": currency_of(country),
        }
        _add_part(world, "billing_items", number, str(place * 10), item, moment)
