"""A card holds raw fields; what does not fit is named."""

from __future__ import annotations

import pytest

from dedupe.lookup.card import read_card
from stamm.errors import UsageError


def test_blank_fields_are_nothing_and_one_mailbox_is_a_list():
    card = read_card({"given_name": " ", "family_name": " Huber ", "emails": "a@web.de"})
    assert (card.given_name, card.family_name, card.emails) == (None, "Huber", ("a@web.de",))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"surname": "Huber"}, "surname"),
        ({"birth_date": "31.12.1980"}, "birth_date"),
        ({"emails": [7]}, "emails.0"),
        ({"phones": 301234567}, "phones"),
        ({"emails": True}, "emails"),
        ({"emails": {"a": 1}}, "emails"),
        ({}, "at least one field"),
        ({"country": "DE", "title": "Dr."}, "at least one field"),
    ],
)
def test_a_card_that_does_not_fit_names_the_field_and_lists_all(fields, named):
    with pytest.raises(UsageError, match=named) as refused:
        read_card(fields)
    assert "family_name" in str(refused.value)
