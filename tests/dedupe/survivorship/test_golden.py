"""Which value wins, why, and what lost."""

from __future__ import annotations

import random

import pytest

from dedupe.survivorship.candidates import EVERYBODY, members_sql
from dedupe.survivorship.golden import candidates, losers, write_golden_parties
from dedupe.survivorship.rules import load_rules
from stamm.duck import in_memory
from stamm.errors import UsageError
from tests.dedupe.match_input import record, write_crosswalk, write_match_input


@pytest.fixture
def con():
    with in_memory() as opened:
        yield opened


def golden(con, *rows: dict, party: str = "P1") -> dict:
    """All rows are one party; gives its golden row."""
    write_match_input(con, list(rows))
    write_crosswalk(con, {row["record_id"]: party for row in rows})
    write_golden_parties(con)
    found = con.execute("from golden.golden_parties")
    names = [column[0] for column in found.description]
    (row,) = found.fetchall()
    return dict(zip(names, row, strict=True))


def lineage(con) -> dict[str, tuple[str, str]]:
    rows = con.execute("select attribute, record_id, rule from golden.golden_lineage").fetchall()
    assert len({attribute for attribute, *_ in rows}) == len(rows)
    return {attribute: (record_id, rule) for attribute, record_id, rule in rows}


BIRTHDAYS = [
    # what decides, values by record in order, winner, rule
    ("only one value", {"a@shop": "1980-05-04"}, "a@shop", "only_value"),
    ("all say the same: the best source is named",
     {"a@shop": "1980-05-04", "b@erp": "1980-05-04"}, "b@erp", "only_value"),
    ("two against one", {"a@erp": "1980-05-04", "b@shop": "1980-04-05", "c@mail": "1980-04-05"},
     "b@shop", "agreement"),
    ("one against one: the ERP", {"a@shop": "1980-05-04", "b@erp": "1980-04-05"}, "b@erp",
     "source_priority"),
    ("a placeholder loses to a date", {"a@erp": "1980-01-01", "b@mail": "1980-04-05"}, "b@mail",
     "verification"),
    ("nothing decides: the smallest record id", {"b@shop": "1980-05-04", "a@shop": "1980-04-05"},
     "a@shop", "first_record"),
]  # fmt: skip


@pytest.mark.parametrize(("dates", "winner", "rule"), [c[1:] for c in BIRTHDAYS],
                         ids=[c[0] for c in BIRTHDAYS])  # fmt: skip
def test_a_birth_date_wins_by_rule(con, dates, winner, rule):
    row = golden(con, *(record(r, birth_date=date) for r, date in dates.items()))
    assert row["birth_date"].isoformat() == dates[winner]
    assert lineage(con)["birth_date"] == (winner, rule)


def test_an_address_is_taken_whole_and_the_newest_complete_one_wins(con):
    old = record("a@erp", street="Alte Gasse", house_number="1", postcode="10115", city="Berlin",
                 country="de", updated_at="2024-01-01")  # fmt: skip
    new = record("b@shop", street="Neuer Weg", house_number="2", postcode="80331", city="München",
                 country="DE", updated_at="2025-01-01")  # fmt: skip
    part = record("c@mail", postcode="50667", city="Köln", updated_at="2026-01-01")
    row = golden(con, old, new, part)
    assert (row["street"], row["house_number"], row["postcode"], row["city"], row["country"]) == (
        "Neuer Weg", "2", "80331", "München", "DE",
    )  # fmt: skip
    assert lineage(con)["street"] == lineage(con)["city"] == ("b@shop", "recency")


def test_a_country_alone_is_no_address(con):
    row = golden(con, record("a@shop", country="AT"))
    assert row["country"] is None


def test_a_name_is_taken_whole_and_written_well_before_often(con):
    row = golden(
        con,
        record("a@erp", given_name="ANNA", family_name="BERG"),
        record("b@mail", given_name="A.", family_name="Berg"),
        record("c@help", full_name="Anna Berg"),
    )
    assert (row["given_name"], row["family_name"], row["full_name"]) == (
        "Anna", "Berg", "Anna Berg",
    )  # fmt: skip
    assert lineage(con)["full_name"] == ("c@help", "well_written")


def test_names_in_other_letters_are_told_apart(con):
    row = golden(
        con,
        record("a@mail", given_name="Мария", family_name="Петрова"),
        record("b@erp", given_name="Иван", family_name="Петров"),
        record("c@shop", given_name="Мария", family_name="Петрова"),
    )
    assert row["full_name"] == "Мария Петрова"
    assert lineage(con)["full_name"][1] == "agreement"


def test_of_many_mail_addresses_the_one_most_sources_know_wins(con):
    row = golden(
        con,
        record("a@erp", emails=["old@example.de", "Anna@Example.de"]),
        record("b@shop", emails=["anna@example.de"]),
    )
    assert row["email"] == "anna@example.de"


def test_a_phone_number_is_one_whatever_its_spelling(con):
    row = golden(
        con,
        record("a@erp", phones=["030 123 45 67"], country="DE"),
        record("b@shop", phones=["+49 (0)30 1234567"]),
    )
    assert row["phone"] == "+49301234567"
    assert lineage(con)["phone"][1] == "only_value"


