"""What was unsure, in plain words: each doubt has its sentence, and its absence none."""

from dataclasses import replace

import pytest

from dedupe.files.doubts import doubts, sentence
from dedupe.files.findings import Estimate, TypeFindings
from stamm.duck import in_memory

SURE = Estimate(0.99, 0.99, 0.99)
PEOPLE = TypeFindings(
    party_type="person", records=1200, candidate_pairs=900, threshold_bits=-1.0, coverage=0.97,
    prior="estimated from the records; 1200 records", expected_matches=300.0, estimate=SURE,
    at_threshold=SURE, comparisons=(), rules=(),
)  # fmt: skip


@pytest.fixture
def con():
    """A pair of one cluster that alone would not be one, 40 bits of doubt apart from the others."""
    with in_memory() as connection:
        connection.execute("create schema files")
        connection.execute(
            "create table files.clusters as select i as place, 7 as cluster_id from range(3) t(i)"
        )
        connection.execute(
            "create table files.pairs (left_place bigint, weight double, same_cluster boolean)"
        )
        yield connection


def test_where_nothing_is_unsure_nothing_is_said(con):
    con.execute("insert into files.pairs values (0, 12.0, true), (1, -9.0, false)")
    assert list(doubts(con, (PEOPLE,), review=0, largest=4)) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"prior": "stated prior, too few records"}, "1,200 person records are too few to learn"),
        ({"coverage": 0.8}, "about 20% of the pairs of one person share no blocking value"),
        (
            {"estimate": Estimate(0.85, 0.9, 0.87)},
            "taken one by one, about 15% of the person pairs",
        ),
    ],
)
def test_a_weak_model_is_told(con, changed, said):
    [told] = doubts(con, (replace(PEOPLE, **changed),), review=0, largest=4)
    assert told.startswith(said)


def test_close_calls_large_clusters_and_records_tied_by_others_are_told(con):
    con.execute("insert into files.pairs values (0, -9.0, true), (0, -8.0, true)")
    told = list(doubts(con, (PEOPLE,), review=1, largest=1_000))
    assert [text.split(":")[0] for text in told] == [
        "the largest cluster has 1,000 records",
        "1 pair is a close call (no more than eight to one for or against a match)",
        "1 cluster holds two records that alone would not be taken for one",
    ]
    assert next(iter(doubts(con, (), review=2, largest=4))).startswith("2 pairs are close calls")


def test_a_sentence_begins_with_a_capital_unless_it_names_a_column():
    assert sentence("the table mixes people", ["name"]) == "The table mixes people."
    assert sentence("name is taken for text.", ["name"]) == "name is taken for text."
    assert sentence("a.csv: has no rows", ["a.csv"]) == "a.csv: has no rows."
