"""What an order of a Shopware shop says of money: the goods and their shipping, both shown net.

Source: Shopware 6 `CartPrice` and `CalculatedPrice`. Totals hold the shipping, which
`positionPrice` is without.
"""

from __future__ import annotations

from typing import Any

SHIPPING = 4.90
FREE_FROM = 50.00  # of goods, net; dearer orders travel free


def order_amounts(goods: float, vat: float) -> dict[str, Any]:
    """The amounts of an order of `goods`, net, at a tax rate such as 0.19."""
    shipping = SHIPPING if goods < FREE_FROM else 0.0
    net = round(goods + shipping, 2)
    total = round(net * (1 + vat), 2)
    return {
        "price": {
            "netPrice": net,
            "totalPrice": total,
            "positionPrice": goods,
            "rawTotal": total,
            "taxStatus": "net",
            **_taxed(net, vat),
            "apiAlias": "cart_price",
        },
        "taxStatus": "net",
        "positionPrice": goods,
        "amountTotal": total,
        "amountNet": net,
        "shippingTotal": shipping,
        "shippingCosts": {
            "unitPrice": shipping,
            "quantity": 1,
            "totalPrice": shipping,
            **_taxed(shipping, vat),
            "apiAlias": "calculated_price",
        },
    }


def _taxed(price: float, vat: float) -> dict[str, Any]:
    rate = round(vat * 100, 1)
    tax = {"tax": round(price * vat, 2), "taxRate": rate, "price": price}
    return {
        "calculatedTaxes": [{**tax, "apiAlias": "cart_tax_calculated"}],
        "taxRules": [{"taxRate": rate, "percentage": 100, "apiAlias": "cart_tax_rule"}],
    }