def test_a_vat_id_with_a_valid_check_digit_beats_one_without(con):
    firm = {"party_type": "organisation", "company_name": "Müller GmbH & Co. KG"}
    row = golden(
        con,
        record("a@erp", vat_id="DE136695977", **firm),
        record("b@mail", vat_id="DE 136 695 976", **firm),
    )
    assert row["vat_id"] == "DE136695976"
    assert row["legal_form"] == "GmbH & Co. KG"
    assert lineage(con)["vat_id"] == ("b@mail", "verification")
    assert lineage(con)["legal_form"][1] == "from_company_name"
    assert [c.value for c in candidates(con, "P1", "legal_form")] == ["GmbH & Co. KG"] * 2


def test_one_restricted_record_restricts_the_party(con):
    row = golden(con, record("a@erp"), record("b@shop", restricted=True))
    assert row["restricted"] is True
    assert (row["records"], row["sources"]) == (2, ["erp", "shop"])


def test_values_held_for_market_insight_never_become_master_data(con):
    row = golden(
        con,
        record("a@erp", title="Dr.", purpose="market_insight"),
        record("b@shop", family_name="Berg"),
    )
    assert (row["title"], row["family_name"]) == (None, "Berg")


def test_a_field_held_on_a_basis_of_its_own_says_so(con):
    con.execute("create schema landing")
    con.execute("""create table landing.stream_basis as from (values
        ('s4', 'parties', '*', 'contract', 'Art. 6 (1) b', 'customer_master'),
        ('s4', 'parties', 'birth_date', 'congratulation', 'Art. 6 (1) a', 'marketing')
    ) as t (system, stream, field_group, purpose, legal_basis, retention)""")
    golden(con, record("a@erp", family_name="Berg", birth_date="1980-05-04"))
    told = con.execute(
        "select purpose, legal_basis, retention from golden.golden_lineage "
        "where attribute in ('birth_date', 'family_name') order by attribute"
    ).fetchall()
    assert told == [
        ("congratulation", "Art. 6 (1) a", "marketing"),
        ("contract", "Art. 6 (1) b", "customer_master"),
    ]


def test_why_this_value_names_the_values_that_lost(con):
    golden(
        con,
        record("a@shop", birth_date="1980-05-04", purpose="congratulation"),
        record("b@erp", birth_date="1980-04-05"),
    )
    (lost,) = losers(con, "P1", "birth_date")
    assert (lost.value.isoformat(), lost.record_id, lost.purpose) == (
        "1980-05-04", "a@shop", "congratulation",
    )  # fmt: skip
    assert [c.place for c in candidates(con, "P1", "birth_date")] == [1, 2]


def test_asking_for_what_does_not_exist_says_so(con):
    golden(con, record("a@shop"))
    with pytest.raises(UsageError, match="shoe_size"):
        losers(con, "P1", "shoe_size")


def test_each_golden_cell_has_one_line_of_lineage_in_any_order_of_rows(con):
    rows = [
        record(f"r{i}@{source}", given_name=f"Anna{i % 2}", family_name="Berg", title="Dr.",
               emails=[f"a{i % 3}@example.de"], phones=[f"030 12345{i % 3}"], city="Berlin",
               postcode=f"1011{i % 2}", vat_id="DE136695976")
        for i, source in enumerate(["erp", "shop", "mail", "help"] * 3)
    ]  # fmt: skip
    first = golden(con, *rows)
    told = lineage(con)
    counted = {"restricted", "records", "sources", "first_seen", "last_seen", "cohesion",
               "party_id", "party_type"}  # fmt: skip
    assert set(told) == {c for c, value in first.items() if value is not None} - counted
    random.Random(7).shuffle(rows)
    assert golden(con, *rows) == first
    assert lineage(con) == told


def test_records_find_their_parties_and_names_by_keys_alone(con):
    """With any other condition all are compared with all: minutes for a million records."""
    golden(con, record("a@shop", full_name="Anna Berg"))
    members = members_sql(load_rules().source_priority, EVERYBODY)
    plan = str(con.execute(f"explain {members}").fetchall())
    assert "HASH_JOIN" in plan
    assert not {kind for kind in ("NL_JOIN", "NESTED_LOOP", "PIECEWISE") if kind in plan}


def test_what_a_system_says_because_we_sent_it_there_does_not_vote(con):
    """The newest word, and one source more for it, if it were not our own."""
    echoed = record("c@help", given_name="Anna", family_name="Beck", city="Ulm", street="Alte 1",
                    emails=["old@x.de", "new@x.de"], updated_at="2026-01-01",
                    echoes=["given_name", "family_name", "city", "street",
                            "email=old@x.de"])  # fmt: skip
    row = golden(
        con,
        record("a@erp", given_name="Anne", family_name="Beck", city="Köln", street="Neue 2"),
        record("b@shop", given_name="Anna", family_name="Beck", emails=["old@x.de"]),
        echoed,
    )
    assert (row["given_name"], row["city"], row["email"]) == ("Anne", "Köln", "new@x.de")
    assert lineage(con)["email"] == ("c@help", "recency")
    assert row["records"] == 3


def test_a_party_of_which_only_an_echo_is_left_has_no_value(con):
    row = golden(con, record("c@help", family_name="Beck", echoes=["family_name"]))
    assert row["family_name"] is None
    assert lineage(con) == {}
