"""Help desk records (Zendesk): users and organisations.

Flow: `Person`, `Firm` → `zendesk.users`, `zendesk.organizations`. A user has one name field;
some desks keep first and last name in fields of their own beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.firms import Contact, Firm
from sandbox.noise import Nobody
from sandbox.population import Person, free_mailbox
from sandbox.spelling import Scribe, WrittenAddress, WrittenName
from sandbox.wire import zendesk
from sandbox.world import World

AGENTS = ("Petra Dorn", "Jonas Weller", "Mira Kostner", "Tom Ansorge")


@dataclass(frozen=True, slots=True)
class Caller:
    """A user who can open tickets."""

    key: str
    created: int
    organisation: str | None


def add_user(
    world: World,
    person: Person,
    contact: Contact | None = None,
    firm: Firm | None = None,
    desk: str | None = None,
    *,
    again: bool = False,
) -> Caller:
    """An end user; tied to the firm's organisation `desk` unless the key was never set."""
    scribe, created = Scribe(world, "support"), world.moment(person.since)
    boxes = (contact.email,) if contact else (person.email, person.second_email)
    if desk and world.happens("organisations.contact_without_company_key"):
        desk = None
    phone = contact.phone if contact else person.mobile
    name, email = scribe.name(person), scribe.email(*boxes)
    if email:
        email = free_mailbox(world, "zendesk", email, person, again=again)
    site = scribe.address(contact.address) if contact else scribe.home(person)
    one_field = world.happens("full_name_in_one_field.support")
    fields = _user_fields(None if one_field else name, site)
    key = _write_user(
        world, name.full or email.partition("@")[0] or "Unbekannt", email, created,
        phone=scribe.phone(phone, (contact or person).address.country),
        organisation=desk, fields=fields,
    )  # fmt: skip
    world.records.add_truth(
        "zendesk", "users", key, person.entity_id, "person",
        organisation=firm.entity_id if firm else None, household=person.household,
    )  # fmt: skip
    return Caller(key, created, desk)


def add_nobody(world: World, nobody: Nobody) -> None:
    """A test or nonsense user."""
    key = _write_user(world, f"{nobody.given} {nobody.family}", nobody.email, world.moment())
    world.records.add_truth("zendesk", "users", key, None, "person")


def add_agents(world: World) -> None:
    """The company's own staff: users, but nobody's customers."""
    for name in AGENTS:
        email = name.lower().replace(" ", ".") + "@sandbox-company.example"
        key = _write_user(world, name, email, world.start, role="agent")
        world.records.add_truth("zendesk", "users", key, None, "person")


def add_firm(world: World, firm: Firm) -> str:
    """An organisation of the help desk."""
    scribe, created = Scribe(world, "support"), world.moment(firm.since)
    number = world.records.next_id("zendesk")
    body = {
        "id": number,
        "name": scribe.firm_name(firm),
        "domain_names": [] if scribe.missing("email") else [firm.domain],
        "details": "",
        "notes": "",
        "external_id": None,
        "organization_fields": {},
        "created_at": zendesk(created),
        "updated_at": zendesk(created),
    }
    _add(world, "organizations", number, body, created, created)
    world.records.add_truth("zendesk", "organizations", str(number), firm.entity_id, "organisation")
    return str(number)


def _user_fields(name: WrittenName | None, site: WrittenAddress | None) -> dict[str, str | None]:
    """The desk's own fields: null where nobody filled them in."""
    return {
        "first_name": name.given if name else None,
        "last_name": name.family if name else None,
        "street": (site.street_line or None) if site else None,
        "postcode": (site.postcode or None) if site else None,
        "city": (site.city or None) if site else None,
    }


def _write_user(
    world: World,
    name: str,
    email: str,
    created: int,
    *,
    phone: str = "",
    organisation: str | None = None,
    fields: dict[str, str | None] | None = None,
    role: str = "end-user",
) -> str:
    number = world.records.next_id("zendesk")
    changed = world.moment(created) if world.dice.chance(0.3) else created
    body: dict[str, Any] = {
        "id": number,
        "name": name,
        "email": email or None,
        "phone": phone or None,
        "role": role,
        "organization_id": int(organisation) if organisation else None,
        "active": True,
        "suspended": False,
        "locale": "de",
        "time_zone": "Berlin",
        "tags": [],
        "user_fields": fields or _user_fields(None, None),
        "created_at": zendesk(created),
        "updated_at": zendesk(changed),
    }
    _add(world, "users", number, body, created, changed)
    return str(number)


def _add(
    world: World, stream: str, number: int, body: dict[str, Any], created: int, changed: int
) -> None:
    world.records.add(
        "zendesk", stream, str(number), body,
        created=created, changed=changed, sort_key=str(number).zfill(15),
    )  # fmt: skip
