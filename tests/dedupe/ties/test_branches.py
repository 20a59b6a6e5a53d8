"""Which firm is a branch of which, and how we know."""

from __future__ import annotations

import pytest

from dedupe.answers.links import links
from dedupe.survivorship.golden import write_golden_parties
from dedupe.ties.households import write_households
from dedupe.ties.roles import write_roles
from stamm.duck import in_memory
from tests.dedupe.match_input import record, write_crosswalk, write_match_input

VAT = {"vat_id": "DE136695976"}


@pytest.fixture
def con():
    with in_memory() as opened:
        yield opened


def firm(name, company, **values):
    return record(f"{name}@erp", party_type="organisation", company_name=company, **values)


def found(con, *firms):
    """(branch, parent, basis) by letter."""
    write_match_input(con, list(firms))
    write_crosswalk(con, {})
    write_golden_parties(con)
    write_roles(con)
    write_households(con)
    rows = con.execute("select party_id, parent_party_id, basis from golden.golden_branches")
    return [(branch[0], parent[0], basis) for branch, parent, basis in rows.fetchall()]


def test_firms_of_one_vat_id_are_branches_of_the_one_that_does_not_say_so(con):
    main = firm("m", "Kranbau Müller GmbH", **VAT)
    branch = firm("b", "Kranbau Müller Niederlassung", **VAT)
    other = firm("o", "Müller Kran und Baulogistik Nord GmbH", vat_id="DE 136 695 976")
    assert found(con, branch, main, other) == [("b", "m", "vat_id"), ("o", "m", "vat_id")]


@pytest.mark.parametrize("nothing", ["n/a", "N.A.", "keine", "-", "DE"])
def test_a_word_for_no_vat_id_ties_nobody(con, nothing):
    firms = [firm(name, f"{name} Bau GmbH", vat_id=nothing) for name in ("Kurz", "Lang")]
    assert found(con, *firms) == []


def test_a_vat_id_is_one_however_its_country_is_written_and_so_is_a_domain(con):
    main = firm("m", "Kranbau Müller GmbH", vat_id="136695976", country="DE")
    branch = firm("b", "Kranbau Müller Niederlassung", vat_id="DE 136 695 976")
    assert found(con, branch, main) == [("b", "m", "vat_id")]
    main = firm("m", "Kranbau Müller GmbH", website_domain="https://www.Kranbau.example/shop")
    branch = firm("b", "Kranbau Müller Hamburg GmbH", website_domain="WWW.kranbau.example")
    assert found(con, branch, main) == [("b", "m", "name_and_domain")]


def test_a_name_that_goes_on_where_the_parents_ends_and_one_domain_tie(con):
    main = firm("m", "Kranbau Müller GmbH", website_domain="www.kranbau.example")
    branch = firm("b", "Kranbau Mueller Hamburg GmbH", emails=["hh@kranbau.example"])
    stranger = firm("s", "Gerüstbau Kurz GmbH", emails=["info@kranbau.example"])
    assert found(con, branch, main, stranger) == [("b", "m", "name_and_domain")]


def test_the_same_name_at_another_place_is_a_branch_of_the_one_known_longest(con):
    sites = [
        firm(name, "Kranbau Müller GmbH", emails=["info@kranbau.example"], created_at=born)
        for name, born in (("a", "2022-01-01"), ("b", "2020-01-01"))
    ]
    assert found(con, *sites) == [("a", "b", "name_and_domain")]


@pytest.mark.parametrize("shared", [{"emails": ["kranbau@gmx.de"]}, {}])
def test_a_mail_provider_or_the_name_alone_ties_nobody(con, shared):
    names = ("Kranbau Müller", "Kranbau Müller Hamburg")
    both = [firm(place, name, **shared) for place, name in enumerate(names)]
    assert found(con, *both) == []


def test_a_value_that_too_many_firms_bear_ties_nobody(con):
    assert found(con, *(firm(f"{n}", f"Firma {n:03d} Bau", **VAT) for n in range(51))) == []
    assert len(found(con, *(firm(f"{n}", f"Firma {n:03d} Bau", **VAT) for n in range(50)))) == 49


def test_a_branch_of_a_branch_belongs_to_the_head(con):
    head = firm("h", "Kranbau GmbH", **VAT)
    middle = firm("m", "Kranbau Müller GmbH", emails=["a@kranbau.example"], **VAT)
    last = firm("l", "Kranbau Müller Hamburg GmbH", emails=["b@kranbau.example"])
    assert found(con, head, middle, last) == [
        ("l", "h", "name_and_domain"),
        ("m", "h", "vat_id"),
    ]


def test_a_link_says_what_it_rests_on_from_either_side(con):
    main = firm("m", "Kranbau Müller GmbH", **VAT)
    branch = firm("b", "Kranbau Müller Filiale Ulm", **VAT)
    anna = record("a@help", vat_id="DE136695976")
    found(con, main, branch, anna)
    [up] = links(con, "b@erp")
    assert (up.kind, up.other_party_id, up.basis) == ("is a branch of", "m@erp", "vat_id")
    assert (up.evidence, up.evidence_record_id) == ("VAT id DE136695976 in both", "b@erp")
    assert [(one.kind, one.other_party_id) for one in links(con, "m@erp")] == [
        ("has the branch", "b@erp")
    ]
