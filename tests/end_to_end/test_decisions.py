"""Decisions and settings over real runs: every value answers, and what is predicted comes true."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest

from dedupe.answers.why import answers
from dedupe.identity import ledger
from dedupe.judgement.pins import Wish, pin
from stamm.duck import open_warehouse
from stamm.store import Store
from tests.end_to_end.company import company_that_ran

TYPED = "+493055544332"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A company of its own, run once: these tests decide things."""
    folder = tmp_path_factory.mktemp("company")
    return company_that_ran(tmp_path_factory, folder, customers=300, seed=7)[0]


def warehouse(company):
    return open_warehouse(company.home / "work" / "warehouse.duckdb", read_only=True)


def last_events(company) -> dict[str, list[tuple[str, str]]]:
    """Event → (id, other id), of the last run that had any."""
    with closing(Store.open(company.home / "state.db")) as store:
        events = ledger.events(store)
    last = [e for e in events if e.run_id == events[-1].run_id]
    found: dict[str, list[tuple[str, str]]] = {}
    for event in last:
        pair = (event.party_id, event.other_party_id or "")
        found.setdefault(event.event, []).append(pair)
    return {event: sorted(pairs) for event, pairs in found.items()}


def phone_of(company, party):
    """What is published of it, and by which rule."""
    rows = company.json(
        "query",
        "select g.phone, l.rule from golden_parties as g left join golden_lineage as l"
        " on l.party_id = g.party_id and l.attribute = 'phone'"
        f" where g.party_id = '{party}'",
    )
    [row] = rows
    return row["phone"], row["rule"]


def one_of_three(company):
    """A person of three records and these, one first whom the other two do not need: they are alike
    by themselves, and of systems that may say a phone number (a mail tool may not)."""
    with warehouse(company) as con:
        [row] = con.sql(
            "select party_id, one.record_id, left_record_id, right_record_id"
            " from golden.golden_parties join golden.xref_parties as one using (party_id)"
            " join golden.xref_parties as l using (party_id)"
            " join golden.xref_parties as r using (party_id)"
            " join golden.scored_pairs as p"
            " on (left_record_id, right_record_id) = (l.record_id, r.record_id)"
            " where records = 3 and p.party_type = 'person' and weight > 10"
            " and one.record_id not in (left_record_id, right_record_id)"
            " and l.source in ('erp', 'shop') and r.source in ('erp', 'shop')"
            " order by all limit 1"
        ).fetchall()
    return row[0], list(row[1:])


def test_every_golden_cell_of_a_run_has_its_answer(company):
    with warehouse(company) as con:
        rows = con.sql("from golden.golden_parties")
        filled = {
            (row[0], column): value
            for row in rows.fetchall()
            for column, value in zip(rows.columns[1:], row[1:], strict=True)
            if value is not None
        }
        told = {(cell.party_id, cell.attribute): cell for cell in answers(con)}
    assert {cell: one.value for cell, one in told.items()} == filled
    for cell in told.values():
        assert cell.record_id and cell.source and cell.observed_at
        assert cell.purpose and cell.legal_basis and cell.retention and cell.reason


def test_a_threshold_does_in_the_next_run_exactly_what_was_predicted(company):
    predicted = company.json("simulate", "--threshold", "3")
    assert predicted["splits"]
    settings = company.folder / "stamm.yaml"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(before + "linkage: {threshold: 3}\n", encoding="utf-8")
    summary = company.run()
    events = last_events(company)
    assert [list(pair) for pair in events.get("split", [])] == predicted["splits"]
    assert [list(pair) for pair in events.get("merged", [])] == predicted["merges"]
    assert [party for party, _ in events.get("created", [])] == predicted["minted"]
    assert summary["counts"]["parties"] == predicted["parties_after"]
    settings.write_text(before, encoding="utf-8")


def test_an_unmerge_parts_for_ever_and_a_merge_brings_together_again(company):
    party_id, records = one_of_three(company)
    company.stamm("unmerge", records[0], "--why", "another person, called")
    with closing(Store.open(company.home / "state.db")) as store:
        wish = Wish("person", "phone", {"phone": TYPED}, frozenset(records))
        pin(store, wish, by="anna", at=datetime.now(UTC), reason="told on the phone")
    predicted = company.json("simulate", "--threshold", "1")
    with (company.folder / "stamm.yaml").open("a", encoding="utf-8") as settings:
        settings.write("linkage: {threshold: 1}\n")
    assert company.run()["counts"]["parties"] == predicted["parties_after"]
    one, other = (company.json("resolve", record)["party_id"] for record in records[:2])
    assert one != other
    assert phone_of(company, other) == (TYPED, "pinned")  # two of three records are with it
    assert phone_of(company, one)[0] != TYPED
    assert company.json("resolve", party_id)["party_id"] in (one, other)
    company.run("--full")
    assert company.json("resolve", records[0])["party_id"] == one
    assert phone_of(company, other) == (TYPED, "pinned")
    assert "was judged different" in company.stamm("history", records[0])

    company.stamm("merge", one, other, "--why", "the same after all")
    company.run()
    answers_now = {company.json("resolve", asked)["party_id"] for asked in (one, other, party_id)}
    assert len(answers_now) == 1
    assert phone_of(company, *answers_now) == (TYPED, "pinned")


def test_review_and_evaluate_speak_of_the_last_run(company):
    items = company.json("review", "--list")
    assert items[0]["value"] >= items[-1]["value"] > 0
    told = company.json("evaluate")
    assert 0.5 < told["types"]["person"]["estimated"]["clusters"]["precision"] <= 1
    assert told["truth"]["pairwise"]["f1"] > 0.85
