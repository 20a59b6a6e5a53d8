"""Who acts for which firm, and who lives together."""

from __future__ import annotations

import pytest

from dedupe.survivorship.golden import write_golden_parties
from dedupe.ties.households import write_households
from dedupe.ties.roles import write_roles
from stamm.duck import in_memory
from tests.dedupe.match_input import record, write_crosswalk, write_match_input

FIRM = {"party_type": "organisation"}
HOME = {"street": "Hauptstr. 5", "postcode": "10115", "city": "Berlin", "country": "DE"}


@pytest.fixture
def con():
    with in_memory() as opened:
        yield opened


def ties(con, *rows: dict, **party_of: str) -> list[tuple]:
    resolved(con, rows, party_of)
    return con.execute(
        "select person_party_id, organisation_party_id, basis, evidence_record_id "
        "from golden.golden_party_roles"
    ).fetchall()


def homes(con, *rows: dict) -> list[set[str]]:
    resolved(con, rows, {})
    found: dict[str, set[str]] = {}
    for party, household, *_ in con.execute("from golden.golden_households").fetchall():
        found.setdefault(household, set()).add(party)
    return list(found.values())


def resolved(con, rows, party_of) -> None:
    write_match_input(con, list(rows))
    write_crosswalk(con, party_of)
    write_golden_parties(con)
    write_roles(con)
    write_households(con)


def test_a_contact_belongs_to_the_firm_its_key_names(con):
    firm, anna = record("f@erp", **FIRM), record("a@erp", organisation_key="f@erp")
    assert ties(con, firm, anna) == [("a@erp", "f@erp", "key", "a@erp")]


def test_a_customer_who_named_a_company_acts_for_the_party_of_that_company(con):
    firm, anna = record("a@shop#org", facet_of="a@shop", **FIRM), record("a@shop")
    write = {"a@shop#org": "F1"}
    assert ties(con, firm, anna, **write) == [("a@shop", "F1", "same_record", "a@shop")]


def test_a_domain_that_one_firm_uses_ties_its_mail_addresses(con):
    firm = record("f@erp", emails=["info@kranbau.example"], **FIRM)
    anna = record("a@help", emails=["a.berg@Kranbau.example"])
    assert ties(con, firm, anna) == [("a@help", "f@erp", "email_domain", "a@help")]


def test_many_records_of_one_firm_are_one_firm(con):
    held = {"company_name": "Kranbau GmbH", "postcode": "10115"}
    firms = [record(f"{f}@erp", emails=["info@kranbau.example"], **held, **FIRM) for f in "fg"]
    anna = record("a@help", emails=["a.berg@kranbau.example"])
    berta = record("b@mail", **held)
    assert ties(con, *firms, anna, berta, **{"f@erp": "F1", "g@erp": "F1"}) == [
        ("a@help", "F1", "email_domain", "a@help"),
        ("b@mail", "F1", "name_and_address", "b@mail"),
    ]


@pytest.mark.parametrize("domain", ["gmx.de", "shared.example"])
def test_a_mail_provider_and_a_domain_of_two_firms_tie_nobody(con, domain):
    firms = [
        record(f"{f}@erp", emails=[f"{f}@shared.example", f"{f}@gmx.de"], **FIRM) for f in "fg"
    ]
    assert ties(con, *firms, record("a@help", emails=[f"anna@{domain}"])) == []


def test_a_tie_says_what_it_rests_on(con):
    firm = record("f@erp", emails=["info@kranbau.example"], **FIRM)
    ties(con, firm, record("a@help", emails=["a.berg@kranbau.example"]))
    assert con.execute("select evidence from golden.golden_party_roles").fetchall() == [
        ("domain kranbau.example in both",)
    ]


def test_a_vat_id_ties_a_person_to_the_firm_that_bears_it(con):
    firm = record("f@erp", vat_id="DE 136 695 976", **FIRM)
    anna = record("a@shop", vat_id="DE136695976")
    assert ties(con, firm, anna) == [("a@shop", "f@erp", "vat_id", "a@shop")]


