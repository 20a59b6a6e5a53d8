"""The people as they really are: names, birth dates, homes, phones, mailboxes, households.

Flow: `World` → `Person` objects, the truth from which every system's records are written.
Birth cohorts choose the given names; origin and country choose the family names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sandbox.dice import Dice, Weighted
from sandbox.spelling import transcribe
from sandbox.vocabulary import COUNTRY_SHARES, ORIGINS, City, Vocabulary
from sandbox.world import DAY, World

YEAR = 365.25 * DAY
FREE_MAIL = {
    "DE": Weighted(
        [("gmail.com", 30), ("gmx.de", 18), ("web.de", 18), ("t-online.de", 9), ("gmx.net", 5),
         ("outlook.de", 4), ("hotmail.com", 4), ("icloud.com", 4), ("yahoo.de", 4),
         ("freenet.de", 3), ("posteo.de", 1)]
    ),
    "AT": Weighted(
        [("gmail.com", 38), ("gmx.at", 24), ("a1.net", 6), ("aon.at", 8), ("chello.at", 5),
         ("hotmail.com", 6), ("icloud.com", 4), ("outlook.com", 4)]
    ),
    "CH": Weighted(
        [("gmail.com", 34), ("bluewin.ch", 24), ("gmx.ch", 12), ("hotmail.com", 9),
         ("hispeed.ch", 5), ("icloud.com", 6), ("sunrise.ch", 3), ("outlook.com", 4)]
    ),
}  # fmt: skip
MOBILE = {
    "DE": ("151", "152", "157", "159", "160", "162", "163", "170", "171", "172", "173", "175",
           "176", "177", "178", "179"),
    "AT": ("660", "664", "676", "699", "650", "680"),
    "CH": ("76", "77", "78", "79"),
}  # fmt: skip
TITLES = Weighted([("Dr.", 60), ("Prof. Dr.", 9), ("Dipl.-Ing.", 16), ("Mag.", 8), ("Ing.", 7)])
TITLE_SHARE = 0.04
DOUBLE_GIVEN_SHARE = 0.09  # stated in mess.yml beside the share that is shortened
BIRTH_DECADES = Weighted(
    [(1930, 3), (1940, 8), (1950, 15), (1960, 22), (1970, 18), (1980, 17), (1990, 13), (2000, 4)]
)


@dataclass(frozen=True, slots=True)
class Address:
    """A true postal address."""

    street: str
    house_number: str
    postcode: str
    city: str
    country: str
    region: str
    area_code: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody really is. Moments are epoch milliseconds; phones are national digits."""

    entity_id: str
    sex: str
    origin: str
    title: str
    given_name: str
    family_name: str
    earlier_family_name: str
    birth_date: date
    address: Address
    earlier_address: Address | None
    email: str
    second_email: str
    mobile: str
    landline: str
    since: int
    household: str | None = None


def draw_person(world: World, household: str | None = None) -> Person:
    """Somebody who may live alone."""
    country, sex = world.dice.pick(COUNTRY_SHARES), world.dice.choose("mf")
    origin, born = world.dice.pick(ORIGINS), draw_birth_date(world.dice, world.now)
    family = draw_family_name(world, origin, country)
    address = draw_address(world, country)
    return settle(world, sex, origin, family, born, address, household=household)


