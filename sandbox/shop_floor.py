"""What is the same for all of a Shopware shop: countries, currencies, order states, rounding.

Source: Shopware 6 entities `country`, `currency`, `state_machine_state`, `cash_rounding_config`.
"""

from __future__ import annotations

from typing import Any

CUSTOMER_GROUP = "cfbd5018d38d41d8adca10d94fc8bdd6"
SALES_CHANNEL = "018bb8a5f0a1700f9a0cbdb3e2b61d99"
GERMAN = "2fbb5fe2e29a4d70aa5854ce7ce3e20b"
ROUNDING = {"decimals": 2, "interval": 0.01, "roundForNet": True}
_ORDER_STATES = "018bb8a5f0a1700f9a0cbdb3e2b61e00"
_ADDRESS_FORMAT = {"0": ["address/first_name", "address/last_name"], "1": ["address/street"]}


def _country(number: int, iso: str, name: str) -> dict[str, Any]:
    return {
        "id": f"018bb8a5f0a1700f9a0cbdb3e2b61c{number:02}",
        "iso": iso,
        "name": name,
        "addressFormat": _ADDRESS_FORMAT,
        "apiAlias": "country",
    }


def _currency(number: int, code: str, name: str, symbol: str, factor: float) -> dict[str, Any]:
    return {
        "id": f"b7d2554b0ce847cd82f3ac9bd1c0df{number:02}",
        "isoCode": code,
        "factor": factor,
        "symbol": symbol,
        "shortName": code,
        "name": name,
        "itemRounding": ROUNDING,
        "totalRounding": ROUNDING,
        "apiAlias": "currency",
    }


def _state(number: int, technical_name: str, name: str) -> dict[str, Any]:
    return {
        "id": f"018bb8a5f0a1700f9a0cbdb3e2b61e{number:02}",
        "stateMachineId": _ORDER_STATES,
        "technicalName": technical_name,
        "name": name,
        "apiAlias": "state_machine_state",
    }


COUNTRIES = {
    "DE": _country(1, "DE", "Deutschland"),
    "AT": _country(2, "AT", "Österreich"),
    "CH": _country(3, "CH", "Schweiz"),
}
CURRENCIES = {
    "EUR": _currency(1, "EUR", "Euro", "€", 1.0),
    "CHF": _currency(2, "CHF", "Schweizer Franken", "CHF", 0.95),
}
STATES = {
    name: _state(number, name, shown)
    for number, (name, shown) in enumerate(
        {
            "open": "Offen",
            "in_progress": "In Bearbeitung",
            "completed": "Abgeschlossen",
            "cancelled": "Abgebrochen",
        }.items(),
        start=1,
    )
}


def order_setting(currency: str, state: str) -> dict[str, Any]:
    """The members of an order that hang on its currency and state only."""
    paid_in, reached = CURRENCIES[currency], STATES[state]
    return {
        "currencyId": paid_in["id"],
        "currencyFactor": paid_in["factor"],
        "currency": paid_in,
        "itemRounding": ROUNDING,
        "totalRounding": ROUNDING,
        "stateId": reached["id"],
        "stateMachineState": reached,
        "languageId": GERMAN,
        "salesChannelId": SALES_CHANNEL,
    }
