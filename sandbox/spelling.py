"""How a true value gets written down: umlauts, case, typos, short forms, wrong digits.

Flow: `Person`, `Firm`, `Address` → the texts of one record. A `Scribe` is whoever typed that
record: one habit for umlauts, streets and case for the whole of it, mistakes field by field.
All shares come from `mess.yml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sandbox.dice import Dice, Weighted
from sandbox.mess import load_mess

if TYPE_CHECKING:
    from sandbox.firms import Firm
    from sandbox.population import Address, Person
    from sandbox.world import World

TRANSCRIBED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ı": "i",
     "İ": "I", "ş": "s", "Ş": "S", "ç": "c", "Ç": "C", "ğ": "g", "ć": "c", "č": "c", "š": "s",
     "ž": "z", "đ": "d", "Đ": "D", "ń": "n", "ł": "l", "Ł": "L", "ś": "s", "ź": "z", "ó": "o",
     "é": "e", "á": "a", "ã": "a", "à": "a", "ý": "y", "ő": "o"}
)  # fmt: skip
DROPPED = str.maketrans(
    {"ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U", "ş": "s", "Ş": "S", "ç": "c",
     "Ç": "C", "ğ": "g", "ı": "i", "ć": "c", "č": "c", "š": "s", "ž": "z", "é": "e", "á": "a"}
)  # fmt: skip
KEYBOARD = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj",
    "i": "uo", "j": "hk", "k": "jl", "l": "kö", "m": "n", "n": "bm", "o": "ip", "p": "oü",
    "r": "et", "s": "ad", "t": "rz", "u": "zi", "v": "cb", "w": "qe", "x": "yc", "y": "x",
    "z": "tu", "ä": "öü", "ö": "lä", "ü": "pä",
}  # fmt: skip
UMLAUT_HABITS = Weighted(load_mess().table("spelling.umlaut").items())
STREET_HABITS = Weighted(load_mess().table("spelling.street").items())


@dataclass(frozen=True, slots=True)
class WrittenName:
    """A person's name in one record; `full` is filled where one field holds it all."""

    given: str
    family: str
    title: str

    @property
    def full(self) -> str:
        return " ".join(part for part in (self.given, self.family) if part)


@dataclass(frozen=True, slots=True)
class WrittenAddress:
    """An address in one record; all empty where the system has none."""

    street: str
    house_number: str
    postcode: str
    city: str
    country: str
    region: str

    @property
    def street_line(self) -> str:
        return f"{self.street} {self.house_number}".strip()


def transcribe(text: str) -> str:
    """Müller → Mueller, ß → ss, and other letters to their plain form."""
    return text.translate(TRANSCRIBED)


def typo(dice: Dice, text: str) -> str:
    """One slip after the first letter: swap, drop, double, or the key beside."""
    if len(text) < 4:
        return text
    place, kind = dice.integer(1, len(text) - 2), dice.integer(0, 3)
    head, letter, tail = text[:place], text[place], text[place + 1 :]
    if kind == 0 and tail[0] != letter:
        return head + tail[0] + letter + tail[1:]
    if kind == 1:
        return head + tail
    if kind == 2:
        return head + letter * 2 + tail
    return head + dice.choose(KEYBOARD.get(letter, letter)) + tail


def wrong_digit(dice: Dice, text: str) -> str:
    """One digit of the last five replaced by another."""
    places = [i for i, c in enumerate(text) if c.isdigit()][-5:]
    if not places:
        return text
    place = dice.choose(places)
    other = str((int(text[place]) + dice.integer(1, 9)) % 10)
    return text[:place] + other + text[place + 1 :]


