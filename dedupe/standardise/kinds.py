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
     ("is_role", "boolean"), ("readings", "varchar[]"), ("letters", "varchar")),
    contact_points.email,
)  # fmt: skip
PHONE = Kind("phone", ("raw", "region"), (("phone", "varchar"),), _phone)
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
