"""The firms as they really are: name, legal form, VAT id, sites, and the people who act for them.

Flow: `World` → `Firm` with `Contact`s. VAT ids carry valid check digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.dice import Dice, Weighted
from sandbox.population import Address, Person, draw_address, draw_person, mail_part
from sandbox.vocabulary import COUNTRY_SHARES
from sandbox.world import World

CONTACT_WEIGHTS = (38, 25, 15, 10, 7, 5, 4, 3, 2, 1)  # most firms show one or two people
ROLE_MAILBOXES = ("info", "office", "buchhaltung", "einkauf", "kontakt")
FUNCTIONS = Weighted([("0001", 3), ("0002", 5), ("0003", 2), ("", 4)])  # SAP's PAFKT


@dataclass(frozen=True, slots=True)
class Contact:
    """A person acting for a firm, and what they use at work."""

    person: Person
    address: Address
    email: str
    phone: str
    function: str


@dataclass(frozen=True, slots=True)
class Firm:
    """What a firm really is."""

    entity_id: str
    core_name: str
    trade: str
    legal_form: str
    address: Address
    branches: tuple[Address, ...]
    domain: str
    switchboard: str
    vat_id: str
    since: int
    contacts: tuple[Contact, ...] = ()

    @property
    def name(self) -> str:
        """Without the legal form."""
        return f"{self.core_name} {self.trade}"


def draw_firm(world: World) -> Firm:
    """A firm with its contacts."""
    dice, country = world.dice, world.dice.pick(COUNTRY_SHARES)
    core, trade = _core_name(world, country), dice.pick(world.words.firm_words["trade"])
    address, domain = draw_address(world, country), _domain(world, core, trade, country)
    branches = _branches(world, country)
    switchboard = address.area_code + dice.digits(5) + "0"
    sites = (address, *branches)
    return Firm(
        entity_id=world.entity_id("O"),
        core_name=core,
        trade=trade,
        legal_form=dice.pick(world.words.firm_words[f"legal_{country.lower()}"]),
        address=address,
        branches=branches,
        domain=domain,
        switchboard=switchboard,
        vat_id=draw_vat_id(dice, country),
        since=world.moment(),
        contacts=tuple(
            _contact(world, dice.choose(sites), domain, switchboard)
            for _ in range(_contact_count(world))
        ),
    )


def _contact_count(world: World) -> int:
    low, high = world.mess.span("organisations.contacts_per_organisation")
    draw, total = world.dice.uniform() * sum(CONTACT_WEIGHTS[: high - low + 1]), 0.0
    for count in range(low, high):
        total += CONTACT_WEIGHTS[count - low]
        if draw < total:
            return count
    return high


def _core_name(world: World, country: str) -> str:
    dice, words = world.dice, world.words
    kind = dice.uniform()
    if kind < 0.3:
        return dice.pick(words.firm_words["invented"])
    family = dice.pick(words.family["native", country]) or dice.pick(words.tail_front) + "berger"
    if kind < 0.4:
        return f"{family} & Söhne"
    if kind < 0.5:
        return f"Gebr. {family}"
    if kind < 0.6:
        return f"{family} & {dice.pick(words.family['native', 'DE']) or 'Partner'}"
    return family


def _domain(world: World, core: str, trade: str, country: str) -> str:
    ending = {"DE": "de", "AT": "at", "CH": "ch"}[country]
    stem = (
        f"{mail_part(core.split(' & ', maxsplit=1)[0].removeprefix('Gebr. '))}-{mail_part(trade)}"
    )
    for tries in range(20):
        domain = f"{stem}{'' if tries == 0 else world.dice.digits(min(tries, 6))}.{ending}"
        if world.claim_mailbox("@" + domain):
            break
    return domain


def _branches(world: World, country: str) -> tuple[Address, ...]:
    """The other sites: of the firms that have branches, two to five."""
    if not world.happens("organisations.branches"):
        return ()
    return tuple(draw_address(world, country) for _ in range(world.dice.integer(2, 5)))


def _contact(world: World, site: Address, domain: str, switchboard: str) -> Contact:
    person, dice = draw_person(world), world.dice
    role = world.happens("sharing.role_mailbox_for_business_contact")
    first, last = mail_part(person.given_name.split(" ")[0]), mail_part(person.family_name)
    personal = f"{first}.{last}@{domain}" if dice.chance(0.75) else f"{last}@{domain}"
    board = world.happens("sharing.switchboard_for_business_contact")
    return Contact(
        person=person,
        address=site,
        email=f"{dice.choose(ROLE_MAILBOXES)}@{domain}" if role else personal,
        phone=switchboard if board else switchboard[:-1] + dice.digits(2),
        function=dice.pick(FUNCTIONS),
    )


def draw_vat_id(dice: Dice, country: str) -> str:
    """A valid number: DE and AT VAT ids, the Swiss UID as CHE-123.456.788 MWST."""
    if country == "DE":
        return "DE" + _with_check_digit(str(dice.integer(1, 9)) + dice.digits(7), _german_check)
    if country == "AT":
        return "ATU" + _with_check_digit(dice.digits(7), _austrian_check)
    while True:  # a tenth of Swiss stems have no check digit
        stem = str(dice.integer(1, 4)) + dice.digits(7)
        check = _swiss_check(stem)
        if check:
            number = stem + check
            return f"CHE-{number[:3]}.{number[3:6]}.{number[6:]} MWST"


def _with_check_digit(stem: str, check: Callable[[str], str]) -> str:
    return stem + check(stem)


def _german_check(stem: str) -> str:
    from stdnum.iso7064 import mod_11_10

    return str(mod_11_10.calc_check_digit(stem))


def _austrian_check(stem: str) -> str:
    from stdnum.at import uid

    return str(uid.calc_check_digit("U" + stem))


def _swiss_check(stem: str) -> str:
    """'' where the weighted sum asks for 10, which no digit can be."""
    weighted = sum(int(d) * w for d, w in zip(stem, (5, 4, 3, 2, 7, 6, 5, 4), strict=True))
    check = (11 - weighted % 11) % 11
    return "" if check == 10 else str(check)
