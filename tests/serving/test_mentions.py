"""A free text that names a hidden address is known, however it is written."""

import pytest

from serving.mentions import names_an_address

HIDDEN = frozenset({"anna@gmx.de", "o'brien@gmx.ie", "+493055123456"})


@pytest.mark.parametrize(
    ("words", "names"),
    [("wrote from Anna@GMX.de.", True), ("her mail <anna@gmx.de>, she says", True),
     ("hanna@gmx.de", False), ("call 030 / 55 12 34 56", True), ("+49 (0)30 55123456", True),
     ("not 030 1111111 but 030 55123456", True), ("order 4711 of 2026-06-30 06:00", False),
     ("", False)],
)  # fmt: skip
def test_a_free_text_that_names_a_hidden_address_is_known(words, names):
    assert names_an_address(words, HIDDEN) is names
    assert not names_an_address(words, frozenset())


@pytest.mark.parametrize(
    "words",
    ["anna@gmx.de!", "is it anna@gmx.de?", "„anna@gmx.de“ is hers", "‚anna@gmx.de‘",
     "*anna@gmx.de*", "=anna@gmx.de", "`anna@gmx.de`", "anna@gmx.de…", "anna@gmx.de→old",
     "anna@gmx.de/bea@gmx.de", "bea@gmx.de/anna@gmx.de", "bea@gmx.de|anna@gmx.de",
     "o'brien@gmx.ie called", "'o'brien@gmx.ie'", "mailto:anna@gmx.de?subject=x",
     "from anna@gmx.de.Then she called"],
)  # fmt: skip
def test_whatever_stands_around_a_mailbox(words):
    assert names_an_address(words, HIDDEN)


@pytest.mark.parametrize(
    "words",
    ["beate.anna@gmx.de", "beate+anna@gmx.de", "anna@gmx.development", "anna@gmx.de-mail.com",
     "anna@gmx", "anna @gmx.de", "@", "a@"],
)  # fmt: skip
def test_a_mailbox_that_only_holds_its_letters_is_another(words):
    assert not names_an_address(words, HIDDEN)


@pytest.mark.parametrize(
    "words",
    ["030\u00a055\u00a0123456", "030\u201155123456", "030_55123456", "tel:03055123456",
     "030  5512 3456", "030|55123456", "030.551.234.56", "030\n55123456"],
)  # fmt: skip
def test_whatever_parts_the_digits_of_a_number(words):
    assert names_an_address(words, HIDDEN)


def test_a_long_text_and_many_hidden_addresses_take_no_time():
    many = frozenset(f"x{number}@web.de" for number in range(50_000)) | HIDDEN
    assert not names_an_address("'@." * 2_000, many)
    assert names_an_address("?" * 2_000 + "anna@gmx.de", many)
