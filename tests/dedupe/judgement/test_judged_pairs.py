"""A judgement becomes one weighed pair of records, and the model's own expectation is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dedupe.answers.explain import explain
from dedupe.judgement.judged_pairs import judged_pairs
from dedupe.judgement.judgements import Judgement
from dedupe.linking.linkage import link
from dedupe.linking.scoring import probability
from dedupe.measures.expected import expected
from dedupe.specification import load_specification
from dedupe.trained import load
from stamm.duck import in_memory, open_warehouse
from tests.dedupe.match_input import write_match_input
from tests.dedupe.small_company import firms, people

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """A warehouse that is open for reading only, as it is between runs, and its models."""
    folder = tmp_path_factory.mktemp("home")
    with open_warehouse(folder / "w.duckdb") as con:
        write_match_input(con, [*people(), *firms()])
        for party_type in ("person", "organisation"):
            link(con, party_type, load_specification(party_type), work_dir=folder)
        con.execute(
            "create table golden.xref_parties as select record_id,"
            " split_part(record_id, '@', 1) as party_id, party_type"
            " from intermediate.int_parties__match_input"
        )
        con.execute(
            "create table golden.scored_pairs as select l.record_id as left_record_id,"
            " r.record_id as right_record_id, 'person' as party_type, blocking_rule,"
            " weight / 1000.0 as weight"
            " from link.person_pairs join link.person_records as l on l.rid = l_rid"
            " join link.person_records as r on r.rid = r_rid"
        )
    with open_warehouse(folder / "w.duckdb", read_only=True) as con:
        yield con, folder, {t: load(folder, t) for t in ("person", "organisation")}


def judgement(seq, left, verdict, right):
    sides = (frozenset(left.split()), frozenset(right.split()))
    return Judgement(seq, NOW, "eva", verdict, *sides, reason="called")


def test_a_judgement_about_many_records_is_its_most_alike_pair(linked):
    con, folder, models = linked
    said = judgement(1, "p0@erp p0@shop", "different", "p1@erp p1@shop p0@mail")
    [pair] = judged_pairs(con, [said], models)
    assert (pair.left, pair.right, pair.verdict) == ("p0@mail", "p0@shop", "different")
    assert pair.weight == pytest.approx(
        explain(con, folder, pair.left, pair.right).weight, abs=2e-3
    )


def test_the_latest_word_counts_and_records_that_are_gone_do_not(linked):
    con, _, models = linked
    found = judged_pairs(
        con,
        [
            judgement(1, "p0@erp", "same", "p0@shop"),
            judgement(2, "p0@shop", "different", "p0@erp"),
            judgement(3, "p0@erp", "same", "gone@erp"),
            judgement(4, "o0@erp", "same", "o0@shop"),
        ],
        models,
    )
    assert [(pair.judgement, pair.party_type) for pair in found] == [
        (2, "person"),
        (4, "organisation"),
    ]


def test_without_judgements_there_are_no_pairs(linked):
    con, _, models = linked
    assert judged_pairs(con, [], models) == []


def test_the_model_tells_what_it_expects_at_its_threshold_and_of_the_parties(linked):
    con, _, models = linked
    told = expected(con, models["person"])
    assert told.threshold == 1.0  # of person.yml
    inside = con.execute(
        "select s.weight from golden.scored_pairs as s"
        " where split_part(left_record_id, '@', 1) = split_part(right_record_id, '@', 1)"
    ).fetchall()
    right = sum(probability(weight) for (weight,) in inside)
    assert told.clusters.true_positives == pytest.approx(right)
    assert told.clusters.precision == pytest.approx(right / len(inside))
    recalls = [e.recall for _, e in told.curve]
    assert recalls == sorted(recalls, reverse=True)
    assert told.matches == pytest.approx(
        told.at_threshold.true_positives + told.at_threshold.false_negatives
    )


def test_in_memory_is_asked_in_the_same_way(tmp_path):
    with in_memory() as con:
        write_match_input(con, people())
        trained = link(con, "person", load_specification("person"), work_dir=tmp_path).trained
        for _ in range(2):
            said = [judgement(1, "p0@erp", "same", "p0@shop")]
            assert len(judged_pairs(con, said, {"person": trained})) == 1
