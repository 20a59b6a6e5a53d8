"""Runs inside Tryton's own Python: `setup.py CONF KEY PASSWORD` fits a new database out.

A company that keeps its books in EUR, an administrator who is in all groups, a key for REST, an
account and a product, so that sales can be written.
"""

import sys
from decimal import Decimal

from trytond import config

config.update_etc(sys.argv[1])
from trytond.pool import Pool  # noqa: E402 - reads the configuration when it is imported
from trytond.transaction import Transaction  # noqa: E402

DATABASE = "crm"


def main(key: str) -> None:
    Pool.start()
    pool = Pool(DATABASE)
    pool.init()
    with Transaction().start(DATABASE, 1):
        currency = _company(pool)
        _administrator(pool, key)
        _country(pool)
    with Transaction().start(DATABASE, 1, context={"company": 1}):
        _product(pool)
    assert currency


def _company(pool):
    [currency] = pool.get("currency.currency").create(
        [{"name": "Euro", "code": "EUR", "symbol": "€", "rounding": Decimal("0.01"), "digits": 2}]
    )
    [party] = pool.get("party.party").create([{"name": "Muster Handels GmbH"}])
    pool.get("company.company").create([{"party": party.id, "currency": currency.id}])
    return currency


def _administrator(pool, key):
    user, group = pool.get("res.user"), pool.get("res.group")
    [admin] = user.search([("login", "=", "admin")])
    groups = [one.id for one in group.search([])]
    user.write([admin], {"groups": [("add", groups)], "companies": [("add", [1])], "company": 1})
    pool.get("res.user.application").create(
        [{"user": admin.id, "application": "rest", "key": key, "state": "validated"}]
    )


def _country(pool):
    pool.get("country.country").create(
        [{"name": "Deutschland", "code": "DE"}, {"name": "Österreich", "code": "AT"}]
    )


def _product(pool):
    [unit] = pool.get("product.uom").search([("symbol", "=", "u")], limit=1)
    [template] = pool.get("product.template").create(
        [{"name": "Stehlampe", "type": "goods", "salable": True, "default_uom": unit.id,
          "sale_uom": unit.id, "list_price": Decimal("49.90")}]
    )  # fmt: skip
    pool.get("product.product").create([{"template": template.id, "suffix_code": "L1"}])


if __name__ == "__main__":
    main(sys.argv[2])
