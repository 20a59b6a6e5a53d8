"""A canary person and her firm, planted in every system of a small sandbox company.

Her names, addresses and numbers exist nowhere else, so wherever one of them is found, personal
data lie. She is also in a record that cannot land, in one that a gate sets aside, in a files
source, in a steward's reason, a consent given to us and a suppression.
"""

from __future__ import annotations

import json
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dedupe.judgement.judgements import record_judgement
from dedupe.judgement.pins import Wish, pin
from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import suppress_address
from sandbox.server import credentials
from sandbox.truth import write_truth
from stamm.store import Store
from tests.connectors.sinks.receiver import SECRET

EMAIL = "kanarina@zwitscherbach.example-mail.de"
SECOND_EMAIL = "piepmatz77@zwitscherbach.example-mail.de"
BLOCKED = "robert@sperlingsloh-post.de"
NEEDLES = [
    "Zwitscherbach",  # family name, and the domain of her mailboxes
    "Kanarina",  # given name
    "Trällerwinkel", "Traellerwinkel",  # street, as it is written and as it is folded
    "15198765432",  # phone, however it is spelt
    "Federkleidhandel",  # firm
    "piepmatz77",
]  # fmt: skip
_CREATED = int(datetime(2025, 3, 1, 8, tzinfo=UTC).timestamp() * 1000)
_DAY = "2025-03-01T08:00:00"
_PERSON, _FIRM = "1999001", "1999002"
_SHOP, _ADDRESS = "018effff0000700080000000000000a1", "018effff0000700080000000000000a2"
_GUEST_ORDER = "018effff0000700080000000000000a3"
_USER, _ORGANISATION, _TICKET = 369999999001, 369999999002, 999001


def plant(sandbox: Path) -> None:
    """Write the canary's records into a sandbox company, in each vendor's wire form."""
    db = sqlite3.connect(sandbox / "company.db")
    for system, stream, key, body in _records():
        row = (system, stream, key, key.zfill(15), _CREATED, _CREATED, 0, json.dumps(body))
        db.execute("insert into record values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    db.execute(
        "insert into truth values ('mail', 'brevo', 'contacts', ?, '', 'E-canary', 'person',"
        " null, null)",
        [EMAIL],
    )
    db.commit()
    db.close()
    write_truth(sandbox)


def write_files(folder: Path) -> None:
    """An archive with one row that lands, and one that cannot because its key came before."""
    folder.mkdir(parents=True)
    text = (
        "Nr;Vorname;Nachname;E-Mail;Straße;Geburtstag\n"
        f"7;Kanarina;Zwitscherbach;{EMAIL};Trällerwinkel 7;01.04.2190\n"
        f"7;Kanarina;Zwitscherbach;{SECOND_EMAIL};Trällerwinkel 9;\n"
    )
    with zipfile.ZipFile(folder / "fair.zip", "w") as archive:
        archive.writestr("fair.csv", text)


def write_settings(folder: Path, base_url: str, crm: str) -> dict[str, str]:
    """`stamm.yaml` over five kinds of sources and a target; returns the environment it needs."""
    secrets = {
        "ERP_PASSWORD": credentials.S4_PASSWORD,
        "SHOP_SECRET": credentials.SHOPWARE_CLIENT_SECRET,
        "MAIL_KEY": credentials.BREVO_API_KEY,
        "HELP_TOKEN": credentials.ZENDESK_API_TOKEN,
        "CRM_SECRET": SECRET,
    }
    (folder / "stamm.yaml").write_text(
        f"""
sources:
  erp: {{system: s4, url: "{base_url}/erp", username: {credentials.S4_USER},
         password: "${{ERP_PASSWORD}}", insecure: true}}
  shop: {{system: shopware, url: "{base_url}/shop", client_id: {credentials.SHOPWARE_CLIENT_ID},
          client_secret: "${{SHOP_SECRET}}", insecure: true}}
  mail: {{system: brevo, url: "{base_url}/mail", api_key: "${{MAIL_KEY}}", insecure: true}}
  help: {{system: zendesk, url: "{base_url}/help", email: {credentials.ZENDESK_EMAIL},
          api_token: "${{HELP_TOKEN}}", insecure: true}}
  fair: {{system: files, path: "zip://*.csv::data/sandbox/files/fair/fair.zip", format: csv,
          stream: parties, key: [Nr],
          map: {{given_name: Vorname, family_name: Nachname, email: E-Mail, street: Straße,
                 birth_date: Geburtstag}}}}
sinks:
  crm: {{system: webhook, url: "{crm}", secret: "${{CRM_SECRET}}", insecure: true}}
quality: {{rejected_share: 0.9}}
""",
        encoding="utf-8",
    )
    return secrets


