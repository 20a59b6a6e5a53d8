"""What the values of a column say about its role, whatever the column is called.

Flow: `Profile` → beliefs per role (0 to 1) with the reason in words. `plausible` says how far the
values bear out a role that the name claims.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from dedupe.discovery.dates import is_date
from dedupe.discovery.profile import Profile
from dedupe.discovery.roles import Role, known_words
from dedupe.standardise.companies import company
from dedupe.standardise.folding import folded

_EMAIL = re.compile(r"^[^@\s]+@[\w.-]+\.\w+$")
_URL = re.compile(
    r"^(https?://|www\.)|^[\w-]+(\.[\w-]+)*\.(de|at|ch|com|net|org|eu|io|co\.uk)(/.*)?$", re.I
)
_PHONE = re.compile(r"^\+?[\d\s()/.\-]{6,}$")
_POSTCODE = re.compile(
    r"^([a-z]{1,2}-)?\d{4,5}$|^[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}$|^\d{5}-\d{4}$|^\d{3}\s\d{2}$",
    re.I,
)
_HOUSE_NUMBER = re.compile(r"^\d{1,5}\s?[a-z]?([-/+]\d{1,4}\s?[a-z]?)?$", re.I)
_VAT = re.compile(
    r"^(ATU|BE|BG|CHE|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)"
    r"[-. ]?[\dA-Z][\dA-Z. -]{6,14}$",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"^(?=(?:.*\d){4})[\w./ -]{5,40}$")
_STREET_END = re.compile(r"(strasse|str|weg|platz|allee|gasse|ring|damm|ufer|chaussee|steig|hof)$")
_YEAR = re.compile(r"^(18|19|20)\d\d$")


class Belief(NamedTuple):
    """How far a role is believed, and why."""

    role: Role
    belief: float
    reason: str


def beliefs(profile: Profile) -> list[Belief]:
    """All roles that the values speak for, strongest first."""
    if not profile.filled:
        return [Belief("ignore", 1.0, "it is empty")]
    if profile.distinct == 1:
        return [Belief("ignore", 0.95, "all rows hold one value")]
    found = [*_by_shape(profile), *_by_words(profile), *_by_repetition(profile)]
    return sorted(found, key=lambda one: -one.belief)


def plausible(role: Role, profile: Profile) -> float:
    """0 where the values contradict the role, 1 where they bear it out or nothing can be said."""
    test = _SHAPES.get(role)
    if test is None or not profile.values:
        return 1.0
    share = profile.share(test)
    # Half of the values may be of another shape: fields are misused, and formats unknown here.
    return min(1.0, 2 * share)


def _by_shape(profile: Profile) -> list[Belief]:
    found = []
    for role, least, most, what in _TELLING:
        share = profile.share(_SHAPES[role])
        if share >= least:
            found.append(Belief(role, most * share, f"{share:.0%} of its values {what}"))
    return found


def _by_words(profile: Profile) -> list[Belief]:
    """Names of people and firms, told by words that are usual in them."""
    if profile.share(lambda value: not any(c.isdigit() for c in value)) < 0.5:
        return []
    given, family = profile.share(_first_in("given")), profile.share(_last_in("family"))
    several = profile.share(lambda value: len(folded(value).split()) > 1)
    holds_given = profile.share(_any_in("given"))
    firms = profile.share(lambda value: company(value).legal_form)
    tests: tuple[tuple[Role, bool, float, float, str], ...] = (
        ("company", firms >= 0.15, 0.5, firms, "end in a legal form"),
        ("full_name", several >= 0.6 and holds_given >= 0.15, 0.4, holds_given,
         "hold a usual given name among several words"),
        ("given_name", several < 0.6 and given >= 0.1 and given > family, 0.4, given,
         "are usual given names"),
        ("family_name", several < 0.6 and family >= 0.04 and family > given, 0.45, family,
         "are usual family names"),
    )  # fmt: skip
    return [
        Belief(role, min(0.95, least + share), f"{share:.0%} of its values {what}")
        for role, holds, least, share, what in tests
        if holds
    ]


def _first_in(kind: str) -> Callable[[str], object]:
    return lambda value: (
        folded(value).split()[:1] and folded(value).split()[0] in known_words()[kind]
    )


def _last_in(kind: str) -> Callable[[str], object]:
    return lambda value: (
        folded(value).split()[-1:] and folded(value).split()[-1] in known_words()[kind]
    )


def _any_in(kind: str) -> Callable[[str], object]:
    return lambda value: known_words()[kind].intersection(folded(value).split())


def _by_repetition(profile: Profile) -> list[Belief]:
    if (
        profile.distinct == profile.rows
        and profile.rows > 1
        and not profile.share(lambda v: " " in v)
    ):
        return [Belief("ignore", 0.7, "every row has a value of its own, as numbers of rows do")]
    if profile.distinct <= 60 and profile.distinct_share < 0.2:
        return [Belief("category", 0.35, f"it has {profile.distinct} different values only")]
    if profile.share(_IDENTIFIER.match) >= 0.9:
        return [Belief("identifier", 0.45, "its values look like numbers of a register")]
    return [Belief("text", 0.1, "nothing else fits")]


def _in(*kinds: str) -> Callable[[str], object]:
    return lambda value: any(folded(value) in known_words()[kind] for kind in kinds)


def _is_street(value: str) -> bool:
    words = folded(value).split()
    return any(word in known_words()["street"] or _STREET_END.search(word) for word in words)


def _is_phone(value: str) -> bool:
    return (
        bool(_PHONE.match(value))
        and 7 <= sum(c.isdigit() for c in value) <= 15
        and not is_date(value)
    )


def _has_letters(value: str) -> bool:
    return any(c.isalpha() for c in value) and "@" not in value


_SHAPES: dict[Role, Callable[[str], object]] = {
    "email": _EMAIL.match, "website": _URL.search, "phone": _is_phone,
    "birth_date": is_date, "birth_year": _YEAR.match, "postcode": _POSTCODE.match,
    "house_number": _HOUSE_NUMBER.match, "vat_id": _VAT.match, "gender": _in("gender", "firm"),
    "country": _in("country"), "street": _is_street,
    "birth_day": lambda v: v.strip(".").isdigit() and 1 <= int(v.strip(".")) <= 31,
    "birth_month": lambda v: (
        (v.isdigit() and 1 <= int(v) <= 12) or folded(v) in known_words()["month"]
    ),
    "given_name": _has_letters, "family_name": _has_letters, "full_name": _has_letters,
    "company": _has_letters, "city": _has_letters, "legal_form": _has_letters,
}  # fmt: skip
# Role, least share of values, belief where all values fit, and what they do.
_TELLING: tuple[tuple[Role, float, float, str], ...] = (
    ("email", 0.5, 0.99, "are e-mail addresses"),
    ("vat_id", 0.5, 0.95, "are VAT ids"),
    ("website", 0.5, 0.9, "are web addresses"),
    ("gender", 0.7, 0.9, "are words for a gender, or address a firm"),
    ("country", 0.7, 0.8, "are countries"),
    ("street", 0.3, 0.9, "hold a word for a street"),
    ("birth_date", 0.6, 0.75, "are dates"),
    ("birth_year", 0.9, 0.55, "are years"),
    ("postcode", 0.7, 0.5, "look like postcodes"),
    ("phone", 0.7, 0.6, "look like phone numbers"),
    ("house_number", 0.8, 0.35, "look like house numbers"),
)
