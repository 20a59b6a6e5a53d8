"""Defects of real life, each with the check that has to tell it and from which strength on."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from tests.quality.planting import Defect, again, each, gone, put, rotate

Dice = random.Random


def nothing(_: Any, __: Dice) -> None:
    return None


def broken(text: str, _: Dice) -> str:
    return text.encode().decode("cp1252", "replace")


def shouted(text: str, _: Dice) -> str:
    return text.upper()


def scientific(text: str, _: Dice) -> str:
    digits = "".join(sign for sign in text if sign.isdigit()) or "49"
    return f"{float(digits):.2E}"


def without_zero(text: str, _: Dice) -> str:
    return text.lstrip("0")


def hundredfold(amount: Any, _: Dice) -> Any:
    many = float(amount) * 100
    return f"{many:.2f}" if isinstance(amount, str) else many


def negative(amount: Any, _: Dice) -> Any:
    return f"-{amount}" if isinstance(amount, str) else -amount


def new_year(day: str, _: Dice) -> str:
    return f"{day[:4]}-01-01{day[10:]}"


def day_as_month(day: str, _: Dice) -> str:
    return f"{day[:4]}-{day[8:10]}-{day[5:7]}{day[10:]}"


def hours_later(moment: str, _: Dice) -> str:
    later = datetime.fromisoformat(moment) + timedelta(hours=9)
    return later.isoformat(timespec="milliseconds")


def all_the_same(_: Any, __: Dice) -> str:
    return "info@stadtbote-anzeiger.de"


def francs(_: Any, __: Dice) -> str:
    return "CHF"


def teleported(_: Any, __: Dice) -> str:
    return "teleported"


def nobody(_: Any, __: Dice) -> str:
    return "0000"


def abroad(_: Any, __: Dice) -> str:
    return "FR"


SHOP, ADDRESSES, ORDERS = "shopware_customers", "shopware_customer_addresses", "shopware_orders"
MAIL, USERS, TICKETS = "brevo_contacts", "zendesk_users", "zendesk_tickets"
ERP, ERP_ADDRESSES, ERP_ORDERS = "s4_business_partners", "s4_addresses", "s4_sales_orders"
INVOICES = "s4_billing_documents"

DEFECTS = (
    Defect(
        "values left out",
        "values_are_missing_as_usual",
        (
            (SHOP, put("lastName", nothing)),
            (ADDRESSES, put("zipcode", nothing)),
            (ADDRESSES, put("city", nothing)),
            (MAIL, put("attributes.VORNAME", nothing)),
            (ERP_ADDRESSES, put("StreetName", nothing)),
        ),
        (0.3, 1.0),
    ),
    Defect(
        "records sent again under new keys",
        "repeats_are_as_usual",
        ((SHOP, again("id")), (USERS, again("id"))),
        (0.2, 1.0),
    ),
    Defect(
        "orders sent again under new keys",
        "repeats_are_as_usual",
        ((ORDERS, again("id")), (ERP_ORDERS, again("SalesOrder"))),
        (0.2, 1.0),
    ),
    Defect(
        "a source halved",
        "volume_is_as_usual",
        tuple((table, gone) for table in (SHOP, ERP, MAIL, USERS, ORDERS, TICKETS)),
        (0.5, 0.95),
    ),
    Defect(
        "a source that brings nothing",
        "volume_is_as_usual",
        tuple((table, gone) for table in (SHOP, MAIL, USERS, ORDERS, TICKETS)),
        (1.0, 1.0),
    ),
    Defect(
        "a currency switched",
        "values_spread_as_usual",
        (
            (ORDERS, put("currency.isoCode", francs)),
            (ERP_ORDERS, put("TransactionCurrency", francs)),
            (INVOICES, put("TransactionCurrency", francs)),
        ),
        (0.15, 1.0),
    ),
    Defect(
        "amounts in cents",
        "values_spread_as_usual",
        (
            (ORDERS, put("amountNet", hundredfold)),
            (ERP_ORDERS, put("TotalNetAmount", hundredfold)),
            (INVOICES, put("TotalNetAmount", hundredfold)),
        ),
        (0.15, 1.0),
    ),
    Defect(
        "signs turned round",
        "values_are_shaped_as_usual",
        ((ORDERS, put("amountNet", negative)), (ERP_ORDERS, put("TotalNetAmount", negative))),
        (0.1, 1.0),
    ),
    Defect(
        "columns shifted by one",
        "values_are_shaped_as_usual",
        (
            (ADDRESSES, rotate("street", "zipcode", "city")),
            (ERP_ADDRESSES, rotate("StreetName", "PostalCode", "CityName")),
            (SHOP, rotate("firstName", "lastName", "email")),
        ),
        (0.1, 1.0),
    ),
    Defect(
        "encoding broken",
        "values_are_shaped_as_usual",
        (
            (SHOP, each(put("firstName", broken), put("lastName", broken))),
            (ADDRESSES, each(put("street", broken), put("city", broken))),
            (ERP, each(put("FirstName", broken), put("LastName", broken))),
            (MAIL, each(put("attributes.VORNAME", broken), put("attributes.NACHNAME", broken))),
        ),
        (0.4, 1.0),
    ),
    Defect(
        "given and family names swapped",
        "values_spread_as_usual",
        ((SHOP, rotate("firstName", "lastName")), (ERP, rotate("FirstName", "LastName"))),
        (0.7, 1.0),
    ),
    Defect(
        "day and month swapped",
        "values_are_missing_as_usual",
        ((SHOP, put("birthday", day_as_month)),),
        (0.6, 1.0),
    ),
    Defect(
        "birthdays set to the first of January",
        "values_are_shaped_as_usual",
        ((SHOP, put("birthday", new_year)),),
        (0.3, 1.0),
    ),
    Defect(
        "leading zeros lost",
        "values_are_shaped_as_usual",
        (
            (ADDRESSES, put("zipcode", without_zero)),
            (ERP_ADDRESSES, put("PostalCode", without_zero)),
        ),
        (0.7, 1.0),
    ),
    Defect(
        "phones as numbers of a spreadsheet",
        "values_are_shaped_as_usual",
        (
            (ADDRESSES, put("phoneNumber", scientific)),
            ("s4_phones", put("PhoneNumber", scientific)),
        ),
        (0.3, 1.0),
    ),
    Defect(
        "names in capitals",
        "values_are_shaped_as_usual",
        ((SHOP, put("lastName", shouted)), (ERP, put("LastName", shouted))),
        (0.2, 1.0),
    ),
    Defect(
        "one address for everybody",
        "repeats_are_as_usual",
        ((SHOP, put("email", all_the_same)), (USERS, put("email", all_the_same))),
        (0.15, 1.0),
    ),
    Defect(
        "customers of another country",
        "values_spread_as_usual",
        ((ADDRESSES, put("country.iso", abroad)), (ERP_ADDRESSES, put("Country", abroad))),
        (0.2, 1.0),
    ),
    Defect(
        "a lost time zone",
        "values_spread_as_usual",
        ((ORDERS, put("orderDateTime", hours_later)),),
        (0.8, 1.0),
    ),
    Defect(
        "a state that nobody knows",
        "fact_state_is_known",
        ((ORDERS, put("stateMachineState.technicalName", teleported)),),
        (0.001, 1.0),
    ),
    Defect(
        "a currency without a rate",
        "fact_has_an_amount_in_eur",
        ((ORDERS, put("currency.isoCode", teleported)),),
        (0.001, 1.0),
    ),
    Defect(
        "buyers that do not exist",
        "fact_has_a_buyer",
        # A shop's order without its customer is a party record of its own.
        ((ERP_ORDERS, put("SoldToParty", nobody)), (INVOICES, put("SoldToParty", nobody))),
        (0.01, 1.0),
    ),
)