def decide(store: Store) -> None:
    """What people told us about her."""
    at = datetime(2026, 6, 1, tzinfo=UTC)
    record_judgement(
        store, ["a" * 32], ["b" * 32], "unsure", by="steward", at=at,
        reason="Frau Zwitscherbach rief an",
    )  # fmt: skip
    wish = Wish("person", "email", {"email": EMAIL}, frozenset({"a" * 32}))
    pin(store, wish, by="steward", at=at, reason="Frau Zwitscherbach rief an")
    record_consent(store, ConsentEvent(EMAIL, "email", "withdrawn", at, "Anruf"))
    suppress_address(store, SECOND_EMAIL, reason="objection", at=at)


def _records() -> list[tuple[str, str, str, dict[str, Any]]]:
    return [*_erp(), *_shop(), *_newsletter(), *_help_desk()]


def _erp() -> list[tuple[str, str, str, dict[str, Any]]]:
    address = {
        "BusinessPartner": _PERSON, "AddressID": "1999001", "StreetName": "Trällerwinkel",
        "HouseNumber": "7", "PostalCode": "50667", "CityName": "Köln", "Country": "DE",
    }  # fmt: skip
    child = {"AddressID": "1999001", "Person": "", "OrdinalNumber": "1"}
    phone = {"IsDefaultPhoneNumber": True, "PhoneNumber": "0151 98765432", "PhoneNumberType": "3"}
    return [
        ("s4", "business_partners", _PERSON, _partner(
            _PERSON, "1", FirstName="Kanarina", LastName="Zwitscherbach",
            BusinessPartnerFullName="Kanarina Zwitscherbach")),
        ("s4", "business_partners", _FIRM, _partner(
            _FIRM, "2", OrganizationBPName1="Federkleidhandel GmbH",
            BusinessPartnerFullName="Federkleidhandel GmbH")),
        # Its category is missing, so it cannot land.
        ("s4", "business_partners", "1999003", _partner(
            "1999003", None, FirstName="Kanarina", LastName="Zwitscherbach")),
        # Blocked by the ERP: kept, but not to be used, whatever the newsletter says.
        ("s4", "business_partners", "1999004", _partner(
            "1999004", "1", FirstName="Robert", LastName="Sperlingsloh",
            BusinessPartnerFullName="Robert Sperlingsloh", BusinessPartnerIsBlocked=True)),
        ("s4", "addresses", "1999004|1999004", address | {
            "BusinessPartner": "1999004", "AddressID": "1999004", "StreetName": "Amselweg"}),
        ("s4", "emails", "1999004||1", child | {
            "AddressID": "1999004", "IsDefaultEmailAddress": True, "EmailAddress": BLOCKED}),
        ("s4", "addresses", f"{_PERSON}|1999001", address),
        ("s4", "emails", "1999001||1", child | {
            "IsDefaultEmailAddress": True, "EmailAddress": EMAIL}),
        ("s4", "phones", "1999001||1", child | phone),
        ("s4", "tax_numbers", f"{_FIRM}|DE0", {
            "BusinessPartner": _FIRM, "BPTaxType": "DE0", "BPTaxNumber": "DE136695976"}),
    ]  # fmt: skip


def _partner(number: str, category: str | None, **names: Any) -> dict[str, Any]:
    blank = dict.fromkeys(
        ("FirstName", "LastName", "MiddleName", "OrganizationBPName1", "OrganizationBPName2"), ""
    )
    return {
        **blank, "BusinessPartner": number, "BusinessPartnerCategory": category,
        "BusinessPartnerIsBlocked": False, "IsMarkedForArchiving": False,
        "CreationDate": f"/Date({_CREATED})/", "CreationTime": "PT08H00M00S",
        "LastChangeDate": None, "LastChangeTime": "PT00H00M00S", **names,
    }  # fmt: skip


