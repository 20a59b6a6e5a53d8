"""Shop records (Shopware 6): customers, guests, their addresses.

Flow: `Person` and, for business buyers, `Contact` and `Firm` → `shopware.*` records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.firms import Contact, Firm
from sandbox.noise import Nobody
from sandbox.population import Person, mail_part
from sandbox.shop_floor import COUNTRIES, CUSTOMER_GROUP, GERMAN, SALES_CHANNEL
from sandbox.spelling import Scribe, WrittenAddress, WrittenName
from sandbox.wire import shopware
from sandbox.world import World

SALUTATIONS = {
    "m": "018bb8a5f0a1700f9a0cbdb3e2b61d01",
    "f": "018bb8a5f0a1700f9a0cbdb3e2b61d02",
    "": "018bb8a5f0a1700f9a0cbdb3e2b61d03",
}
GUEST_SHARE = 0.22
SOCIAL_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class Buyer:
    """What an order repeats of its customer."""

    key: str
    number: str
    email: str
    first_name: str
    last_name: str
    company: str | None
    created: int
    guest: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """The texts of one customer record."""

    name: WrittenName
    address: WrittenAddress
    email: str
    phone: str
    birthday: str | None = None
    company: str | None = None
    vat_ids: list[str] | None = None
    sex: str = ""
    social: dict[str, str] | None = None


def add_customer(world: World, person: Person, contact: Contact | None, firm: Firm | None) -> Buyer:
    """A shop customer, privately or at work; with `firm` the record names it as well."""
    scribe = Scribe(world, "webshop")
    born = scribe.birth_date(person.birth_date)
    boxes = (contact.email,) if contact else (person.email, person.second_email)
    vat_id = scribe.vat_id(firm.vat_id) if firm else ""
    phone = contact.phone if contact else person.mobile
    entry = _Entry(
        name=scribe.name(person),
        address=scribe.address(contact.address) if contact else scribe.home(person),
        email=scribe.email(*boxes),
        phone=scribe.phone(phone, (contact or person).address.country),
        birthday=born.isoformat() if born else None,
        company=scribe.firm_name(firm) if firm else None,
        vat_ids=[vat_id] if vat_id else None,
        sex=person.sex,
        social=_social(world, person),
    )
    # An account needs an address of its own; whoever comes with a taken one buys as a guest.
    taken = not world.claim_mailbox(f"shopware:{entry.email.lower()}")
    guest = world.dice.chance(GUEST_SHARE) or taken
    buyer = _write(world, entry, world.moment(person.since), guest)
    _tell_truth(world, buyer, person, firm)
    return buyer


def _tell_truth(world: World, buyer: Buyer, person: Person, firm: Firm | None) -> None:
    organisation = firm.entity_id if firm else None
    world.records.add_truth(
        "shopware", "customers", buyer.key, person.entity_id, "person",
        organisation=organisation, household=person.household,
    )  # fmt: skip
    if firm:
        world.records.add_truth(
            "shopware", "customers", buyer.key, organisation, "organisation", facet="#org"
        )


def add_nobody(world: World, nobody: Nobody) -> None:
    """A test or nonsense customer."""
    address = WrittenAddress("Teststraße", "1", "12345", "Teststadt", "DE", "")
    entry = _Entry(WrittenName(nobody.given, nobody.family, ""), address, nobody.email, "")
    buyer = _write(world, entry, world.moment(), guest=False)
    world.records.add_truth("shopware", "customers", buyer.key, None, "person")


def _social(world: World, person: Person) -> dict[str, str] | None:
    if not world.dice.chance(SOCIAL_SHARE):
        return None
    handle = f"{mail_part(person.given_name)}-{mail_part(person.family_name)}"
    network, path = world.dice.choose((("linkedin", "in"), ("xing", "profile")))
    return {f"social_{network}": f"https://www.{network}.com/{path}/{handle}"}


def _write(world: World, entry: _Entry, created: int, guest: bool) -> Buyer:
    key, number = world.records.next_uuid("customer"), str(10_000 + world.records.next_id("shop"))
    changed = world.moment(created) if world.dice.chance(0.4) else None
    address = _add_address(world, key, entry, created)
    body: dict[str, Any] = {
        "id": key,
        "customerNumber": number,
        "guest": guest,
        "active": True,
        "salutationId": SALUTATIONS[entry.sex],
        "title": entry.name.title or None,
        "firstName": entry.name.given,
        "lastName": entry.name.family,
        "company": entry.company,
        "vatIds": entry.vat_ids,
        "email": entry.email,
        "birthday": entry.birthday and f"{entry.birthday}T00:00:00.000+00:00",
        "groupId": CUSTOMER_GROUP,
        "salesChannelId": SALES_CHANNEL,
        "languageId": GERMAN,
        "defaultBillingAddressId": address,
        "defaultShippingAddressId": address,
        "createdAt": shopware(created),
        "updatedAt": shopware(changed) if changed else None,
        "customFields": entry.social,
        "apiAlias": "customer",
    }
    world.records.add("shopware", "customers", key, body, created=created, changed=changed)
    first, last = entry.name.given, entry.name.family
    return Buyer(key, number, entry.email, first, last, entry.company, created, guest)


def _add_address(world: World, customer: str, entry: _Entry, created: int) -> str:
    key = world.records.next_uuid("address")
    body = {
        "id": key,
        "customerId": customer,
        "salutationId": SALUTATIONS[entry.sex],
        "firstName": entry.name.given,
        "lastName": entry.name.family,
        "company": entry.company,
        "department": None,
        "street": entry.address.street_line,
        "zipcode": entry.address.postcode or None,
        "city": entry.address.city,
        "countryId": COUNTRIES[entry.address.country]["id"],
        "country": COUNTRIES[entry.address.country],
        "phoneNumber": entry.phone or None,
        "createdAt": shopware(created),
        "updatedAt": None,
        "apiAlias": "customer_address",
    }
    world.records.add("shopware", "customer_addresses", key, body, created=created)
    return key
