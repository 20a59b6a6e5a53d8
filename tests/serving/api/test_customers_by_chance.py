"""Any question for customers, whoever is hidden: as if each row were looked at, one by one."""

import random
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import canonical_address, suppress_address, suppress_party
from serving.api.customers import Filters
from tests.serving.api.published import AT

ASKED = sorted(Filters.model_fields.keys() - {"fields", "after", "limit"})
FIELDS = ["party_id", *(name for name in ASKED if name != "source"), "sources", "permission_email"]
LATER = AT + timedelta(days=1)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_answered_is_what_the_view_has_and_the_filters_leave(api, seed):
    dice = random.Random(seed)
    somebody = rows_of(api)
    hide_some(api, dice, somebody)
    shown = rows_of(api)
    assert len(shown) == len(somebody) - 4
    assert {row["is_customer"] for row in shown} == {True, False}
    answered = 0
    for _ in range(30):
        question = drawn_question(dice, somebody)
        expected = [row for row in shown if all(is_met(row, *part) for part in question.items())]
        assert pages(api, question, limit=dice.choice((7, 19, 20, 50))) == expected, question
        answered += bool(expected)
    assert answered > 5


def rows_of(api):
    """Everybody who may be seen, read from the widest view, as an answer says it."""
    view = api.service.published.current()
    return view.rows(f"select {', '.join(FIELDS)} from customers order by party_id")


def hide_some(api, dice, rows):
    """More people than before: erased ones, addresses that are nobody's, withdrawn permissions."""
    store = api.service.store
    for row in dice.sample(rows, 4):
        suppress_party(store, row["party_id"], reason="erasure", at=LATER)
    addresses = [row[kind] for row in rows for kind in ("email", "phone") if row[kind]]
    for address in dice.sample(addresses, 4):
        suppress_address(store, address, reason="objection", at=LATER)
    permitted = [row["email"] for row in rows if row["email"] and row["permission_email"]]
    for address in dice.sample(permitted, min(3, len(permitted))):
        record_consent(store, ConsentEvent(address, "email", "withdrawn", LATER, "telephone"))


def drawn_question(dice, rows):
    """One to three filters, most with a value that somebody has or had."""
    question = {}
    for name in dice.sample(ASKED, dice.choice((0, 1, 1, 2, 3))):
        like = dice.choice(rows)
        value = dice.choice(like["sources"]) if name == "source" else like[name]
        question[name] = "nothing of anybody" if value is None else value
    return question


def is_met(row, name, value):
    if name == "source":
        return value in row["sources"]
    if name in ("email", "phone"):
        return row[name] is not None and canonical_address(row[name]) == canonical_address(value)
    return row[name] == value


def pages(api, question, limit):
    """All pages of an answer, one after the other."""
    asked, found = {**question, "limit": limit, "fields": ",".join(FIELDS)}, []
    while True:
        page = api.get(f"/customers?{urlencode(asked)}").json()
        found += page["items"]
        if page["next"] is None:
            return found
        asked["after"] = page["next"]