def test_company_name_and_postcode_tie_but_a_name_alone_does_not(con):
    firm = record("f@erp", company_name="Kranbau Müller GmbH", postcode="10115", **FIRM)
    here = record("a@mail", company_name="KRANBAU MUELLER GMBH", postcode="10115")
    there = record("b@mail", company_name="Kranbau Müller GmbH", postcode="80331")
    assert ties(con, firm, here, there) == [("a@mail", "f@erp", "name_and_address", "a@mail")]


def test_a_key_settles_it_and_a_domain_adds_no_second_firm(con):
    old = record("f@erp", emails=["info@old.example"], **FIRM)
    new = record("g@erp", **FIRM)
    anna = record("a@help", emails=["anna@old.example"], organisation_key="g@erp")
    assert ties(con, old, new, anna) == [("a@help", "g@erp", "key", "a@help")]


def test_two_people_of_one_name_at_one_door_are_a_household(con):
    anna = record("a@shop", given_name="Anna", family_name="Müller", **HOME)
    other = HOME | {"street": "Hauptstraße", "house_number": "5"}
    bernd = record("b@erp", given_name="Bernd", family_name="Mueller", **other)
    lodger = record("c@erp", given_name="Carla", family_name="Rossi", **HOME)
    assert homes(con, anna, bernd, lodger) == [{"a@shop", "b@erp"}]


def test_a_household_says_what_it_rests_on_and_which_record_names_the_door(con):
    anna = record("a@shop", given_name="Anna", family_name="Berg", birth_date="1980-05-04", **HOME)
    bernd = record("b@erp", given_name="Bernd", family_name="Berg", birth_date="1979-01-31", **HOME)
    homes(con, anna, bernd)
    assert con.execute(
        "select evidence, evidence_record_id from golden.golden_households where party_id = 'b@erp'"
    ).fetchall() == [
        ("2 people of one family name at one door, 2 given names, 2 birth dates", "b@erp")
    ]


def test_a_father_and_a_son_of_one_name_are_a_household_by_their_birth_dates(con):
    two = [
        record(f"{r}@erp", given_name="Hans", family_name="Berg", birth_date=born, **HOME)
        for r, born in (("a", "1950-02-03"), ("b", "1980-05-04"))
    ]
    assert homes(con, *two) == [{"a@erp", "b@erp"}]


@pytest.mark.parametrize("given", ["Anna", "A.", None])
def test_a_record_that_may_be_the_same_person_makes_no_household(con, given):
    anna = record("a@erp", given_name="Anna", family_name="Berg", birth_date="1980-05-04", **HOME)
    maybe = record("b@erp", given_name=given, family_name="Berg", **HOME)
    assert homes(con, anna, maybe) == []


def test_the_same_street_without_a_number_is_no_door(con):
    nowhere = HOME | {"street": "Hauptstr."}
    assert homes(con, *(record(f"{r}@erp", family_name="Berg", **nowhere) for r in "ab")) == []


def test_colleagues_of_one_name_at_their_firm_are_no_household(con):
    firm = record("f@erp", **FIRM, **HOME)
    people = [
        record(f"{r}@erp", family_name="Berg", organisation_key="f@erp", **HOME) for r in "ab"
    ]
    assert homes(con, firm, *people) == []


def test_one_person_recorded_twice_is_no_household_of_two(con):
    twins = [
        record(f"{r}@erp", given_name="Anna", family_name="Berg", birth_date="1980-05-04", **HOME)
        for r in "ab"
    ]
    assert homes(con, *twins) == []


def test_a_door_with_more_of_one_name_than_a_family_has_is_no_household(con):
    tenants = [
        record(f"{i}@erp", given_name=f"P{i}", family_name="Berg", **HOME) for i in range(11)
    ]
    assert homes(con, *tenants) == []
    assert len(homes(con, *tenants[:10])[0]) == 10
