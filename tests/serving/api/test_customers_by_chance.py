"""Any question for customers, whoever is hidden, is answered as if each row were looked at."""

import random
import shutil
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import canonical_address, suppress_address, suppress_party
from serving.api.customers import Filters
from serving.builds import current_build
from serving.release import release
from stamm.duck import open_warehouse
from stamm.home import Home
from stamm.store import Store
from tests.serving.api.published import AT, running

ASKED = sorted(Filters.model_fields.keys() - {"fields", "after", "limit"})
PERMISSIONS = {"email": ["permission_email"], "phone": ["permission_phone", "permission_sms"]}
TOLD = [name for name in ASKED if name not in ("source", "is_customer")]
GRANTED = ("permission_email", "permission_phone", "permission_sms")
FIELDS = ("party_id", *TOLD, "is_customer", "sources", *GRANTED)
LATER = AT + timedelta(days=1)
# Ids differ from one company to the next; a party's first record does not.
GOLDEN = f"""
    select {", ".join(FIELDS)}
    from (
        select g.*, c.* exclude (party_id, customer_version_id, email, phone, city, restricted,
                                 sources, records, first_seen, last_seen),
            c.party_id is not null as is_customer
        from golden_parties as g left join customer_360 as c using (party_id)
    )
    inner join (
        select party_id, min(record_id) as first_record from xref_parties group by party_id
    ) using (party_id)
    order by first_record
"""


@pytest.mark.parametrize("seed", range(3))
def test_a_question_is_answered_with_those_who_are_shown_and_meet_it(
    published_once, tmp_path, seed
):
    dice = random.Random(seed)
    home = Home(tmp_path / "home")
    shutil.copytree(published_once.root, home.root, symlinks=True)
    restricted = restrict(home, dice)
    rows = golden(home)
    with closing(Store.open(home.store)) as store:
        shown, touched = hide_some(store, dice, rows, restricted)
    assert {row["is_customer"] for row in shown} == {True, False}
    with running(home) as api:
        assert pages(api, {}, limit=50) == shown
        answered = 0
        for _ in range(40):
            question = drawn_question(dice, dice.choice((rows, touched)))
            expected = [row for row in shown if meets(row, question)]
            assert pages(api, question, limit=dice.choice((7, 19, 20, 50))) == expected, question
            answered += bool(question and expected)
    assert answered > 5


def golden(home):
    """Everybody in the build, in an order that is the same each time."""
    with open_warehouse(current_build(home.published).database, read_only=True) as con:
        found = con.execute(GOLDEN).to_arrow_table().to_pylist()
    return [row | {name: bool(row[name]) for name in GRANTED} for row in found]


def restrict(home, dice):
    """Two whose processing is restricted from a new build on; their ids."""
    parties = [row["party_id"] for row in dice.sample(golden(home), 2)]
    with open_warehouse(home.warehouse) as con:
        con.execute(
            "update golden.golden_parties set restricted = true where party_id in ($1, $2)", parties
        )
    with closing(Store.open(home.store)) as store:
        release(home.warehouse, home.published, store, build_id="b2", info={}, at=AT, keep=5)
    return set(parties)


def hide_some(store, dice, rows, restricted):
    """(who is shown, and how; rows as they were of those of whom something is withheld)."""
    erased = {row["party_id"] for row in dice.sample(rows, 4)}
    for party in erased:
        suppress_party(store, party, reason="erasure", at=LATER)
    addresses = sorted(row[kind] for row in rows for kind in PERMISSIONS if row[kind])
    nobodys = dice.sample(addresses, 6)
    for address in nobodys:
        suppress_address(store, address, reason="objection", at=LATER)
    withdrawn = dice.sample(sorted(row["email"] for row in rows if row["permission_email"]), 4)
    for address in withdrawn:
        record_consent(store, ConsentEvent(address, "email", "withdrawn", LATER, "telephone"))
    as_shown = [withheld(row, erased | restricted, nobodys, withdrawn) for row in rows]
    touched = [row for row, left in zip(rows, as_shown, strict=True) if left != row]
    return sorted(filter(None, as_shown), key=lambda row: row["party_id"]), touched


def withheld(row, gone, nobodys, withdrawn):
    """What is left of a row that may be seen; nothing of an erased or restricted party."""
    if row["party_id"] in gone:
        return None
    left = dict(row)
    for kind, permissions in PERMISSIONS.items():
        if row[kind] in nobodys:
            left |= dict.fromkeys([kind]) | dict.fromkeys(permissions, False)
    if row["email"] in withdrawn:
        left["permission_email"] = False
    return left


def drawn_question(dice, rows):
    """Up to three filters with values of one who is there, some of somebody else's or nobody's."""
    asked_for, question = dice.choice(rows), {}
    for name in dice.sample(ASKED, dice.choice((0, 1, 1, 2, 3))):
        row = asked_for if dice.random() < 0.8 else dice.choice(rows)
        value = dice.choice(row["sources"]) if name == "source" else row[name]
        question[name] = spelt(dice, name, "nothing of anybody" if value is None else value)
    return question


def spelt(dice, name, value):
    """An address may be written otherwise."""
    return f" {value.upper()} " if name == "email" and dice.random() < 0.5 else value


def meets(row, question):
    """Whether this row has each of the values."""
    return all(has(row, name, value) for name, value in question.items())


def has(row, name, value):
    if name == "source":
        return value in row["sources"]
    if name in PERMISSIONS:
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