def settle(
    world: World,
    sex: str,
    origin: str,
    family: str,
    born: date,
    address: Address,
    *,
    given: str = "",
    earlier_address: Address | None = None,
    household: str | None = None,
) -> Person:
    """A person with this family name at this address; the rest is drawn."""
    dice, since = world.dice, world.moment()
    years = (world.now - since) / YEAR
    given = given or draw_given_name(world, origin, sex, born)
    name_changed = dice.chance(years * world.mess.share("names.family_name_changed_per_year"))
    country = address.country
    return Person(
        entity_id=world.entity_id("P"),
        sex=sex,
        origin=origin,
        title=dice.pick(TITLES) if dice.chance(TITLE_SHARE) else "",
        given_name=given,
        family_name=family,
        earlier_family_name=draw_family_name(world, origin, country) if name_changed else "",
        birth_date=born,
        address=address,
        earlier_address=earlier_address or draw_earlier_address(world, country, years),
        email=draw_mailbox(world, given, family, born, country),
        second_email=draw_mailbox(world, given, family, born, country)
        if dice.chance(world.mess.share("other_fields.second_email"))
        else "",
        mobile=draw_mobile(dice, country),
        landline=address.area_code + dice.digits(6),
        since=since,
        household=household,
    )


def draw_earlier_address(world: World, country: str, years: float) -> Address | None:
    """Where they lived before, if they moved in the years the company knows them."""
    if world.dice.chance(1 - (1 - world.mess.share("other_fields.moves_per_year")) ** years):
        return draw_address(world, country)
    return None


def draw_household(world: World) -> list[Person]:
    """Two to four adults at one address, in one of the shapes of `sharing`."""
    dice, share = world.dice, world.mess.share
    household = f"H{world.records.next_id('household'):08d}"
    head = draw_person(world, household)
    shape = dice.uniform()
    fathers, twins = share("sharing.father_and_son_same_name"), share("sharing.twins")
    if shape < fathers:
        return [_as_man(world, head), _son(world, head)]
    if shape < fathers + twins:
        return [head, _twin(world, head)]
    members = [head, _spouse(world, head)]
    while dice.chance(0.28) and len(members) < 4:
        members.append(_grown_child(world, head))
    return members


def _at_home(world: World, head: Person, sex: str, born: date, given: str = "") -> Person:
    same_name = world.happens("sharing.same_family_name_in_household")
    family = (
        head.family_name
        if same_name
        else draw_family_name(world, head.origin, head.address.country)
    )
    mate = settle(
        world, sex, head.origin, family, born, head.address, given=given,
        earlier_address=head.earlier_address, household=head.household,
    )  # fmt: skip
    return replace(mate, earlier_address=head.earlier_address, landline=head.landline)


def _spouse(world: World, head: Person) -> Person:
    born = _shifted(head.birth_date, world.dice.integer(-2500, 2500), world.now)
    sex = head.sex if world.dice.chance(0.03) else "mf"[head.sex == "m"]
    spouse = _at_home(world, head, sex, born)
    shared = world.happens("sharing.couple_shares_mailbox")
    return replace(spouse, email=head.email, second_email="") if shared else spouse


def _grown_child(world: World, head: Person) -> Person:
    born = _shifted(head.birth_date, world.dice.integer(7300, 12500), world.now)
    return _at_home(world, head, world.dice.choose("mf"), born)


def _as_man(world: World, head: Person) -> Person:
    if head.sex == "m":
        return head
    given = draw_given_name(world, head.origin, "m", head.birth_date)
    return replace(head, sex="m", given_name=given)


def _son(world: World, head: Person) -> Person:
    father = _as_man(world, head)
    born = _shifted(father.birth_date, world.dice.integer(8000, 12500), world.now)
    son = _at_home(world, father, "m", born, given=father.given_name)
    return replace(son, family_name=father.family_name, earlier_family_name="")


def _twin(world: World, head: Person) -> Person:
    twin = _at_home(world, head, world.dice.choose("mf"), head.birth_date)
    return replace(twin, family_name=head.family_name, earlier_family_name="")


