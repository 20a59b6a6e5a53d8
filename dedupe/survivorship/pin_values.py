"""A value that somebody pins → as it can be golden, or what is wrong with it.

In: texts by field, as typed or as a record has them, and the party's country. Out: the same in the
spelling of golden values, a name whole as records have it. UsageError names field, what was
expected and what was seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from dedupe.standardise import companies, contact_points, names
from dedupe.standardise.folding import plain
from dedupe.survivorship.rules import GroupRule
from stamm.errors import UsageError

_LONGEST = 200
_PARTS = ("given_name", "family_name")
# One mailbox and nothing around it: no list, no brackets, no display name.
_MAILBOX = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}")
_POSTCODES = {"DE": r"[0-9]{5}", "AT": r"[0-9]{4}", "CH": r"[0-9]{4}"}


def pinnable(
    rule: GroupRule, typed: Mapping[str, str], *, today: date, country: str | None
) -> dict[str, str]:
    """The filled fields of the group. UsageError where none is, or one cannot be golden.

    `country` is the party's, of two letters; a country that is typed counts before it.
    """
    told: dict[str, str] = {a: " ".join(typed.get(a, "").split()) for a in rule.attributes}
    filled = {a: text for a, text in told.items() if text}
    if not set(filled) - {"country"}:
        raise UsageError(f"expected a value for {', '.join(rule.attributes)}, found none")
    if "full_name" in rule.attributes:
        filled = _whole_name(filled)
    where = (filled.get("country") or country or "").upper()
    return {a: _one(a, text, where, today) for a, text in filled.items()}


def _whole_name(filled: Mapping[str, str]) -> dict[str, str]:
    """As records have it: parts read from a full name, and the full name made of its parts."""
    parts = {a: filled[a] for a in _PARTS if a in filled}
    typed = filled.get("full_name")
    if not parts and typed:
        read = zip(_PARTS, names.full_name(typed), strict=False)
        parts = {a: part for a, part in read if part}
        typed = None if parts else typed
    whole = " ".join(parts.values()) or typed or ""
    if typed not in (None, whole):
        raise UsageError(f"full_name: expected {whole!r}, as its parts say, found {typed!r}")
    return {**parts, "full_name": whole}


def _one(attribute: str, text: str, country: str, today: date) -> str:
    if len(text) > _LONGEST:
        raise UsageError(f"{attribute}: expected at most {_LONGEST} characters, found {len(text)}")
    check = _CHECKS.get(attribute, _plain)
    found = check(text, country, today)
    if found is None:
        raise UsageError(
            f"{attribute}: expected {_EXPECTED.get(attribute, 'text')}, found {text!r}"
        )
    return found


def _plain(text: str, _country: str, _today: date) -> str | None:
    return text if any(c.isalnum() for c in text) and text.isprintable() else None


def _email(text: str, _country: str, _today: date) -> str | None:
    """Consents and suppressions know an address as it is written: `+tag` and dots stay."""
    found = text.lower()
    return found if _MAILBOX.fullmatch(found) and plain(found) == found else None


def _phone(text: str, country: str, _today: date) -> str | None:
    """A number as it is dialled at home says nothing without a country."""
    if not country and not text.lstrip("( ").startswith(("+", "00")):
        return None
    return contact_points.phone(text, country).phone


def _postcode(text: str, country: str, _today: date) -> str | None:
    shape = _POSTCODES.get(country or "DE", r"[0-9A-Za-z][0-9A-Za-z -]{1,11}")
    return text if re.fullmatch(shape, text) else None


def _country(text: str, _country: str, _today: date) -> str | None:
    return text.upper() if re.fullmatch("[A-Za-z]{2}", text) else None


def _vat_id(text: str, country: str, _today: date) -> str | None:
    found = companies.vat_id(text, country)
    return found if found and companies.has_valid_check_digit(found) else None


def _domain(text: str, _country: str, _today: date) -> str | None:
    return contact_points.domain(text)


def _birth_date(text: str, _country: str, today: date) -> str | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found.isoformat() if date(1900, 1, 1) <= found <= today else None


_CHECKS: dict[str, Callable[[str, str, date], str | None]] = {
    "email": _email, "phone": _phone, "postcode": _postcode, "country": _country,
    "vat_id": _vat_id, "website_domain": _domain, "birth_date": _birth_date,
}  # fmt: skip
_EXPECTED = {
    "email": "one plain e-mail address",
    "phone": "a telephone number, with +43 or the like where no country is known",
    "postcode": "a postcode",
    "country": "a country of two letters", "vat_id": "a VAT id with its check digit",
    "website_domain": "a domain of its own", "birth_date": "a date such as 1980-05-04",
}  # fmt: skip
