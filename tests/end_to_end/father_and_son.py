"""Friedrich Wackernagel and his son Friedrich: one name, one door, one telephone, no birth dates.

In: a sandbox company that is there. Out: the father among the partners of its ERP, for years; the
son, when he comes, as an account of its shop. The truth knows them as two.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.truth import write_truth

SON = "friedrich.jun@wackernagel-kiel.de"
GIVEN, FAMILY, STREET, NUMBER, POSTCODE, CITY = (
    "Friedrich", "Wackernagel", "Lindenallee", "14", "24103", "Kiel",
)  # fmt: skip
PHONE = "0431 5556677"
_PARTNER, _ADDRESS = "1999001", "1999002"
_ACCOUNT, _HOME = "018effff0000700080000000000000b1", "018effff0000700080000000000000b2"
_FATHER_SINCE = datetime(2024, 3, 1, 8, tzinfo=UTC)


def plant_father(sandbox: Path) -> None:
    """He has bought by telephone since 2024, and has no mailbox."""
    at = f"/Date({_milliseconds(_FATHER_SINCE)})/"
    partner = {
        "BusinessPartner": _PARTNER, "BusinessPartnerCategory": "1", "FirstName": GIVEN,
        "LastName": FAMILY, "MiddleName": "", "OrganizationBPName1": "",
        "OrganizationBPName2": "", "BusinessPartnerFullName": f"{GIVEN} {FAMILY}",
        "BusinessPartnerIsBlocked": False, "IsMarkedForArchiving": False, "CreationDate": at,
        "CreationTime": "PT08H00M00S", "LastChangeDate": None, "LastChangeTime": "PT00H00M00S",
    }  # fmt: skip
    address = {
        "BusinessPartner": _PARTNER, "AddressID": _ADDRESS, "StreetName": STREET,
        "HouseNumber": NUMBER, "PostalCode": POSTCODE, "CityName": CITY, "Country": "DE",
    }  # fmt: skip
    phone = {
        "AddressID": _ADDRESS, "Person": "", "OrdinalNumber": "1", "IsDefaultPhoneNumber": True,
        "PhoneNumber": PHONE, "PhoneNumberType": "1",
    }  # fmt: skip
    records = [
        ("s4", "business_partners", _PARTNER, partner),
        ("s4", "addresses", f"{_PARTNER}|{_ADDRESS}", address),
        ("s4", "phones", f"{_ADDRESS}||1", phone),
    ]
    truth = ("erp", "s4", "business_partners", _PARTNER, "", "P-father", "person")
    _write(sandbox, _FATHER_SINCE, records, truth)


def plant_son(sandbox: Path, since: datetime) -> None:
    """He opens an account in the shop, and lives at home."""
    moment = {"createdAt": f"{since:%Y-%m-%dT%H:%M:%S}.000+00:00", "updatedAt": None}
    name = {"firstName": GIVEN, "lastName": FAMILY, "company": None}
    account = {
        "id": _ACCOUNT, "customerNumber": "1999001", "guest": False, "active": True, **name,
        "vatIds": None, "email": SON, "defaultBillingAddressId": _HOME,
        "defaultShippingAddressId": _HOME, "customFields": None, **moment,
    }  # fmt: skip
    home = {
        "id": _HOME, "customerId": _ACCOUNT, **name, "street": f"{STREET} {NUMBER}",
        "zipcode": POSTCODE, "city": CITY, "country": {"iso": "DE"}, "phoneNumber": PHONE,
        **moment,
    }  # fmt: skip
    records = [
        ("shopware", "customers", _ACCOUNT, account),
        ("shopware", "customer_addresses", _HOME, home),
    ]
    truth = ("shop", "shopware", "customers", _ACCOUNT, "", "P-son", "person")
    _write(sandbox, since, records, truth)


def _write(
    sandbox: Path,
    since: datetime,
    records: list[tuple[str, str, str, dict[str, Any]]],
    truth: tuple[str, ...],
) -> None:
    at = _milliseconds(since)
    with closing(sqlite3.connect(sandbox / "company.db")) as db, db:
        db.executemany(
            "insert into record values (?, ?, ?, ?, ?, ?, 0, ?)",
            [
                (system, stream, key, key.zfill(15), at, at, json.dumps(body))
                for system, stream, key, body in records
            ],
        )
        db.execute("insert into truth values (?, ?, ?, ?, ?, ?, ?, null, 'H-wackernagel')", truth)
    write_truth(sandbox)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
