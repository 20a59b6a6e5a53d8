"""A card → one standardised record of a party type, as `dedupe.standardise` makes it of a table.

The parsers are the same ones; what person.sql and organisation.sql do for a whole table is said
here for one record, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dedupe.lookup.card import Card
from dedupe.lookup.names import NameContext, names_of
from dedupe.standardise import addresses, companies, contact_points, names
from dedupe.standardise.phonetics import koelner_phonetik

Record = dict[str, Any]
# A mail domain → the standardised name of the firm it belongs to, if any.
FirmOfDomain = Callable[[str], str | None]


def person(
    card: Card,
    context: NameContext | None = None,
    firm_of_domain: FirmOfDomain = lambda _: None,
) -> Record:
    """Columns of `link.person_records`."""
    given_raw, family_raw = names_of(card, context or NameContext())
    given = names.given_name(given_raw or "")
    family = names.family_name(family_raw or "")
    mail = _emails(card)
    return {
        "title": names.title(card.title or given_raw or ""),
        **given._asdict(),
        "given_first": given.given.split(" ")[0] if given.given else None,
        **family._asdict(),
        "names_sorted": " ".join(sorted([given.given, family.family]))
        if given.given and family.family
        else None,
        "whole_name": f"{given.given}|{family.family}"
        if given.given and family.family and len(given.given) > 1
        else None,
        **_birth(card),
        **mail,
        "email_local": _telling_local(mail["email_local"], mail["email_letters"], given, family),
        **_phones(card),
        **_place(card),
        "company": _employer(card, mail["domains"], firm_of_domain),
    }


def organisation(card: Card) -> Record:
    """Columns of `link.organisation_records`."""
    firm = companies.company(card.company_name or card.full_name or "")
    mail = _emails(card)
    website = contact_points.domain(card.website_domain) if card.website_domain else None
    domains = _distinct([*(mail["domains"] or ()), website])
    labels = [companies.domain_label(domain) for domain in domains or ()]
    return {
        "name": firm.core,
        "name_compact": firm.compact,
        "name_first": firm.first_word,
        "legal_form": firm.legal_form,
        "name_start": firm.start,
        "name_sound": koelner_phonetik(firm.compact) if firm.compact else None,
        "vat_id": companies.vat_id(card.vat_id, card.country) if card.vat_id else None,
        "labels": _distinct([*labels, firm.label]),
        **mail,
        "domains": domains,
        **_phones(card),
        **_place(card),
    }


def _birth(card: Card) -> Record:
    born = card.birth_date
    if born is None:
        return dict.fromkeys(("birth", "birth_swapped", "birth_year", "birth_placeholder"))
    new_year = (born.month, born.day) == (1, 1)
    return {
        "birth": f"{born:%Y%m%d}",
        "birth_swapped": f"{born:%Y%d%m}",
        "birth_year": f"{born:%Y}",
        "birth_placeholder": f"{born:%Y}" if new_year else None,
    }


def _emails(card: Card) -> Record:
    found = [mail for raw in card.emails if (mail := contact_points.email(raw)).email]
    first = min(found, key=lambda mail: mail.email or "", default=None)
    return {
        "emails": _distinct(mail.email for mail in found),
        "domains": _distinct(mail.domain for mail in found),
        "email": first.email if first else None,
        "email_letters": first.letters if first else None,
        "email_local": min((m.local for m in found if m.local and not m.role), default=None),
    }


def _telling_local(
    local: str | None, letters: str | None, given: names.GivenName, family: names.FamilyName
) -> str | None:
    """A mailbox called like its owner says no more than the name does."""
    own = [given.given_root, family.family_parts[0] if family.family_parts else None]
    return None if any(name and letters and name in letters for name in own) else local


def _phones(card: Card) -> Record:
    phones = _distinct(contact_points.phone(raw, card.country).phone for raw in card.phones)
    return {"phones": phones, "phone": phones[0] if phones else None}


def _place(card: Card) -> Record:
    street, in_street = addresses.street(card.street) if card.street else (None, None)
    number = addresses.house_number(card.house_number or "") or in_street
    postcode = addresses.postcode(card.postcode) if card.postcode else None
    city = addresses.city(card.city) if card.city else None
    return {
        "street": street,
        "house_number": number,
        "postcode": postcode,
        "city": city,
        "country": card.country,
        "place": postcode or city,
        "door": f"{street}|{number}|{postcode}" if street and number and postcode else None,
    }


def _employer(card: Card, domains: list[str] | None, firm_of_domain: FirmOfDomain) -> str | None:
    by_domain = sorted(firm for domain in domains or () if (firm := firm_of_domain(domain)))
    if by_domain:
        return by_domain[0]
    return companies.company(card.company_name).core if card.company_name else None


def _distinct(values: Iterable[str | None]) -> list[str] | None:
    """Sorted and without repeats, as list columns are; None where there is nothing."""
    return sorted({value for value in values if value}) or None
