"""A look-up finds the party and weighs as linking does: stored pair weights are the oracle."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest

from dedupe.lookup import Lookup
from dedupe.lookup.card import read_card
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from stamm.duck import in_memory
from stamm.store import Store
from tests.dedupe.lookup.cards import card_of
from tests.dedupe.match_input import write_match_input
from tests.dedupe.small_company import firms, people

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """A connection with the small company resolved, and the look-up opened on it."""
    work = tmp_path_factory.mktemp("work")
    with in_memory() as con, closing(Store.open(work / "state.db")) as store:
        write_match_input(con, [*people(), *firms()])
        specifications = {t: load_specification(t) for t in ("person", "organisation")}
        resolve_parties(con, store, specifications, run_id="run-1", at=AT, work_dir=work)
        yield con, Lookup.open(con, work)


def party_of(con, record_id: str) -> str:
    return con.execute(
        "select party_id from golden.xref_parties where record_id = ?", [record_id]
    ).fetchall()[0][0]


def test_a_person_is_found_by_a_name_spelt_otherwise_and_a_birth_date(linked):
    con, lookup = linked
    card = read_card({"full_name": "Juergen Gruenwald", "birth_date": "1950-02-02"})
    hit = lookup.find(card)[0]
    assert (hit.party_id, hit.party_name) == (party_of(con, "p1@erp"), "Jürgen Grünwald")
    assert {step.comparison: step.level for step in hit.steps}["birth_date"] == "equal"


def test_a_business_card_finds_the_person_and_the_firm(linked):
    con, lookup = linked
    card = read_card({"emails": "anna.huber0@web.de", "vat_id": "DE100000000"})
    best = {hit.party_type: hit.party_id for hit in reversed(lookup.find(card))}
    assert best == {"person": party_of(con, "p0@erp"), "organisation": party_of(con, "o0@erp")}


def test_somebody_unknown_is_nobody(linked):
    _, lookup = linked
    assert lookup.find(read_card({"given_name": "Zoltán", "family_name": "Szabó"})) == []


def test_each_party_comes_once_best_first_and_no_more_than_asked(linked):
    _, lookup = linked
    card = read_card({"given_name": "Anna", "family_name": "Huber"})
    hits = lookup.find(card, at_least=0.0, limit=1_000)
    assert len(hits) > 2
    assert len({hit.party_id for hit in hits}) == len(hits)
    assert [hit.weight for hit in hits] == sorted((hit.weight for hit in hits), reverse=True)
    assert lookup.find(card, limit=2, at_least=0.0) == hits[:2]


def test_prior_and_steps_add_up(linked):
    _, lookup = linked
    for row in people()[:30]:
        for hit in lookup.find(card_of(row), at_least=0.0):
            total = hit.prior_weight + sum(step.weight for step in hit.steps)
            assert total == pytest.approx(hit.weight)


@pytest.mark.parametrize("party_type", ["person", "organisation"])
def test_weights_are_those_of_linking(linked, party_type):
    con, lookup = linked
    rows = {row["record_id"]: row for row in [*people(), *firms()]}
    pairs = con.execute(
        "select left_record_id, right_record_id, weight from golden.scored_pairs"
        " where party_type = ? order by all",
        [party_type],
    ).fetchall()
    told = 0
    for left, right, weight in pairs:
        hits = lookup.find(card_of(rows[left]), limit=1_000, at_least=0.0)
        for hit in hits:
            if hit.record_id == right:
                told += 1
                assert hit.weight == pytest.approx(weight, abs=0.001)
    assert told > 20
