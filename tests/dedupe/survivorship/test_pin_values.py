"""What may be pinned, and the spelling in which it is kept."""

from __future__ import annotations

from datetime import date

import pytest

from dedupe.survivorship.pin_values import pinnable
from dedupe.survivorship.rules import load_rules
from stamm.errors import UsageError

RULES = {rule.group: rule for rule in load_rules().person}


def kept(group: str, of: str | None = "DE", **typed: str) -> dict[str, str]:
    return pinnable(RULES[group], typed, today=date(2026, 6, 30), country=of)


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [("0664 1234567", "AT", "+436641234567"), ("044 668 18 00", "CH", "+41446681800"),
     ("030 998877", "DE", "+4930998877"), ("+43 664 1234567", "DE", "+436641234567"),
     ("0043 664 1234567", None, "+436641234567"), ("(+41) 44 668 18 00", None, "+41446681800")],
)  # fmt: skip
def test_a_number_is_read_as_dialled_in_the_partys_country(typed, country, number):
    assert kept("phone", country, phone=typed) == {"phone": number}


def test_without_a_country_a_number_needs_its_own():
    with pytest.raises(UsageError, match=r"phone: expected a telephone number, with \+43"):
        kept("phone", None, phone="0664 1234567")


@pytest.mark.parametrize("typed", ["Anna.Huber+Post@GMail.com", " anna.huber+post@gmail.com "])
def test_an_address_is_kept_as_it_is_written_in_lower_case(typed):
    assert kept("email", email=typed) == {"email": "anna.huber+post@gmail.com"}


@pytest.mark.parametrize(
    "typed",
    ["a@b.de,", "<a@b.de>", "mailto:a@b.de", "a;b@c.de", "a@b.de;", "a@b.de c@d.de", "a@b@c.de",
     "Anna <a@b.de>", "a@b", "ä@b.de", "a@bücher.de", "@b.de", '"a"@b.de'],
)  # fmt: skip
def test_what_is_not_one_plain_address_is_refused(typed):
    with pytest.raises(UsageError, match="email: expected one plain e-mail address"):
        kept("email", email=typed)


@pytest.mark.parametrize(
    ("typed", "name"),
    [({"given_name": "Anna", "family_name": "von Berg"}, ("Anna", "von Berg", "Anna von Berg")),
     ({"full_name": "von Berg, Anna"}, ("Anna", "von Berg", "Anna von Berg")),
     ({"family_name": "Berg"}, (None, "Berg", "Berg")),
     ({"full_name": "Berg"}, (None, None, "Berg")),
     ({"given_name": "Anna", "family_name": "Berg", "full_name": " Anna  Berg"},
      ("Anna", "Berg", "Anna Berg"))],
)  # fmt: skip
def test_a_name_is_whole_as_records_have_it(typed, name):
    found = kept("name", **typed)
    assert tuple(map(found.get, ("given_name", "family_name", "full_name"))) == name


def test_a_full_name_that_its_parts_do_not_say_is_refused():
    with pytest.raises(UsageError, match="full_name: expected 'Anna Berg', as its parts say"):
        kept("name", given_name="Anna", family_name="Berg", full_name="Anna Huber")


@pytest.mark.parametrize(
    ("country", "typed", "fits"),
    [("AT", {"postcode": "1010"}, True), ("DE", {"postcode": "1010"}, False),
     (None, {"postcode": "1010"}, False), ("DE", {"postcode": "1010", "country": "at"}, True)],
)  # fmt: skip
def test_a_postcode_is_that_of_the_country_typed_or_of_the_party(country, typed, fits):
    if fits:
        assert kept("address", country, **typed)["postcode"] == "1010"
    else:
        with pytest.raises(UsageError, match="postcode: expected a postcode"):
            kept("address", country, **typed)
