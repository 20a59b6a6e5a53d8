"""The whole of dedupe on records a person can check, first with pairs by hand, then for real."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from dedupe.clustering.party_clusters import cluster_parties
from dedupe.identity import ledger
from dedupe.judgement.judgements import judgements, record_judgement
from dedupe.resolve import _resolve, resolve_parties
from stamm.duck import in_memory
from stamm.store import Store
from tests.dedupe.match_input import link_by, record, score_as_strangers, write_match_input

AT = datetime(2026, 1, 1, tzinfo=UTC)
TABLES = ("xref_parties", "golden_parties", "golden_lineage", "golden_party_roles",
          "golden_households", "scored_pairs", "retired_parties")  # fmt: skip
ANNA = {"given_name": "Anna", "family_name": "Berg"}
ROWS = [
    record("a@erp", **ANNA, birth_date="1980-05-04", created_at="2020-01-01"),
    record("b@shop", **ANNA, emails=["anna@kranbau.example"], created_at="2021-01-01"),
    record("c@mail", **ANNA, created_at="2022-01-01"),
    record("d@shop", given_name="Bernd", family_name="Kurz", created_at="2020-06-01"),
    record("d@shop#org", facet_of="d@shop", party_type="organisation", company_name="Kurz OHG"),
    record("f@erp", party_type="organisation", company_name="Kurz OHG", created_at="2019-01-01"),
]
PAIRS = {("a@erp", "b@shop"): 9.0, ("b@shop", "c@mail"): 4.0, ("d@shop#org", "f@erp"): 8.0}


@pytest.fixture
def con():
    with in_memory() as opened:
        yield opened


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def run(con, store, rows=ROWS, pairs=PAIRS, vetoes=frozenset()):
    """Everything but linkage, whose pairs are given."""
    write_match_input(con, rows)
    link_by(con, pairs, vetoes)

    def clusters(party_type):
        return cluster_parties(
            con, party_type, score_as_strangers(con), contradiction="p.pattern = 1",
            judged=judgements(store),
        )  # fmt: skip

    return _resolve(con, store, clusters, run_id="run", at=AT)[0]


def tables(con) -> dict[str, list[tuple]]:
    return {name: con.execute(f"from golden.{name}").fetchall() for name in TABLES}


def together(con) -> set[frozenset[str]]:
    rows = con.execute("select list(record_id) from golden.xref_parties group by party_id")
    return {frozenset(records) for (records,) in rows.fetchall()}


ALL_ANNAS = {
    frozenset({"a@erp", "b@shop", "c@mail"}),
    frozenset({"d@shop"}),
    frozenset({"d@shop#org", "f@erp"}),
}


def test_records_become_parties_with_values_roles_and_counts(con, store):
    outcome = run(con, store)
    assert together(con) == ALL_ANNAS
    assert (outcome.records, outcome.people, outcome.organisations) == (6, 2, 1)
    assert (outcome.records_merged, outcome.ids_created, outcome.roles) == (3, 3, 1)
    assert all(type(count) is int for count in outcome.counts().values())
    anna = con.execute(
        "select full_name, email, birth_date::varchar, records from golden.golden_parties "
        "where given_name = 'Anna'"
    ).fetchall()
    assert anna == [("Anna Berg", "anna@kranbau.example", "1980-05-04", 3)]


def test_each_record_is_in_the_crosswalk_once_and_each_party_is_one_row(con, store):
    run(con, store)
    found = tables(con)
    assert sorted(row[0] for row in found["xref_parties"]) == sorted(r["record_id"] for r in ROWS)
    parties = [row[0] for row in found["golden_parties"]]
    assert len(parties) == len(set(parties))
    assert set(parties) == {row[1] for row in found["xref_parties"]}


def test_a_pair_that_decided_is_shown_although_no_rule_made_it(con, store):
    run(con, store)
    shown = con.execute(
        "select blocking_rule, weight from golden.scored_pairs "
        "where left_record_id = 'a@erp' and right_record_id = 'c@mail'"
    ).fetchall()
    assert shown == [(None, -2.0)]


def test_cohesion_is_the_match_probability_at_the_average_weight(con, store):
    run(con, store)
    # Anna: (9 + 4 - 2) / 3 bits; the firm: 8 bits; Bernd is alone.
    expected = [round(1 / (1 + 2**-bits), 6) for bits in (11 / 3, 8)] + [1.0]
    rows = con.execute("select cohesion from golden.golden_parties").fetchall()
    assert sorted(c for (c,) in rows) == sorted(expected)


def test_a_rerun_changes_nothing_and_neither_does_the_order_of_rows(con, store):
    run(con, store)
    first = tables(con)
    shuffled, pairs = list(ROWS), list(PAIRS.items())
    for seed in range(3):
        random.Random(seed).shuffle(shuffled)
        random.Random(seed).shuffle(pairs)
        again = run(con, store, shuffled, dict(pairs))
        assert tables(con) == first
        assert (again.ids_created, again.ids_merged, again.ids_split) == (0, 0, 0)


def test_a_late_bridge_merges_two_parties_and_the_older_id_answers(con, store):
    run(con, store, pairs={})
    before = dict(con.execute("select record_id, party_id from golden.xref_parties").fetchall())
    outcome = run(con, store)
    after = dict(con.execute("select record_id, party_id from golden.xref_parties").fetchall())
    assert outcome.ids_merged == 3
    assert after["c@mail"] == before["a@erp"]
    retired = con.execute("select party_id, resolves_to from golden.retired_parties").fetchall()
    assert dict(retired)[before["c@mail"]] == before["a@erp"]
    assert ledger.resolve(store, before["c@mail"]) == before["a@erp"]


def test_a_judgement_parts_and_the_next_run_remembers(con, store):
    run(con, store)
    record_judgement(
        store, ["a@erp"], ["b@shop"], "different", by="eva", at=AT, reason="two sisters"
    )
    for _ in range(2):
        run(con, store)
        assert frozenset({"b@shop", "c@mail"}) in together(con)


def test_a_veto_parts_what_the_weights_would_join(con, store):
    run(con, store, vetoes={("a@erp", "b@shop")})
    assert frozenset({"b@shop", "c@mail"}) in together(con)


GIVEN = ("Carla", "Dieter", "Elke", "Fritz", "Gerda", "Heinz", "Ilse", "Jonas")
FAMILY = ("Adler", "Bauer", "Conrad", "Dorn", "Engel", "Fuchs", "Graf", "Huber")
KNOWN = {
    "Berg": {"street": "Hauptstr.", "house_number": "5", "postcode": "10115", "city": "Berlin"},
    "Kurz OHG": {"vat_id": "DE136695976"},
}
STRANGERS = [
    record(f"{given}{family}@shop", given_name=given, family_name=family, city=f"{family}stadt",
           street=f"{given}weg", house_number=str(i), postcode=f"{20000 + 64 * i + n}")
    for i, given in enumerate(GIVEN, start=1) for n, family in enumerate(FAMILY)
] + [
    record(f"{family}{kind}@erp", party_type="organisation", company_name=f"{family} {kind} GmbH",
           vat_id=f"DE1000000{n}{len(kind)}")
    for n, family in enumerate(FAMILY) for kind in ("Kranbau", "Logistik", "Textil")
]  # fmt: skip


def test_with_the_real_linkage_the_same_people_come_together(con, store, tmp_path):
    """The pairs made by hand above stand in for this. Strangers tell it how rare a name is."""
    from dedupe.specification import load_specification

    specifications = {t: load_specification(t) for t in ("person", "organisation")}
    rows = [
        row | KNOWN.get(row["family_name"] or row["company_name"], {}) for row in ROWS + STRANGERS
    ]
    alone = {frozenset({row["record_id"]}) for row in STRANGERS}
    for order in (rows, rows[::-1]):
        write_match_input(con, order)
        resolve_parties(
            con, store, specifications, run_id="run", at=AT, work_dir=tmp_path / "dedupe"
        )
        assert together(con) == ALL_ANNAS | alone
    assert {event.event for event in ledger.events(store)} == {"created"}
