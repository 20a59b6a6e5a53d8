"""Every golden cell answers: whose value it is, since when, by which rule, on which basis."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest

from dedupe.answers.why import RULES, answers, why
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from stamm.duck import in_memory
from stamm.errors import InputError
from stamm.store import Store
from tests.dedupe.match_input import record, write_match_input
from tests.dedupe.small_company import firms, people

AT = datetime(2026, 1, 1, tzinfo=UTC)
BERG = {"family_name": "Berg", "birth_date": "1980-05-04", "phones": ["030 112233"]}
ROWS = [
    record("anna@erp", given_name="Anna", city="Bonn", updated_at="2024-03-01", **BERG),
    record("anna@shop", given_name="Anna", city="Köln", updated_at="2025-07-01", restricted=True,
           purpose="shop account", created_at="2023-01-01", **BERG),
    record("anna@help", given_name="anna", updated_at="2025-01-01", **BERG),
]  # fmt: skip


@pytest.fixture(scope="module")
def con(tmp_path_factory):
    """A whole run of dedupe over sixty people, twenty firms and Anna Berg."""
    folder = tmp_path_factory.mktemp("run")
    specifications = {t: load_specification(t) for t in ("person", "organisation")}
    with in_memory() as opened, closing(Store.open(folder / "state.db")) as store:
        write_match_input(opened, [*people(), *firms(), *ROWS])
        resolve_parties(
            opened, store, specifications, run_id="run", at=AT, work_dir=folder / "dedupe"
        )
        yield opened


def party_of(con, record_id):
    return con.execute(
        "select party_id from golden.xref_parties where record_id = ?", [record_id]
    ).fetchone()[0]


def test_every_cell_of_a_run_has_its_answer(con):
    rows = con.sql("from golden.golden_parties")
    filled = {
        (row[0], column): value
        for row in rows.fetchall()
        for column, value in zip(rows.columns[1:], row[1:], strict=True)
        if value is not None
    }
    party_of = dict(con.sql("select record_id, party_id from golden.xref_parties").fetchall())
    told = {(cell.party_id, cell.attribute): cell for cell in answers(con)}
    assert len(filled) > 1_000
    assert {cell: one.value for cell, one in told.items()} == filled
    for (party, _), cell in told.items():
        assert party_of[cell.record_id] == party
        assert cell.source and cell.observed_at and cell.purpose and cell.legal_basis
        assert cell.retention and cell.reason == RULES[cell.rule]


def test_one_party_is_answered_as_among_all(con):
    party = party_of(con, "o0@erp")
    assert why(con, party) == [cell for cell in answers(con) if cell.party_id == party]


def test_an_answer_names_the_record_the_rule_the_basis_and_what_lost(con):
    [city] = why(con, party_of(con, "anna@shop"), "city")
    assert (city.value, city.record_id, city.source, city.rule) == (
        "Köln", "anna@shop", "shop", "recency",
    )  # fmt: skip
    assert (city.purpose, city.legal_basis) == ("shop account", "Art. 6 (1) b")
    assert city.observed_at == datetime.fromisoformat("2025-07-01")
    assert [(lost.value, lost.record_id, lost.purpose) for lost in city.lost] == [
        ("Bonn", "anna@erp", "contract")
    ]


def test_records_that_say_the_same_are_named_and_did_not_lose(con):
    [birth] = why(con, party_of(con, "anna@shop"), "birth_date")
    assert sorted([birth.record_id, *birth.agreeing]) == ["anna@erp", "anna@help", "anna@shop"]
    assert (birth.rule, birth.lost) == ("only_value", ())


@pytest.mark.parametrize(
    ("column", "value", "rule", "record_id"),
    [
        ("restricted", True, "any_record", "anna@shop"),
        ("first_seen", datetime(2023, 1, 1), "earliest_record", "anna@shop"),  # noqa: DTZ001
        ("records", 3, "counted", "anna@erp"),
    ],
)
def test_what_is_counted_over_all_records_names_the_one_that_decides(
    con, column, value, rule, record_id
):
    [cell] = why(con, party_of(con, "anna@erp"), column)
    assert (cell.value, cell.rule, cell.record_id) == (value, rule, record_id)


def test_a_legal_form_answers_through_the_name_it_was_read_from(con):
    [form] = why(con, party_of(con, "o0@erp"), "legal_form")
    assert (form.value, form.rule) == ("GmbH", "from_company_name")


def test_what_cannot_be_answered_says_so(con):
    party = party_of(con, "anna@erp")
    with pytest.raises(InputError, match="PNOBODY: expected a golden party"):
        why(con, "PNOBODY")
    with pytest.raises(InputError, match="shoe_size: expected a column of golden_parties"):
        why(con, party, "shoe_size")
    with pytest.raises(InputError, match="vat_id is empty"):
        why(con, party, "vat_id")
