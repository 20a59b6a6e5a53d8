"""Newsletter records (Brevo): contacts with their consent, one per mailbox.

Flow: `Person` → `brevo.contacts`. The tool identifies contacts by address, so of two people
who share a mailbox only the first is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.firms import Contact, Firm
from sandbox.noise import Nobody
from sandbox.population import Person, free_mailbox
from sandbox.spelling import Scribe, WrittenName
from sandbox.wire import at, brevo
from sandbox.world import DAY, World

LISTS = {"newsletter": 2, "customers": 3, "events": 4}
OPT_IN_SHARE, CONFIRMED_SHARE, WITHDRAWN_SHARE = 0.82, 0.9, 0.11
SOURCES = ("webform", "shop_checkout", "trade_fair", "phone", "import")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may get campaigns between two moments."""

    key: str
    email: str
    opted_in: int | None
    opted_out: int | None


@dataclass(frozen=True, slots=True)
class Consent:
    """The consent of one mailbox; moments are epoch milliseconds."""

    opted_in: int | None = None
    confirmed: int | None = None
    opted_out: int | None = None
    source: str = ""


def add_contact(
    world: World,
    person: Person,
    contact: Contact | None = None,
    firm: Firm | None = None,
    *,
    again: bool = False,
) -> Reader | None:
    """A contact; None where the mailbox is taken and no other is at hand."""
    scribe = Scribe(world, "email")
    boxes = (contact.email,) if contact else (person.email, person.second_email)
    email = free_mailbox(world, "brevo", scribe.email(*boxes), person, again=again)
    if not email:
        return None
    created = world.moment(person.since)
    consent = draw_consent(world, created)
    attributes = _attributes(world, scribe, person, contact, firm) | _consent_fields(consent)
    key = _write(world, email, attributes, created, consent)
    organisation = firm.entity_id if firm else None
    world.records.add_truth(
        "brevo", "contacts", key, person.entity_id, "person",
        organisation=organisation, household=person.household,
    )  # fmt: skip
    if firm:
        world.records.add_truth(
            "brevo", "contacts", key, organisation, "organisation", facet="#org"
        )
    return Reader(key, email, consent.opted_in, consent.opted_out)


def add_nobody(world: World, nobody: Nobody) -> None:
    """A test or nonsense contact."""
    created = world.moment()
    attributes = {"VORNAME": nobody.given, "NACHNAME": nobody.family} | _consent_fields(Consent())
    key = _write(world, nobody.email, attributes, created, Consent())
    world.records.add_truth("brevo", "contacts", key, None, "person")


def _attributes(
    world: World, scribe: Scribe, person: Person, contact: Contact | None, firm: Firm | None
) -> dict[str, Any]:
    born = scribe.birth_date(person.birth_date)
    address = scribe.address(contact.address) if contact else scribe.home(person)
    phone = scribe.phone(contact.phone if contact else person.mobile, address.country)
    filled = _name_fields(world, scribe.name(person)) | {
        "FIRMA": scribe.firm_name(firm) if firm else "",
        "SMS": phone,
        "GEBURTSDATUM": born.isoformat() if born else "",
        "PLZ": address.postcode,
        "ORT": address.city,
        "STRASSE": address.street_line,
        "LAND": address.country,
    }
    return {name: value for name, value in filled.items() if value}  # Brevo leaves out the empty


def _name_fields(world: World, name: WrittenName) -> dict[str, str]:
    if world.happens("full_name_in_one_field.email"):
        if world.dice.chance(0.25) and name.given and name.family:
            return {"NAME": f"{name.family}, {name.given}"}
        return {"NAME": name.full}
    return {"VORNAME": name.given, "NACHNAME": name.family}


def draw_consent(world: World, created: int) -> Consent:
    """Opt-in, its confirmation within two days, and a withdrawal some time later."""
    dice = world.dice
    if not dice.chance(OPT_IN_SHARE):
        return Consent()
    confirmed = None
    if dice.chance(CONFIRMED_SHARE):
        confirmed = min(created + int(dice.uniform() ** 4 * 2 * DAY), world.now)
    opted_out = None
    if confirmed and dice.chance(WITHDRAWN_SHARE):
        opted_out = world.moment(confirmed)
    return Consent(created, confirmed, opted_out, dice.choose(SOURCES))


def _consent_fields(consent: Consent) -> dict[str, Any]:
    days = {
        "OPT_IN_DATE": consent.opted_in,
        "DOUBLE_OPT_IN_DATE": consent.confirmed,
        "OPT_OUT_DATE": consent.opted_out,
    }
    fields: dict[str, Any] = {"OPT_IN": consent.confirmed is not None and not consent.opted_out}
    fields |= {name: at(moment).date().isoformat() for name, moment in days.items() if moment}
    return fields | ({"CONSENT_SOURCE": consent.source} if consent.source else {})


def _write(
    world: World, email: str, attributes: dict[str, Any], created: int, consent: Consent
) -> str:
    number = world.records.next_id("brevo")
    changed = max(created, consent.confirmed or 0, consent.opted_out or 0)
    body = {
        "id": number,
        "email": email,
        "emailBlacklisted": consent.opted_out is not None,
        "smsBlacklisted": False,
        "createdAt": brevo(created),
        "modifiedAt": brevo(changed),
        "listIds": [LISTS["newsletter"]] if consent.confirmed else [LISTS["customers"]],
        "listUnsubscribed": None,
        "attributes": attributes,
    }
    world.records.add(
        "brevo", "contacts", str(number), body,
        created=created, changed=changed, sort_key=str(number).zfill(12),
    )  # fmt: skip
    return str(number)
