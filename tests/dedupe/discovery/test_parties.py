"""Which rows are people and which are firms."""

import pyarrow as pa
import pytest

from dedupe.discovery import discover
from dedupe.discovery.parties import party_type_sql
from stamm.duck import in_memory


@pytest.fixture(scope="module")
def con():
    with in_memory() as opened:
        yield opened


def firms(con, columns, **mapped):
    """Names of the first column whose rows are firms, in the table's order."""
    con.register("arriving", pa.table(columns))
    con.execute("create or replace table given as from arriving")
    con.unregister("arriving")
    kind = party_type_sql(discover(con, "given", mapped=mapped))
    name = next(iter(columns))
    found = con.execute(f"select \"{name}\", {kind} = 'organisation' from given").fetchall()
    return [name for name, is_firm in found if is_firm]


PEOPLE = [
    "Anna Böse", "Peter Röse", "Eva Käse", "François Grèse", "Lars Jögse", "Jörg Süß",
    "E. K. Müller", "Dr. E. V. Schmidt", "Se Young Kim", "Kim Se Young", "B.V. Rao", "N.V. Ramana",
    "Ag Müller", "Hans E. K. Lang", "Hans Bank", "Jürgen Bank",
]  # fmt: skip
FIRMS = [
    "Müller Bau GmbH", "Müller-Bau Ges.m.b.H.", "Lang G.m.b.H. & Co. KG", "Schmidt Optik AG",
    "Siemens AG Österreich", "Müller AG, Berlin", "SAP SE", "Huber e.K.", "Huber e. K.",
    "Wein eG", "TSV Ulm e.V.", "TSV Ulm e.V. Fußball", "Philips B.V.", "Philips BV Eindhoven",
    "Lang & Co", "Lang & Co. Bau", "LANG UND CO", "Deutsche Bank", "Bank für Wien", "S.r.l. Rossi",
    "Stahl Ltd.", "Hotel Böse", "Käse Gruppe",
]  # fmt: skip


def test_a_firm_is_told_by_its_legal_form_where_a_firm_has_it_and_by_no_part_of_a_word(con):
    assert firms(con, {"Name": PEOPLE + FIRMS}, Name="full_name") == FIRMS


@pytest.mark.parametrize("column", ["Anrede", "Art"])
def test_who_is_addressed_as_a_firm_is_one(con, column):
    columns = {
        "Name": ["Bäckerei Schmidt", "Müller Bau GmbH", "Bernd Huber", "Anna Stiftung", "Wein KG"],
        column: ["Firma", "Fa.", "Herr", "Frau", None],
        "Ort": ["Berlin", "Ulm", "Wien", "Hof", "Graz"],
    }
    assert firms(con, columns) == ["Bäckerei Schmidt", "Müller Bau GmbH", "Wein KG"]


def test_most_rows_may_be_addressed_as_firms(con):
    columns = {
        "Name": [*(f"Bäckerei {word}" for word in "abcdefghijklmnopqrstuvwxy"), "Anna Huber"],
        "Anrede": ["Firma"] * 25 + ["Frau"],
    }
    assert firms(con, columns, Name="full_name") == columns["Name"][:25]


def test_in_a_column_of_firms_people_are_those_addressed_so(con):
    columns = {
        "Firma": ["Optik Schmidt", "Lang Druck KG", "Bernd Huber", "Jürgen Lang", "Apotheke Ulm"],
        "Anrede": ["Firma", "Firma", "Herr", None, None],
    }
    assert firms(con, columns) == ["Optik Schmidt", "Lang Druck KG", "Apotheke Ulm"]
