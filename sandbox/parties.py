"""The party records of one customer in all four systems.

Flow: `Person` or `Firm` → records in ERP, shop, newsletter tool and help desk, each written by
a scribe of its own, and the `Accounts` under which that customer can order, ask and read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox import erp, helpdesk, newsletter, noise, webshop
from sandbox.dice import Weighted
from sandbox.firms import Contact, Firm
from sandbox.mess import SYSTEMS, load_mess, presence_draws
from sandbox.population import Person
from sandbox.world import World

PRESENCE = {
    kind: presence_draws(load_mess().table(f"presence.{kind}"))
    for kind in ("person", "organisation")
}
# How a contact shows up where the firm itself is unknown: at work, or in private life.
UNNAMED_FIRM = Weighted([("work", 0.65), ("home", 0.35)])


@dataclass(frozen=True, slots=True)
class Role:
    """In which capacity somebody is written down: at home, or at work for a named firm or not."""

    contact: Contact | None = None
    firm: Firm | None = None

    @property
    def organisation(self) -> str | None:
        return self.firm.entity_id if self.firm else None


@dataclass(slots=True)
class Accounts:
    """Where one customer can act. Partners sell in ERP; buyers are shop records."""

    country: str
    since: int
    is_firm: bool
    partners: list[str] = field(default_factory=list)
    erp_contacts: list[str] = field(default_factory=list)
    buyers: list[webshop.Buyer] = field(default_factory=list)
    readers: list[newsletter.Reader] = field(default_factory=list)
    callers: list[helpdesk.Caller] = field(default_factory=list)


def record_person(world: World, person: Person) -> Accounts:
    """All records of a private customer."""
    accounts = Accounts(person.address.country, person.since, is_firm=False)
    known = _presence(world, "person")
    if "erp" in known:
        copies = _copies(world, "erp")
        accounts.partners += [erp.add_person(world, person) for _ in range(copies)]
        noise.maybe(world, "erp")
    _record_elsewhere(world, accounts, person, dict.fromkeys(_in_order(known), Role()))
    return accounts


def record_firm(world: World, firm: Firm) -> Accounts:
    """All records of a firm and of the people who act for it."""
    accounts = Accounts(firm.address.country, firm.since, is_firm=True)
    known = _presence(world, "organisation")
    if "erp" in known:
        accounts.partners += [erp.add_firm(world, firm) for _ in range(_copies(world, "erp"))]
    desk = []
    if "support" in known:
        desk = [helpdesk.add_firm(world, firm) for _ in range(_copies(world, "support"))]
    for place, contact in enumerate(firm.contacts):
        _record_contact(world, accounts, firm, contact, known, desk, first=place == 0)
    return accounts


def _record_contact(
    world: World,
    accounts: Accounts,
    firm: Firm,
    contact: Contact,
    firm_known: set[str],
    desk: list[str],
    *,
    first: bool,
) -> None:
    """A contact's records; the first one speaks for the firm where only people have accounts."""
    known = _presence(world, "person")
    if first:
        known |= firm_known & {"webshop", "email"}
    if "erp" in known and "erp" in firm_known:
        for _ in range(_copies(world, "erp")):
            partner = erp.add_contact(world, firm, contact, accounts.partners[0])
            accounts.erp_contacts.append(partner)
    elsewhere = known - {"erp"} or {"email"}
    roles = {s: _role(world, s, firm, contact, firm_known) for s in _in_order(elsewhere)}
    _record_elsewhere(world, accounts, contact.person, roles, desk)


def _role(world: World, system: str, firm: Firm, contact: Contact, firm_known: set[str]) -> Role:
    if system in firm_known:
        return Role(contact, firm)
    return Role(contact) if world.dice.pick(UNNAMED_FIRM) == "work" else Role()


def _record_elsewhere(
    world: World,
    accounts: Accounts,
    person: Person,
    roles: dict[str, Role],
    desk: list[str] | None = None,
) -> None:
    """Shop, newsletter and help desk, in the order of SYSTEMS (sets have none)."""
    for system in SYSTEMS:
        role = roles.get(system)
        if role is None or system == "erp":
            continue
        for copy in range(_copies(world, system)):
            _record_in(world, accounts, system, person, role, desk or [], again=copy > 0)
        noise.maybe(world, system)


def _record_in(
    world: World,
    accounts: Accounts,
    system: str,
    person: Person,
    role: Role,
    desk: list[str],
    *,
    again: bool,
) -> None:
    contact, firm = role.contact, role.firm
    if system == "webshop":
        accounts.buyers.append(webshop.add_customer(world, person, contact, firm))
    elif system == "email":
        reader = newsletter.add_contact(world, person, contact, firm, again=again)
        accounts.readers += [reader] if reader else []
    else:
        key = desk[0] if desk and firm else None
        caller = helpdesk.add_user(world, person, contact, firm, key, again=again)
        accounts.callers.append(caller)


def _presence(world: World, kind: str) -> set[str]:
    """The systems that know this customer: at least one, with the shares of `presence`."""
    while True:
        known = {s for s in SYSTEMS if world.dice.chance(PRESENCE[kind][s])}
        if known:
            for system in SYSTEMS:
                world.count(f"presence.{kind}.{system}", system in known)
            return known


def _in_order(systems: set[str]) -> list[str]:
    """A set's own order hangs on the process; the company must not."""
    return [system for system in SYSTEMS if system in systems]


def _copies(world: World, system: str) -> int:
    """One record, or two where the system holds a duplicate."""
    return 1 + world.happens(f"duplicates_within_system.{system}")
