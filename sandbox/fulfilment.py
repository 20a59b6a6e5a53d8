"""Open sales orders are delivered and billed when time passes.

Flow: orders of ERP that were placed three weeks ago and more → done, with their invoices.
"""

from __future__ import annotations

import orjson

from sandbox.activity import country_of
from sandbox.shelfmarks import Mark, find_beginning, rewrite
from sandbox.trade import DELIVERED_AFTER, Line, bill
from sandbox.vocabulary import Product
from sandbox.wire import odata_moment
from sandbox.world import World


def fulfil(world: World) -> int:
    """How many orders were delivered and billed; needs all records written."""
    orders, products = _due(world), _products(world)
    for mark in orders:
        moment, partner = world.moment(), mark.body["SoldToParty"]
        done = {"OverallSDProcessStatus": "C", "LastChangeDateTime": odata_moment(moment)}
        rewrite(world, mark, done, moment)
        lines = [
            Line(
                products[item.body["Material"]],
                int(item.body["RequestedQuantity"]),
                float(item.body["NetAmount"]),
            )
            for item in find_beginning(world, "s4", "sales_order_items", mark.key + "|")
        ]
        country = country_of(world, "addresses", partner + "|", "s4")
        bill(world, mark.key, partner, country, lines, moment)
    return len(orders)


def _products(world: World) -> dict[str, Product]:
    """The catalogue is the same in each month."""
    return {product.number: product for product in world.words.products[1].values}


def _due(world: World) -> list[Mark]:
    rows = world.records.db.execute(
        "select key, created_at, body from record"
        " where system = 's4' and stream = 'sales_orders' and deleted = 0 and created_at < ?"
        " and json_extract(body, '$.OverallSDProcessStatus') <> 'C' order by key",
        (world.now - DELIVERED_AFTER,),
    ).fetchall()
    return [Mark("s4", "sales_orders", key, made, orjson.loads(body)) for key, made, body in rows]
