"""The kinds of values we standardise, with the columns each of them gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dedupe.standardise import addresses, companies, contact_points, names
from dedupe.standardise.phonetics import koelner_phonetik
from dedupe.standardise.values import Kind


def _one(parse: Callable[[str], str | None]) -> Callable[[str], Sequence[Any]]:
    return lambda text: (parse(text),)


def _phone(text: str, country: str | None) -> Sequence[Any]:
    return contact_points.phone(text, country)


def _readings(text: str) -> Sequence[Any]:
    return (contact_points.readings(text),)


def _vat_id(text: str, country: str | None) -> Sequence[Any]:
    return (companies.vat_id(text, country),)


def _company(text: str) -> Sequence[Any]:
    found = companies.company(text)
    return (*found, koelner_phonetik(found.compact) if found.compact else None)


def _title(text: str) -> Sequence[Any]:
    return (names.title(text),)


GIVEN = Kind(
    "given", ("raw",),
    (("given", "varchar"), ("given_root", "varchar"), ("given_initial", "varchar")),
    names.given_name,
)  # fmt: skip
FAMILY = Kind(
    "family", ("raw",),
    (("family", "varchar"), ("family_parts", "varchar[]"), ("family_sound", "varchar")),
    names.family_name,
)  # fmt: skip
FULL = Kind(
    "full", ("raw",),
    (("given_part", "varchar"), ("family_part", "varchar"), ("single", "varchar")),
    names.full_name,
)  # fmt: skip
TITLE = Kind("title", ("raw",), (("title", "varchar"),), _title)
EMAIL = Kind(
    "email", ("raw",),
    (("email", "varchar"), ("email_local", "varchar"), ("domain", "varchar"),
     ("is_role", "boolean"), ("letters", "varchar")),
    contact_points.email,
)  # fmt: skip
READINGS = Kind("readings", ("raw",), (("readings", "varchar[]"),), _readings)
# `030 / 123-45` and `030 12345` are one to the parser; a number with a plus needs no region.
_DIALLED = (
    "case when regexp_full_match(raw, '[0-9+ ()./-]+')"
    " then regexp_replace(replace(raw, '(0)', ''), '[^0-9+]', '', 'g') else raw end"
)
PHONE = Kind(
    "phone", ("raw", "region"), (("phone", "varchar"),), _phone,
    spelt=(_DIALLED, "case when not starts_with(ltrim(raw), '+') then region end"),
)  # fmt: skip
STREET = Kind(
    "street", ("raw",), (("street", "varchar"), ("number_in_street", "varchar")), addresses.street
)
HOUSE_NUMBER = Kind(
    "house_number", ("raw",), (("house_number", "varchar"),), _one(addresses.house_number)
)
POSTCODE = Kind("postcode", ("raw",), (("postcode", "varchar"),), _one(addresses.postcode))
CITY = Kind("city", ("raw",), (("city", "varchar"),), _one(addresses.city))
COMPANY = Kind(
    "company", ("raw",),
    (("name", "varchar"), ("name_compact", "varchar"), ("name_first", "varchar"),
     ("legal_form", "varchar"), ("name_label", "varchar"), ("name_start", "varchar"),
     ("name_sound", "varchar")),
    _company,
)  # fmt: skip
VAT_ID = Kind("vat_id", ("raw", "region"), (("vat_id", "varchar"),), _vat_id)
DOMAIN = Kind("domain", ("raw",), (("domain", "varchar"),), _one(contact_points.domain))
LABEL = Kind("label", ("raw",), (("label", "varchar"),), _one(companies.domain_label))
KINDS = {
    kind.name: kind
    for kind in (
        GIVEN, FAMILY, FULL, TITLE, EMAIL, READINGS, PHONE, STREET, HOUSE_NUMBER, POSTCODE, CITY,
        COMPANY, VAT_ID, DOMAIN, LABEL,
    )
}  # fmt: skip
