"""One record per cluster: who wins a cell, on tables small enough to decide by eye."""

import pytest

from dedupe.discovery import ColumnRole, Discovery
from dedupe.files.golden import units, write_golden
from dedupe.files.loaded import distinct_names
from stamm.duck import in_memory


@pytest.fixture
def con():
    with in_memory() as connection:
        yield connection


def golden(con, columns, clusters, together=None):
    """Golden rows (without id and size) of clusters given as lists of records."""
    rows = [(n, record) for n, cluster in enumerate(clusters, 1) for record in cluster]
    cells = ", ".join(f'"{column}" varchar' for column in columns)
    con.execute("create schema if not exists files")
    con.execute(f"create or replace table files.records (__record varchar, {cells})")
    con.execute("create or replace table files.clusters"
                " (__record varchar, cluster_id bigint, size bigint, place bigint)")  # fmt: skip
    for place, (number, record) in enumerate(rows, 1):
        marks = ", ".join("?" * len(columns))
        con.execute(f"insert into files.records values (?, {marks})", [f"r{place}", *record])
        size = len(clusters[number - 1])
        con.execute("insert into files.clusters values (?, ?, ?, ?)",
                    [f"r{place}", number, size, place])  # fmt: skip
    write_golden(con, columns, together or [(column,) for column in columns])
    found = con.sql("from files.golden order by cluster_id").fetchall()
    assert [row[:2] for row in found] == [(n, len(c)) for n, c in enumerate(clusters, 1)]
    return [row[2:] for row in found]


def test_the_value_that_most_records_agree_on_wins(con):
    cluster = [("Anna",), ("Hanna",), ("Hanna",), (None,)]
    assert golden(con, ["name"], [cluster]) == [("Hanna",)]


def test_values_agree_however_they_are_spelt_and_the_spelling_that_says_most_stays(con):
    clusters = [
        [("MUELLER",), ("Meier-Lüdenscheid",), ("Müller",), ("Mueller",)],
        [("Müller",), ("mueller",), ("mueller",)],
    ]
    # Three say Müller; each spelling once, so capitals go and the umlaut stays. Then two to one.
    assert golden(con, ["name"], clusters) == [("Müller",), ("mueller",)]


def test_without_a_majority_the_most_complete_value_wins_then_the_earliest(con):
    clusters = [[("Anna",), ("Anna Maria",)], [("Otto",), ("Emil",)]]
    assert golden(con, ["name"], clusters) == [("Anna Maria",), ("Otto",)]


def test_each_column_is_decided_alone_and_a_gap_is_filled_by_whoever_knows(con):
    cluster = [("Anna", None), (None, "030 1")]
    assert golden(con, ["name", "phone"], [cluster]) == [("Anna", "030 1")]


def test_an_address_is_taken_whole(con):
    cluster = [("Ringstr. 1", "01067", "Dresden"), ("Anger 2", "99084", None),
               ("Ringstr. 1", "01067", "Dresden"), ("Anger 2", "99084", "Erfurt")]  # fmt: skip
    columns = ["street", "postcode", "city"]
    assert golden(con, columns, [cluster], [tuple(columns)]) == [cluster[0]]
    # Two to two, one to one: the most complete address wins, and no street meets another's town.
    assert golden(con, columns, [cluster[1:2] + cluster[3:]], [tuple(columns)]) == [cluster[3]]


def test_a_record_alone_stays_as_it_came(con):
    assert golden(con, ["name", "x"], [[(" ÄNNE ", None)]]) == [(" ÄNNE ", None)]


def test_columns_may_be_called_as_those_that_choosing_works_with(con):
    columns = distinct_names(["__cluster", "__place", "__spelt", "__said", "__agreeing", "__first"])
    cluster = [("Anna",) * len(columns), (None,) * len(columns)]
    assert golden(con, columns, [cluster]) == cluster[:1]


def test_columns_of_an_address_belong_together_and_a_second_street_to_another_one():
    roles = {"Name": "full_name", "Straße": "street", "PLZ": "postcode", "Ort": "city",
             "Lieferstraße": "street", "Liefer-PLZ": "postcode", "Telefon": "phone"}  # fmt: skip
    columns = tuple(ColumnRole(name, role, 1.0, "", 1.0, 1.0) for name, role in roles.items())
    found = units(Discovery(columns, (), ("person",), 2, frozenset()))
    assert found == [
        ("Name",), ("Telefon",), ("Straße", "PLZ", "Ort"), ("Lieferstraße", "Liefer-PLZ"),
    ]  # fmt: skip