def _shop() -> list[tuple[str, str, str, dict[str, Any]]]:
    moment = {"createdAt": f"{_DAY}.000+00:00", "updatedAt": None}
    name = {"firstName": "Kanarina", "lastName": "Zwitscherbach"}
    guest = {
        "customerId": None, "email": SECOND_EMAIL, "company": None, "customerNumber": None, **name,
    }  # fmt: skip
    return [
        ("shopware", "customers", _SHOP, {
            "id": _SHOP, "customerNumber": "1999001", "guest": False, "active": True, **name,
            "company": "Federkleidhandel GmbH", "vatIds": None, "email": EMAIL,
            "defaultBillingAddressId": _ADDRESS, "defaultShippingAddressId": _ADDRESS, **moment,
            "customFields": {"social_linkedin": "https://www.linkedin.com/in/kanarina"}}),
        ("shopware", "customer_addresses", _ADDRESS, {
            "id": _ADDRESS, "customerId": _SHOP, **name, "company": None,
            "street": "Trällerwinkel 7", "zipcode": "50667", "city": "Köln",
            "country": {"iso": "DE"}, "phoneNumber": "0151/98765432", **moment}),
        ("shopware", "orders", _GUEST_ORDER, {
            "id": _GUEST_ORDER, "orderNumber": "1999001", "orderDateTime": f"{_DAY}.000+00:00",
            "amountTotal": 11.9, "amountNet": 10.0, "currency": {"isoCode": "EUR"},
            "stateMachineState": {"technicalName": "completed"}, "orderCustomer": guest,
            "salesChannelId": "018bb8a5f0a1700f9a0cbdb3e2b61d99", **moment}),
    ]  # fmt: skip


def _newsletter() -> list[tuple[str, str, str, dict[str, Any]]]:
    moment = f"{_DAY}.000+01:00"
    message = "<1999001@smtp-relay.mailin.fr>"
    return [
        ("brevo", "contacts", "1999004", {
            "id": 1999004, "email": BLOCKED, "emailBlacklisted": False, "smsBlacklisted": False,
            "createdAt": moment, "modifiedAt": moment, "listIds": [2], "attributes": {
                "VORNAME": "Robert", "NACHNAME": "Sperlingsloh", "OPT_IN": True,
                "OPT_IN_DATE": "2025-03-01", "DOUBLE_OPT_IN_DATE": "2025-03-01",
                "CONSENT_SOURCE": "webform"}}),
        ("brevo", "contacts", "1999001", {
            "id": 1999001, "email": EMAIL, "emailBlacklisted": False, "smsBlacklisted": False,
            "createdAt": moment, "modifiedAt": moment, "listIds": [2], "attributes": {
                "VORNAME": "Kanarina", "NACHNAME": "Zwitscherbach", "OPT_IN": True,
                "OPT_IN_DATE": "2025-03-01", "DOUBLE_OPT_IN_DATE": "2025-03-01",
                "CONSENT_SOURCE": "webform"}}),
        ("brevo", "events", f"{message}|delivered|{moment}|{EMAIL}", {
            "email": EMAIL, "date": moment, "messageId": message, "event": "delivered",
            "subject": "Guten Tag, Frau Zwitscherbach", "tag": "newsletter"}),
    ]  # fmt: skip


def _help_desk() -> list[tuple[str, str, str, dict[str, Any]]]:
    moment = {"created_at": f"{_DAY}Z", "updated_at": f"{_DAY}Z"}
    return [
        ("zendesk", "users", str(_USER), {
            "id": _USER, "name": "Kanarina Zwitscherbach", "email": EMAIL,
            "phone": "+49 151 98765432", "role": "end-user", "organization_id": _ORGANISATION,
            "active": True, "suspended": False, "user_fields": {}, "tags": [], **moment}),
        ("zendesk", "organizations", str(_ORGANISATION), {
            "id": _ORGANISATION, "name": "Federkleidhandel GmbH",
            "domain_names": ["zwitscherbach.example-mail.de"], "details": "", "notes": "",
            "external_id": None, "organization_fields": {}, **moment}),
        ("zendesk", "tickets", str(_TICKET), {
            "id": _TICKET, "subject": "Zwitscherbach wartet auf Ware", "type": "question",
            "priority": "normal", "status": "open", "requester_id": _USER, "submitter_id": _USER,
            "assignee_id": None, "organization_id": _ORGANISATION, "via": {"channel": "email"},
            "tags": [], "custom_fields": [{"id": 900001, "value": 9}],
            "satisfaction_rating": {"score": "good"}, **moment,
            "generated_timestamp": _CREATED // 1000}),
        ("zendesk", "satisfaction_ratings", "369999999003", {
            "id": 369999999003, "ticket_id": _TICKET, "requester_id": _USER, "score": "good",
            "comment": "Danke, K. Zwitscherbach", **moment}),
    ]  # fmt: skip
