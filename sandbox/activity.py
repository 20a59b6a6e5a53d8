"""Existing customers carry on: they order, ask and read in the days that pass.

Flow: a sample of live records → new orders, tickets and events in `world.start … world.now`.
"""

from __future__ import annotations

import orjson

from sandbox import campaigns, tickets, trade
from sandbox.helpdesk import Caller
from sandbox.newsletter import Reader
from sandbox.parties import Accounts
from sandbox.shelfmarks import Mark, live, sample
from sandbox.webshop import Buyer
from sandbox.world import World


def carry_on(world: World, share: float) -> None:
    """As much of everything as `share` of the company's history holds."""
    for mark in sample(
        world, "shopware", "customers", _share_of(world, "shopware", "orders", share)
    ):
        buyer = _buyer(mark)
        country = country_of(
            world, "customer_addresses", mark.body["defaultBillingAddressId"], "shopware"
        )
        trade.add_shop_order(world, buyer, country, world.moment())
    count = _share_of(world, "s4", "sales_orders", share)
    for mark in sample(world, "s4", "business_partners", count):
        accounts = _partner_accounts(world, mark)
        if accounts:
            trade.add_sales_order(world, accounts, world.moment())
    _ask_and_read(world, share)


def _ask_and_read(world: World, share: float) -> None:
    for mark in sample(world, "zendesk", "users", _share_of(world, "zendesk", "tickets", share)):
        if mark.body["role"] == "end-user":
            desk = mark.body["organization_id"]
            tickets.add_ticket(world, Caller(mark.key, mark.created, str(desk) if desk else None))
    for mark in sample(world, "brevo", "contacts", live(world, "brevo", "contacts") // 20):
        if mark.body["attributes"]["OPT_IN"]:
            reader = Reader(mark.key, mark.body["email"], mark.created, None)
            campaigns.read(world, reader, since=world.start)


def _share_of(world: World, system: str, stream: str, share: float) -> int:
    return round(live(world, system, stream) * share)


def _buyer(mark: Mark) -> Buyer:
    body = mark.body
    return Buyer(
        mark.key,
        body["customerNumber"],
        body["email"],
        body["firstName"],
        body["lastName"],
        body["company"],
        mark.created,
        body["guest"],
    )


def _partner_accounts(world: World, mark: Mark) -> Accounts | None:
    """None for people who act for firms: they are nobody's sold-to party."""
    row = world.records.db.execute(
        "select party_type, organisation_entity_id, entity_id from truth"
        " where system = 's4' and stream = 'business_partners' and key = ?",
        (mark.key,),
    ).fetchone()
    if row[1] is not None or row[2] is None:
        return None
    country = country_of(world, "addresses", mark.key + "|", "s4")
    is_firm = row[0] == "organisation"
    return Accounts(country, mark.created, is_firm, [mark.key], _contacts_of(world, row[2]))


def _contacts_of(world: World, organisation: str) -> list[str]:
    rows = world.records.db.execute(
        "select key from truth where system = 's4' and organisation_entity_id = ? order by key",
        (organisation,),
    )
    return [key for (key,) in rows]


def country_of(world: World, stream: str, after: str, system: str) -> str:
    """The country of the first live address whose key is `after` or begins with it."""
    row = world.records.db.execute(
        "select body from record where system = ? and stream = ? and key >= ? and key < ?"
        " and deleted = 0 order by key limit 1",
        (system, stream, after, after + "~"),
    ).fetchone()
    if row is None:
        return "DE"
    body = orjson.loads(row[0])
    return str(body["Country"] if system == "s4" else body["country"]["iso"])
