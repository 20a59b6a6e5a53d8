"""ERP records (SAP S/4HANA): business partners with address, e-mail, phone, tax number, ties.

Flow: `Person`, `Firm`, `Contact` → `s4.*` records in OData V2 encodings. Children carry no
change time of their own, as in the real API.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.firms import Contact, Firm
from sandbox.noise import Nobody
from sandbox.population import Person
from sandbox.spelling import Scribe, WrittenAddress, WrittenName
from sandbox.wire import odata_date, odata_day, odata_time
from sandbox.world import World

TITLE_CODES = {
    "Dr.": "0001",
    "Prof. Dr.": "0002",
    "Dipl.-Ing.": "0006",
    "Mag.": "0007",
    "Ing.": "0008",
}
FORMS_OF_ADDRESS = {"f": "0001", "m": "0002", "": "0003"}
LEGAL_FORMS = {"AG": "01", "GmbH": "02", "KG": "03", "OHG": "04", "eG": "05"}
OPEN_END = "/Date(253402214400000)/"  # 9999-12-31
VAT_TYPES = {"DE": "DE0", "AT": "AT0", "CH": "CH1"}


def add_person(world: World, person: Person) -> str:
    """A private customer; returns the partner number."""
    scribe = Scribe(world, "erp")
    created = world.moment(person.since)
    partner = _person_partner(world, scribe, person, created)
    home = scribe.home(person)
    phone = person.mobile if world.dice.chance(0.65) else person.landline
    mailboxes = (person.email, person.second_email)
    _add_children(world, scribe, partner, home, mailboxes, phone, created)
    world.records.add_truth(
        "s4", "business_partners", partner, person.entity_id, "person", household=person.household
    )
    return partner


def add_firm(world: World, firm: Firm) -> str:
    """A firm with one address per site and its tax number."""
    scribe, created = Scribe(world, "erp"), world.moment(firm.since)
    name = scribe.firm_name(firm)
    partner = _add_partner(
        world, created, category="2", full_name=name, organisation=name,
        legal_form=LEGAL_FORMS.get(firm.legal_form, ""),
    )  # fmt: skip
    mailbox = f"{world.dice.choose(('info', 'office', 'kontakt'))}@{firm.domain}"
    site = scribe.address(firm.address)
    _add_children(world, scribe, partner, site, (mailbox,), firm.switchboard, created)
    for branch in firm.branches:
        _add_address(world, partner, scribe.address(branch), created)
    vat_id = scribe.vat_id(firm.vat_id)
    if vat_id:
        _add_tax_number(world, partner, firm.address.country, vat_id, created)
    world.records.add_truth("s4", "business_partners", partner, firm.entity_id, "organisation")
    return partner


def add_contact(world: World, firm: Firm, contact: Contact, company: str) -> str:
    """Somebody who acts for a firm; tied to it unless the tie was forgotten."""
    scribe, created = Scribe(world, "erp"), world.moment(max(firm.since, contact.person.since))
    partner = _person_partner(world, scribe, contact.person, created)
    site = scribe.address(contact.address)
    _add_children(world, scribe, partner, site, (contact.email,), contact.phone, created)
    if not world.happens("organisations.contact_without_company_key"):
        _add_tie(world, company, partner, contact.function, created)
    world.records.add_truth(
        "s4", "business_partners", partner, contact.person.entity_id, "person",
        organisation=firm.entity_id,
    )  # fmt: skip
    return partner


def add_nobody(world: World, nobody: Nobody) -> None:
    """A test or nonsense partner."""
    created = world.moment()
    name = WrittenName(nobody.given, nobody.family, "")
    partner = _add_partner(world, created, category="1", full_name=name.full, name=name)
    address = _add_address(
        world, partner, WrittenAddress("Teststraße", "1", "12345", "Teststadt", "DE", ""), created
    )
    _add_email(world, address, nobody.email, created)
    world.records.add_truth("s4", "business_partners", partner, None, "person")


def _person_partner(world: World, scribe: Scribe, person: Person, created: int) -> str:
    name, born = scribe.name(person), scribe.birth_date(person.birth_date)
    form = FORMS_OF_ADDRESS[person.sex]
    return _add_partner(
        world, created, category="1", full_name=name.full, name=name, born=born, form=form
    )


def _add_partner(
    world: World,
    created: int,
    *,
    category: str,
    full_name: str,
    name: WrittenName | None = None,
    organisation: str = "",
    legal_form: str = "",
    born: date | None = None,
    form: str = "0003",
) -> str:
    """One A_BusinessPartner; a third of them was changed later."""
    partner = str(world.records.next_id("partner"))
    changed = world.moment(created) if world.dice.chance(0.35) else None
    body: dict[str, Any] = {
        "BusinessPartner": partner,
        "BusinessPartnerCategory": category,
        "BusinessPartnerFullName": full_name,
        "BusinessPartnerGrouping": "BP02",
        "FirstName": name.given if name else "",
        "LastName": name.family if name else "",
        "MiddleName": "",
        "AcademicTitle": TITLE_CODES.get(name.title, "") if name else "",
        "FormOfAddress": form,
        "OrganizationBPName1": organisation[:40],
        "OrganizationBPName2": organisation[40:],
        "LegalForm": legal_form,
        "BirthDate": odata_day(born),
        "Language": "DE",
        "BusinessPartnerIsBlocked": False,
        "IsMarkedForArchiving": False,
        "CreationDate": odata_date(created),
        "CreationTime": odata_time(created),
        "LastChangeDate": odata_date(changed) if changed else None,
        "LastChangeTime": odata_time(changed) if changed else "PT00H00M00S",
    }
    world.records.add(
        "s4", "business_partners", partner, body,
        created=created, changed=changed, sort_key=partner.zfill(10),
    )  # fmt: skip
    return partner


def _add_children(
    world: World,
    scribe: Scribe,
    partner: str,
    address: WrittenAddress,
    mailboxes: tuple[str, ...],
    phone: str,
    created: int,
) -> None:
    address_id = _add_address(world, partner, address, created)
    email = scribe.email(*mailboxes)
    if email:
        _add_email(world, address_id, email, created)
    written = scribe.phone(phone, address.country)
    if written:
        _add_phone(world, address_id, written, phone, address.country, created)


def _add_address(world: World, partner: str, address: WrittenAddress, created: int) -> str:
    address_id = str(world.records.next_id("s4_address"))
    body = {
        "BusinessPartner": partner,
        "AddressID": address_id,
        "FullName": "",
        "StreetName": address.street,
        "HouseNumber": address.house_number,
        "HouseNumberSupplementText": "",
        "PostalCode": address.postcode,
        "CityName": address.city,
        "Country": address.country,
        "Region": address.region,
        "Language": "DE",
        "ValidityStartDate": odata_moment_of_day(created),
        "ValidityEndDate": "/Date(253402300799000+0000)/",
    }
    key, order = f"{partner}|{address_id}", f"{partner.zfill(10)}|{address_id.zfill(10)}"
    world.records.add("s4", "addresses", key, body, created=created, sort_key=order)
    return address_id


def odata_moment_of_day(moment: int) -> str:
    """An address is valid from the start of a day on."""
    return f"/Date({moment - moment % 86_400_000}+0000)/"


def _add_email(world: World, address_id: str, email: str, created: int) -> None:
    body = {
        "AddressID": address_id,
        "Person": "",
        "OrdinalNumber": "1",
        "IsDefaultEmailAddress": True,
        "EmailAddress": email,
    }
    _add_communication(world, "emails", address_id, body, created)


def _add_phone(
    world: World, address_id: str, written: str, national: str, country: str, created: int
) -> None:
    mobile = national[:2] in (
        "15",
        "16",
        "17",
        "65",
        "66",
        "67",
        "68",
        "69",
        "76",
        "77",
        "78",
        "79",
    )
    body = {
        "AddressID": address_id,
        "Person": "",
        "OrdinalNumber": "1",
        "DestinationLocationCountry": country,
        "IsDefaultPhoneNumber": True,
        "PhoneNumber": written,
        "InternationalPhoneNumber": "",
        "PhoneNumberType": "3" if mobile else "1",
    }
    _add_communication(world, "phones", address_id, body, created)


def _add_communication(
    world: World, stream: str, address_id: str, body: dict[str, Any], created: int
) -> None:
    key, order = f"{address_id}||1", f"{address_id.zfill(10)}||001"
    world.records.add("s4", stream, key, body, created=created, sort_key=order)


def _add_tax_number(world: World, partner: str, country: str, number: str, created: int) -> None:
    kind = VAT_TYPES[country]
    body = {"BusinessPartner": partner, "BPTaxType": kind, "BPTaxNumber": number}
    world.records.add(
        "s4", "tax_numbers", f"{partner}|{kind}", body,
        created=created, sort_key=f"{partner.zfill(10)}|{kind}",
    )  # fmt: skip


def _add_tie(world: World, company: str, person: str, function: str, created: int) -> None:
    number = str(world.records.next_id("relationship"))
    body = {
        "RelationshipNumber": number,
        "BusinessPartnerCompany": company,
        "BusinessPartnerPerson": person,
        "ValidityEndDate": OPEN_END,
        "ValidityStartDate": odata_date(created),
        "IsStandardRelationship": False,
        # Function and department hang on the tie; the API gives them with $expand only.
        "to_ContactRelationship": {
            "RelationshipNumber": number,
            "BusinessPartnerCompany": company,
            "BusinessPartnerPerson": person,
            "ValidityEndDate": OPEN_END,
            "ContactPersonFunction": function,
            "ContactPersonDepartment": "",
        },
    }
    world.records.add(
        "s4", "contacts", f"{number}|{company}|{person}|{OPEN_END}", body,
        created=created, sort_key=number.zfill(12),
    )  # fmt: skip
