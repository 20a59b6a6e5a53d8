"""From a table to clusters: roles, match input, a specification of its own, the usual engine."""

import numpy as np
import pyarrow as pa
import pytest

from dedupe.discovery import build_specification, discover, write_match_input
from dedupe.linking.linkage import link
from dedupe.measures.evaluate import scores
from dedupe.resolve import cluster_linked
from dedupe.standardise.records import standardise_records
from stamm.duck import in_memory

GIVEN = ["Anna", "Jörg", "Peter", "Sabine", "Lukas", "Maria", "Karl", "Eva", "Paul", "Ruth"]
FAMILY = ["Müller", "Schmidt", "Weber", "Huber", "Gruber", "Keller", "Vogel", "Brandt", "Lorenz"]
TOWNS = [("10115", "Berlin"), ("80331", "München"), ("50667", "Köln"), ("01067", "Dresden")]


@pytest.fixture
def con():
    with in_memory() as opened:
        opened.execute("create schema link")
        yield opened


def people(count, seed=7):
    """Two records of each; the second one loses its date or gets a slip in the family name."""
    dice = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        code, town = TOWNS[dice.integers(len(TOWNS))]
        day, month, year = dice.integers([1, 1, 1940], [29, 13, 2005])
        row = {
            "Vorname": str(dice.choice(GIVEN)), "Nachname": str(dice.choice(FAMILY)),
            "Geburtstag": f"{day:02}.{month:02}.{year}",
            "PLZ": code, "Ort": town, "entity": f"e{number}",
        }  # fmt: skip
        twin = dict(row)
        if number % 3 == 0:
            twin["Geburtstag"] = None
        if number % 3 == 1:
            twin["Nachname"] = twin["Nachname"][:-1] + "x"
        rows += [row | {"id": f"a{number}"}, twin | {"id": f"b{number}"}]
    return rows


def linked(con, rows, work_dir):
    """record id → cluster."""
    con.register("arriving", pa.Table.from_pylist(rows))
    con.execute("create or replace table given as from arriving")
    con.unregister("arriving")
    discovery = discover(con, "given", id_column="id", truth_column="entity")
    write_match_input(con, "given", discovery)
    labels = {}
    for party_type in discovery.party_types:
        standardise_records(con, party_type)
        built = build_specification(con, party_type, discovery)
        found = cluster_linked(
            con, link(con, party_type, built.specification, work_dir=work_dir).trained
        )
        for place, members in enumerate(found.clusters):
            labels |= {member.record_id: (party_type, place) for member in members}
    return labels


def test_a_short_table_of_people_is_linked(con, tmp_path):
    rows = people(60)
    truth = {row["id"]: row["entity"] for row in rows}
    assert scores(linked(con, rows, tmp_path), truth).pairwise[2] >= 0.9


def test_each_comparison_and_rule_has_its_reason(con, tmp_path):
    linked(con, people(60), tmp_path)
    discovery = discover(con, "given", id_column="id", truth_column="entity")
    built = build_specification(con, "person", discovery)
    names = [one.name for one in built.specification.comparisons]
    names += [one.name for one in built.specification.blocking_rules]
    assert {"given_name", "family_name", "birth_date", "address"} <= set(names)
    assert set(names) == set(built.reasons)