class Scribe:
    """Whoever typed one record into `system` (erp, webshop, email or support)."""

    def __init__(self, world: World, system: str) -> None:
        self.world, self.dice, self.system = world, world.dice, system
        self._umlauts = self.dice.pick(UMLAUT_HABITS)
        self._street_habit = self.dice.pick(STREET_HABITS)
        self._sharp_s_as_ss = world.happens("spelling.sharp_s_as_ss")
        self._upper = world.happens("spelling.upper_case")
        self._lower = world.happens(f"spelling.lower_case.{system}") and not self._upper

    def missing(self, field: str) -> bool:
        """Whether this system has nothing in `field`."""
        return self.world.happens(f"missing.{field}.{self.system}")

    def spelt(self, text: str) -> str:
        """The writer's habits, applied to any name."""
        if self._umlauts == "transcribed":
            text = transcribe(text)
        elif self._umlauts == "dropped":
            text = text.translate(DROPPED)
        if self._sharp_s_as_ss:
            text = text.replace("ß", "ss")
        return text.upper() if self._upper else text.lower() if self._lower else text

    def name(self, person: Person) -> WrittenName:
        """Given name, family name and title as they were put down."""
        given, family, title = self._given(person), self._family(person), person.title
        if title and self.world.happens(
            "names.title_in_given_name", self.world.mess.share("names.title_in_given_name") / 0.04
        ):
            given, title = f"{title} {given}", ""
        if self.missing("given_name"):
            given = ""
        if self.missing("family_name"):
            family = ""
        if self.world.happens("names.given_and_family_swapped"):
            given, family = family, given
        return WrittenName(self.spelt(given), self.spelt(family), title)

    def _given(self, person: Person) -> str:
        given, happens = person.given_name, self.world.happens
        parts = given.replace("-", " ").split(" ")
        if len(parts) > 1 and happens("names.double_given_name_shortened"):
            given = parts[0]
        nickname = self.world.words.nicknames.get(given)
        if nickname and happens("names.nickname"):
            given = nickname
        if happens("names.initial_only"):
            return given[0] + "."
        return typo(self.dice, given) if happens("names.typo_given") else given

    def _family(self, person: Person) -> str:
        family = person.family_name
        if person.earlier_family_name and self.world.happens("other_fields.old_address_kept"):
            family = person.earlier_family_name
        return typo(self.dice, family) if self.world.happens("names.typo_family") else family

    def home(self, person: Person) -> WrittenAddress:
        """Where the system believes the person lives."""
        earlier = person.earlier_address
        if earlier and self.world.happens("other_fields.old_address_kept"):
            return self.address(earlier)
        return self.address(person.address)

    def address(self, address: Address) -> WrittenAddress:
        """An address with this writer's habits and slips; only the country is always known."""
        if self.missing("address"):
            return WrittenAddress("", "", "", "", address.country, "")
        happens, dice = self.world.happens, self.dice
        street = self._street(address.street)
        number, postcode = address.house_number, address.postcode
        if happens("other_fields.typo_street"):
            street = typo(dice, street)
        if happens("other_fields.house_number_wrong"):
            number = str(dice.integer(1, 120))
        if happens("other_fields.postcode_typo"):
            postcode = wrong_digit(dice, postcode)
        city = self.spelt(address.city)
        return WrittenAddress(
            self.spelt(street), number, postcode, city, address.country, address.region
        )

    def _street(self, street: str) -> str:
        """Hauptstraße, Hauptstr., Hauptstrasse or Hauptstr, as this writer does."""
        habit = self._street_habit
        form = (
            habit
            if habit[0] != "S"
            else {"Straße": "straße", "Strasse": "strasse"}.get(habit, "str.")
        )
        if street.endswith("straße"):
            return street.removesuffix("straße") + form
        if street.endswith(" Straße"):
            return street.removesuffix("Straße") + form.capitalize()
        return street

    def email(self, *mailboxes: str) -> str:
        """One of the person's mailboxes, now and then mistyped."""
        if self.missing("email"):
            return ""
        address = self.dice.choose([box for box in mailboxes if box])
        if self.world.happens("other_fields.email_typo"):
            local, _, domain = address.partition("@")
            address = f"{transcribe(typo(self.dice, local))}@{domain}"
        return address

    def phone(self, number: str, country: str) -> str:
        """National digits in one of the ways people write them; '' where there is none."""
        if self.missing("phone"):
            return ""
        if self.world.happens("other_fields.phone_digit_wrong"):
            number = wrong_digit(self.dice, number)
        code = {"DE": "49", "AT": "43", "CH": "41"}[country]
        area, rest = number[:3], number[3:]
        ways = (
            f"+{code} {area} {rest}", f"0{area}/{rest}", f"0{area} {rest}", f"+{code}{number}",
            f"00{code}{number}", f"0{area}-{rest}", f"+{code} (0){area} {rest}",
        )  # fmt: skip
        return self.dice.choose(ways)

    def birth_date(self, born: date) -> date | None:
        """None where the system does not know it."""
        if self.missing("birth_date"):
            return None
        happens = self.world.happens
        if happens("other_fields.birth_date.first_of_january"):
            return date(born.year, 1, 1)
        if born.day <= 12 and happens("other_fields.birth_date.day_month_swapped"):
            return date(born.year, born.day, born.month)
        if happens("other_fields.birth_date.year_off"):
            return born.replace(year=born.year + self.dice.choose((-1, 1)), day=min(born.day, 28))
        return born

    def firm_name(self, firm: Firm) -> str:
        """The firm's name, shortened or without its legal form as it comes."""
        trade, happens = firm.trade, self.world.happens
        if happens("organisations.name_abbreviated"):
            trade = self.world.words.short_words.get(trade, "")
        if happens("names.typo_family"):
            trade = typo(self.dice, trade)
        legal = "" if happens("organisations.legal_form_dropped") else firm.legal_form
        return self.spelt(" ".join(part for part in (firm.core_name, trade, legal) if part))

    def vat_id(self, vat_id: str) -> str:
        """'' where missing; with spaces or a wrong check digit now and then."""
        if self.missing("vat_id"):
            return ""
        if self.world.happens("organisations.vat_id.wrong_check_digit"):
            place = max(i for i, c in enumerate(vat_id) if c.isdigit())
            other = str((int(vat_id[place]) + self.dice.integer(1, 8)) % 10)
            vat_id = vat_id[:place] + other + vat_id[place + 1 :]
        if self.world.happens("organisations.vat_id.spaces"):
            return _spaced(vat_id)
        return vat_id


def _spaced(vat_id: str) -> str:
    """DE 123 456789, ATU 123 45678, CHE 123 456 788 MWST."""
    if vat_id.startswith("CHE"):
        return vat_id.replace("-", " ").replace(".", " ")
    lead = 3 if vat_id.startswith("ATU") else 2
    return f"{vat_id[:lead]} {vat_id[lead : lead + 3]} {vat_id[lead + 3 :]}"
