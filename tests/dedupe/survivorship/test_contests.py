"""The fast way finds what the plain statement ranks first, with the same reason and origin."""

from __future__ import annotations

import random

import pytest

from dedupe.standardise.records import standardise_records
from dedupe.survivorship.golden import all_candidates, write_golden_parties
from dedupe.survivorship.rules import Rules, load_rules
from stamm.duck import in_memory
from tests.dedupe.match_input import SYSTEMS, record, write_crosswalk, write_match_input

VALUES = {
    "title": [None, "Dr.", "dr", "Prof. Dr."],
    "given_name": [None, "Anna", "ANNA", "A.", " Änna", "Jo", "Ли", "-"],
    "family_name": [None, "Berg", "berg", "Straße", "Strasse", " ", "Ким"],
    "full_name": [None, None, "Anna Berg", "Berg, Anna", "anna berg 7", "A. Straße"],
    "company_name": [None, "Berg GmbH", "BERG GMBH", "Berg AG", "Berg", "..."],
    "birth_date": [None, "1980-05-04", "1980-01-01", "1980-04-05"],
    "emails": [[], ["a@x.de"], ["A@x.de "], ["a@x"], [" "], ["b@x.de", "a@x.de"], [None]],
    "phones": [[], ["030 1234567"], ["+49 30 1234567"], ["-"], ["0301", "030 1234567", "-"]],
    "street": [None, "Hauptstr.", "Hauptstraße", "Ring"],
    "house_number": [None, "1", "1a", "-"],
    "postcode": [None, "10115", "80331"],
    "city": [None, "Berlin", "BERLIN", "München", "北京"],
    "country": [None, "de", "AT", " ch "],
    "vat_id": [None, "DE136695976", "de 136 695 976", "DE136695977"],
    "website_domain": [None, "berg.de", "BERG.de", ""],
    "created_at": [None, "2024-01-01", "1969-05-01", "9999-12-31"],
    "updated_at": [None, "2024-01-01", "2025-01-01"],
    "purpose": ["contract", "contract", "market_insight", None],
    "restricted": [False, False, True, None],
    "echoes": [None, None, None, ["title", "family_name", "full_name", "given_name"], ["vat_id"]],
}
OWN_BASIS = """create table landing.stream_basis as from (values
    ('s4', 'parties', '*', 'contract', 'Art. 6 (1) b', 'customer_master'),
    ('s4', 'parties', 'birth_date', 'congratulation', 'Art. 6 (1) a', 'marketing'),
    ('brevo', 'parties', 'email', 'campaign_measurement', 'Art. 6 (1) f', 'short'),
    ('brevo', 'parties', 'nothing we choose', 'contract', 'Art. 6 (1) b', 'short')
) as t (system, stream, field_group, purpose, legal_basis, retention)"""


def population(chance: random.Random, size: int) -> list[dict]:
    """People and firms; some fields are crowded and some all but empty."""
    return [
        record(f"{chance.randrange(10**6)}-{i}@{chance.choice(list(SYSTEMS))}",
               party_type=chance.choice(["person", "person", "organisation"]),
               **{column: chance.choice(values) for column, values in VALUES.items()})
        for i in range(size)
    ]  # fmt: skip


def shuffled(rules: Rules, chance: random.Random) -> Rules:
    """The same groups with criteria and sources in another order, some left out."""
    told = rules.model_dump()
    for party_type in ("person", "organisation"):
        for rule in told[party_type]:
            criteria = ["completeness", "well_written", "verification", "agreement",
                        "source_priority", "recency"]  # fmt: skip
            rule["order"] = chance.sample(criteria, chance.randint(0, 6))
    told["source_priority"] = chance.sample(told["source_priority"], 3)
    return Rules.model_validate(told)


@pytest.mark.parametrize("seed", range(5))
def test_each_winner_is_the_first_of_all_candidates(seed, monkeypatch):
    monkeypatch.setattr("dedupe.survivorship.tables.BATCH", 64)
    chance = random.Random(seed)
    rules = shuffled(load_rules(), chance) if seed else load_rules()
    rows = population(chance, 300)
    with in_memory() as con:
        if seed % 2:
            con.execute("create schema landing")
            con.execute(OWN_BASIS)
        write_match_input(con, rows)
        if seed > 2:  # with what standardising has parsed at hand
            con.execute("create schema link")
            for party_type in ("person", "organisation"):
                standardise_records(con, party_type)
        write_crosswalk(con, {
            row["record_id"]: f"{row['party_type']} {chance.randrange(100)}" for row in rows
        })  # fmt: skip
        write_golden_parties(con, rules)
        first = {cell: told[0] for cell, told in all_candidates(con, None, rules).items()}
        golden = con.execute("from golden.golden_parties").to_arrow_table().to_pylist()
        lineage = con.execute(
            "select party_id, attribute, record_id, rule, observed_at, purpose, legal_basis"
            " from golden.golden_lineage"
        ).fetchall()
    assert {
        (row["party_id"], column): row[column]
        for row in golden
        for column in {*VALUES, "email", "phone", "legal_form"} & set(row)
        if column != "restricted" and row[column] is not None
    } == {cell: told.value for cell, told in first.items() if told.value is not None}
    assert {cell[:2]: cell[2:] for cell in lineage} == {
        cell: (
            told.record_id,
            "from_company_name" if cell[1] == "legal_form" else told.rule,
            told.observed_at, told.purpose, told.legal_basis,
        )
        for cell, told in first.items()
        if told.value is not None
    }  # fmt: skip
    assert len(lineage) == len({cell[:2] for cell in lineage}) > 500
    assert {told.rule for told in first.values()} > {"only_value", "first_record"}


def test_names_that_duckdb_hashes_alike_are_two_values():
    """DuckDB 1.5 gives finn|keaselbauer|finnkeaselbauer the hash of its other spelling."""
    rows = [
        record("a@mail", given_name="Finn", family_name="Keaselbauer"),
        record("b@shop", given_name="Finn", family_name="Kesselbauer"),
    ]
    with in_memory() as con:
        write_match_input(con, rows)
        write_crosswalk(con, {"a@mail": "P1", "b@shop": "P1"})
        write_golden_parties(con)
        assert con.execute("select distinct rule from golden.golden_lineage").fetchall() == [
            ("source_priority",)
        ]


def test_of_more_than_a_hundred_sources_all_are_named():
    rows = [
        record("a@shop", family_name="Berg") | {"record_id": f"r{i}", "source": f"shop{i:03}"}
        for i in range(150)
    ]
    with in_memory() as con:
        write_match_input(con, rows)
        write_crosswalk(con, {row["record_id"]: "P1" for row in rows})
        write_golden_parties(con)
        told = con.execute("select sources, records from golden.golden_parties").fetchone()
    assert told == (sorted(row["source"] for row in rows), 150)
