"""A card is standardised as a record of a table: the SQL of `dedupe.standardise` is the oracle."""

from __future__ import annotations

import random

import pytest

from dedupe.lookup import standardised
from dedupe.lookup.names import NameContext
from dedupe.standardise.records import standardise_records
from stamm.duck import in_memory
from tests.dedupe.lookup.cards import card_of
from tests.dedupe.match_input import record, write_match_input

MESS = {
    "title": [None, "Dr.", "Frau Prof. Dr."],
    "given_name": [
        None,
        "Anna",
        "?",
        "Мария",
        "HANS-PETER",
        "Dr. Jürgen",
        "B.",
        "Chloé Marie",
        "Huber",
    ],
    "family_name": [None, "Müller-Schmidt", "von der Heide", "GRÖßER", "Huber", "Anna"],
    "full_name": [None, "Anna", "Huber", "Jürgen Größer", "Huber, Anna"],
    "birth_date": [None, "1980-01-01", "1975-11-30"],
    "emails": [
        [],
        ["Anna.Mueller@web.de"],
        ["info@huber-bau.de", "h.p+x@gmail.com"],
        ["krumm"],
        ["u@huber-bau.de"],
        ["anna.huber@web.de"],
        ["huber_juergen@gmx.de"],
        ["annahuber@gmx.at"],
        ["a.groesser@web.de"],
        ["j.huber@web.de", "jurgen.groesser@web.de"],
    ],
    "phones": [[], ["030 5550101 privat"], ["+49 (0)30 5550102", "0171/5550103"], ["12"]],
    "street": [None, "Haupt-Strasse 12 A", "Ringstr.", "7 Rue de Gare"],
    "house_number": [None, None, "007", "3/5"],
    "postcode": [None, "D-01067", "1010"],
    "city": [None, "Frankfurt am Main", "St. Pölten"],
    "country": [None, "DE", "AT"],
    "company_name": [None, "Huber & Söhne GmbH & Co. KG", "ACME Software"],
    "vat_id": [None, "DE 136 695 976", "ATU12345678"],
    "website_domain": [None, "https://www.Huber-Bau.de/shop", "web.de"],
}


def messy_rows(party_type: str) -> list[dict]:
    dice = random.Random(7)
    drawn = [{name: dice.choice(values) for name, values in MESS.items()} for _ in range(400)]
    # A card has a name or a contact; a firm's name is its company name in both.
    return [
        record(f"r{i}@erp", party_type=party_type, **values)
        for i, values in enumerate(drawn)
        if values["company_name"]
        or (party_type == "person" and (values["emails"] or values["phones"]))
    ]


@pytest.mark.parametrize("party_type", ["person", "organisation"])
def test_a_card_has_the_values_that_its_record_has(party_type):
    rows = messy_rows(party_type)
    with in_memory() as con:
        write_match_input(con, rows)
        standardise_records(con, party_type)
        context = NameContext.load(con) if party_type == "person" else None
        known = con.sql(f"from link.{party_type}_records").to_arrow_table().to_pylist()
    by_id = {one.pop("record_id"): one for one in known}
    standardise = (
        standardised.organisation
        if context is None
        else lambda card: standardised.person(card, context)
    )
    for row in rows:
        expected = by_id[row["record_id"]]
        found = standardise(card_of(row))
        assert {c: found[c] for c in expected if c != "rid"} == {
            c: v for c, v in expected.items() if c != "rid"
        }


def test_an_employer_is_told_by_the_mail_domain_before_the_name():
    card = card_of(record("r@erp", company_name="Huber", emails=["x@acme.de"]))
    assert standardised.person(card, None, {"acme.de": "acme"}.get)["company"] == "acme"
    assert standardised.person(card)["company"] == "huber"


def test_a_whole_name_is_cut_and_a_lone_one_is_a_family_name():
    whole = standardised.person(card_of(record("r@erp", full_name="Anna von Berg")))
    assert (whole["given"], whole["family"]) == ("anna", "vonberg")
    lone = standardised.person(card_of(record("r@erp", full_name="Berg")))
    assert (lone["given"], lone["family"]) == (None, "berg")
