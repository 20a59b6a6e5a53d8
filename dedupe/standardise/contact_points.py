"""E-mail addresses and phone numbers → one canonical spelling; null if it can be neither."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from dedupe.standardise.folding import plain, without_umlauts

# Mail of these providers tells nothing about an employer.
FREE_MAIL = frozenset(
    [
        "gmail.com",
        "gmx.de",
        "gmx.net",
        "gmx.at",
        "gmx.ch",
        "web.de",
        "t-online.de",
        "outlook.de",
        "outlook.com",
        "hotmail.com",
        "hotmail.de",
        "icloud.com",
        "yahoo.de",
        "yahoo.com",
        "freenet.de",
        "posteo.de",
        "a1.net",
        "aon.at",
        "chello.at",
        "bluewin.ch",
        "hispeed.ch",
        "sunrise.ch",
        "live.de",
        "live.com",
        "me.com",
        "mail.de",
        "mailbox.org",
        "arcor.de",
        "googlemail.com",
        "proton.me",
        "protonmail.com",
        "kabelmail.de",
        "vodafone.de",
        "online.de",
        "msn.com",
        "aol.com",
        "utanet.at",
        "drei.at",
        "inode.at",
        "swissonline.ch",
    ]
)
ROLES = frozenset(
    [
        "info",
        "kontakt",
        "contact",
        "office",
        "mail",
        "post",
        "service",
        "support",
        "buchhaltung",
        "rechnung",
        "rechnungen",
        "verwaltung",
        "zentrale",
        "einkauf",
        "verkauf",
        "vertrieb",
        "bestellung",
        "bestellungen",
        "empfang",
        "sekretariat",
        "hello",
        "team",
        "sales",
        "admin",
        "accounting",
        "invoice",
        "noreply",
    ]
)
SHORTEST = 100_000  # six digits with the area code; what is shorter reaches an extension only
_CALLING = {"DE": "49", "AT": "43", "CH": "41"}
# +49 30 123456, 0049 30 123456 or 030 123456, without blanks; no number of ours starts with 0.
_PLAIN = re.compile(r"(?:(\+|00)(49|43|41)|0)([1-9][0-9]{5,16})")
# Up to the first letter: those of `privat` would be read as keys of a keypad.
_NUMBER = re.compile(r"[+(]*\d[\W\d_]*")
_SHAPE = re.compile(r"^[^@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+$")


class Email(NamedTuple):
    """`domain` only where it belongs to a firm; `role` for info@ and its like."""

    email: str | None
    local: str | None
    domain: str | None
    role: bool
    letters: str | None


def email(text: str) -> Email:
    """Lower case, `+tag` cut, googlemail → gmail, dots of gmail removed."""
    parts = _mailbox(text)
    if parts is None:
        return Email(None, None, None, False, None)
    local, domain = parts
    role = local in ROLES
    domain = "gmail.com" if domain == "googlemail.com" else domain
    if domain == "gmail.com":
        local = local.replace(".", "")
    own = None if domain in FREE_MAIL else domain.removeprefix("www.")
    return Email(f"{local}@{domain}", local, own, role, f"{letters_of(local)}@{domain}")


def _mailbox(text: str) -> tuple[str, str] | None:
    """Local part and domain of an address; None for what is none."""
    address = plain(text).strip().removeprefix("mailto:").strip("<>; ,")
    if not _SHAPE.match(address):
        return None
    local, _, domain = address.partition("@")
    return local.partition("+")[0] or local, domain


def readings(text: str) -> list[str] | None:
    """The names that a mailbox may hold, as `given|family`; none for role mailboxes."""
    parts = _mailbox(text)
    return None if parts is None or parts[0] in ROLES else name_readings(parts[0])


def letters_of(local: str) -> str:
    """`anna_huber75` → annahuber: two mailboxes with the same letters are no slip of each other."""
    return without_umlauts(re.sub(r"[^a-z]", "", local))


def name_readings(local: str) -> list[str] | None:
    """`anna.mueller` → anna|muller, muller|anna; `annamueller` → the whole, and every cut."""
    words = [word for word in re.split(r"[._-]+|\d+", local) if word.isalpha()]
    if len(words) == 2:
        one, other = (without_umlauts(word) for word in words)
        return [f"{one}|{other}", f"{other}|{one}"]
    if len(words) != 1:
        return None
    whole = words[0]
    cuts = [(whole[:i], whole[i:]) for i in range(2, len(whole) - 1)]
    halves = [("", whole), (whole, ""), *cuts, *(cut[::-1] for cut in cuts)]
    return [f"{without_umlauts(left)}|{without_umlauts(right)}" for left, right in halves]


class Phone(NamedTuple):
    """E.164, such as +49301234567."""

    phone: str | None


def phone(text: str, country: str | None) -> Phone:
    """E.164 with the record's country (Germany if unknown) as the default region.

    Numbers whose length is possible are kept even where the range is not assigned.
    """
    region = (country or "DE").upper()
    return _plain_phone(text, region) or _phone_in(text, region)


def _plain_phone(text: str, region: str) -> Phone | None:
    """What the library says of plain numbers of our countries, which are most, in a tenth of its
    time; None where only it can say."""
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    prefix, code, national = found.groups()
    if prefix != "+" and region not in _CALLING:  # others dial abroad and far in other ways
        return None
    code = code or _CALLING[region]
    return Phone(f"+{code}{national}") if len(national) in _possible_lengths(code) else None


@cache
def _possible_lengths(code: str) -> frozenset[int]:
    """Digits after the country's code, area code included."""
    from phonenumbers import PhoneMetadata, region_code_for_country_code

    metadata = PhoneMetadata.metadata_for_region(region_code_for_country_code(int(code)))
    desc = metadata.general_desc if metadata else None
    return frozenset(desc.possible_length if desc else ())


def _phone_in(text: str, region: str) -> Phone:
    """Without the words beside it, unless it is spelt in letters as a whole: 0800 TELEKOM."""
    said = _NUMBER.search(text)
    found = phone_of_library(said.group(), region) if said else Phone(None)
    return found if found.phone else phone_of_library(text, region)


def phone_of_library(text: str, region: str) -> Phone:
    """The number as the library reads it."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text.replace("(0)", ""), region)
    except phonenumbers.NumberParseException:
        return Phone(None)
    too_short = (number.national_number or 0) < SHORTEST
    if too_short or not phonenumbers.is_possible_number(number):
        return Phone(None)
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def domain(text: str) -> str | None:
    """`https://www.Example.de/shop` → example.de; null for mail providers."""
    host = re.sub(r"^[a-z]+://", "", plain(text).strip()).split("/")[0].split(":")[0]
    host = host.removeprefix("www.").strip(". ")
    return host if "." in host and host not in FREE_MAIL else None
