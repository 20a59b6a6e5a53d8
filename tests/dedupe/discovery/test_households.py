"""Which tables know people of one household as such."""

import pytest

from dedupe.discovery.households import household
from dedupe.specification import Specification, load_specification

PERSON = load_specification("person")
ENOUGH = PERSON.prior.records_needed


def comparisons(*names):
    return [PERSON.comparison(name) for name in names]


TOLD = {
    "names and an address": ("given_name", "family_name", "address"),
    "names and a phone": ("given_name", "family_name", "phone"),
    "a birth date instead of the given name": ("family_name", "birth_date", "email"),
}
NOT_TOLD = {
    "nothing but names": ("given_name", "family_name"),
    "nothing that parts two people": ("family_name", "address", "phone"),
    "no family name": ("given_name", "address", "phone"),
}


@pytest.mark.parametrize("case", TOLD)
def test_a_household_shares_its_name_and_a_place_and_its_people_differ(case):
    chosen = comparisons(*TOLD[case])
    found = household("person", chosen, ENOUGH)
    assert {*found.as_strangers, *found.alike} == set(TOLD[case])
    assert set(found.as_strangers) <= {"given_name", "birth_date"}
    assert found.share == PERSON.alternative.share


@pytest.mark.parametrize("case", NOT_TOLD)
def test_where_that_cannot_be_seen_nothing_is_assumed(case):
    assert household("person", comparisons(*NOT_TOLD[case]), ENOUGH) is None


def test_few_records_cannot_tell_how_many_households_there_are():
    assert household("person", PERSON.comparisons, ENOUGH - 1) is None
    assert household("person", PERSON.comparisons, ENOUGH) is not None


def test_what_only_this_table_holds_agrees_in_a_household_by_chance():
    number = PERSON.comparison("birth_date").model_copy(update={"name": "x_ssn"})
    chosen = [*comparisons("given_name", "family_name", "namesakes", "address"), number]
    found = household("person", chosen, ENOUGH)
    assert found.as_strangers == ("given_name", "x_ssn")
    assert set(found.alike) == {"family_name", "address"}  # what corrects others says nothing
    content = PERSON.model_dump() | {
        "comparisons": chosen, "alternative": found, "blocking_rules": PERSON.blocking_rules[:0],
    }  # fmt: skip
    assert Specification.model_validate(content).alternative == found


def test_firms_have_no_household():
    firms = load_specification("organisation").comparisons
    assert household("organisation", firms, ENOUGH) is None
