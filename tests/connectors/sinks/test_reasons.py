"""A target's reason holds no value that it was sent, however it writes it."""

import pytest

from connectors.sinks.reasons import without_values

SENT = ["Anna", "Beck-Roth", "Anna.Beck@Example.org", "+49 30 1234567", "12", True, None, "DE"]
REASONS = [
    ("Anna Beck-Roth is there twice", "… … is there twice"),
    ("ANNA BECK has no VAT id", "… … has no VAT id"),
    ("duplicate of anna.beck@example.org", "duplicate of …"),
    ("mailbox anna.beck of example.org is blocked", "mailbox … of … is blocked"),
    ("number +49 (30) 123-45 67 is no mobile", "number … is no mobile"),
    ("+49301234567: no route", "…: no route"),
    ("house number 12 in DE", "house number … in …"),
    ("120 characters at most, Annabelle", "120 characters at most, Annabelle"),
    ("two\nlines\tand \u2028 more", "two lines and more"),
    ("x" * 300, "x" * 200),
]


@pytest.mark.parametrize(("said", "kept"), REASONS)
def test_values_are_cut_out_in_any_case_and_spacing_and_by_their_words(said, kept):
    assert without_values(said, SENT) == kept