def _shifted(day: date, days: int, now: int) -> date:
    """A birth date moved by `days`, but of somebody of age."""
    latest = date.fromordinal(719163 + now // DAY - 18 * 366)
    return min(day + timedelta(days=days), latest)


def draw_birth_date(dice: Dice, now: int) -> date:
    born = date(dice.pick(BIRTH_DECADES), 1, 1) + timedelta(days=dice.integer(0, 3651))
    return _shifted(born, 0, now)


def draw_given_name(world: World, origin: str, sex: str, born: date) -> str:
    """A name of the cohort; nine in a hundred have a double one."""
    decade = min(max(born.year // 10 * 10, 1930), 2000)
    cohort = world.words.given[origin, sex, decade]
    first = world.dice.pick(cohort)
    if "-" in first or not world.dice.chance(DOUBLE_GIVEN_SHARE):
        return first
    second = world.dice.pick(cohort)
    if second == first or "-" in second:
        return first
    return first + ("-" if world.dice.chance(0.6) else " ") + second


def draw_family_name(world: World, origin: str, country: str) -> str:
    listed = world.dice.pick(world.words.family[origin, country])
    return listed or _composed_name(world.dice, world.words)


def _composed_name(dice: Dice, words: Vocabulary) -> str:
    front, back = dice.pick(words.tail_front), dice.pick(words.tail_back)
    return front + (back[1:] if front[-1] == back[0] else back)


def draw_address(world: World, country: str) -> Address:
    dice, city = world.dice, world.dice.pick(world.words.cities[country])
    return Address(
        street=dice.pick(world.words.streets),
        house_number=str(1 + int(120 * dice.uniform() ** 2))
        + (dice.choose("abc") if dice.chance(0.09) else ""),
        postcode=_postcode(dice, city),
        city=city.name,
        country=country,
        region=city.region,
        area_code=city.area_code,
    )


def _postcode(dice: Dice, city: City) -> str:
    """Within the town's range; Vienna's districts are 1010, 1020, … 1230."""
    code = dice.integer(city.postcode_from, city.postcode_to)
    if city.name == "Wien":
        code -= code % 10
    return str(code).zfill(5 if city.country == "DE" else 4)


def draw_mobile(dice: Dice, country: str) -> str:
    return dice.choose(MOBILE[country]) + dice.digits(8 if country == "DE" else 7)


def draw_mailbox(world: World, given: str, family: str, born: date, country: str) -> str:
    """An address that nobody else in the company owns."""
    first, last = (
        mail_part(given.split(" ", maxsplit=1)[0].split("-", maxsplit=1)[0]),
        mail_part(family),
    )
    domain = world.dice.pick(FREE_MAIL[country])
    for tries in range(20):
        address = f"{_local_part(world.dice, first, last, born, tries)}@{domain}"
        if world.claim_mailbox(address):
            break
    return address


def _local_part(dice: Dice, first: str, last: str, born: date, tries: int) -> str:
    shapes = (
        f"{first}.{last}", f"{first}{last}", f"{first[0]}.{last}", f"{last}.{first}",
        f"{first}_{last}", f"{first}.{last}{born.year % 100:02d}", f"{first}{born.year}",
    )  # fmt: skip
    shape = dice.choose(shapes[:5] if tries == 0 and dice.chance(0.7) else shapes)
    return shape if tries < 3 else f"{shape}{dice.digits(tries - 1 if tries < 9 else 8)}"


def free_mailbox(world: World, tool: str, wanted: str, person: Person, *, again: bool) -> str:
    """A mailbox of the person that `tool` does not hold yet; tools allow each address once.

    '' where there is none; for a second record of the same person (`again`) a new one is drawn,
    because that is how such duplicates come about.
    """
    for address in (wanted, person.email, person.second_email):
        if address and world.claim_mailbox(f"{tool}:{address.lower()}"):
            return address
    if not again:
        return ""
    country, born = person.address.country, person.birth_date
    address = draw_mailbox(world, person.given_name, person.family_name, born, country)
    world.claim_mailbox(f"{tool}:{address}")
    return address


def mail_part(name: str) -> str:
    """A name as it can stand before or after an '@'."""
    return "".join(c for c in transcribe(name).lower() if c.isascii() and c.isalnum()) or "x"
