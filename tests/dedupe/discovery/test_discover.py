"""The roles of columns, told by their names and by what they hold."""

import pyarrow as pa
import pytest

from dedupe.discovery import discover
from stamm.duck import in_memory
from stamm.errors import InputError

PEOPLE = {
    "Vorname": ["Anna", "Jörg", "Peter", "Sabine", "Lukas", "Maria"],
    "Nachname": ["Müller", "Schmidt", "Weber", "Huber", "Gruber", "Keller"],
    "geb.": ["03.05.1980", "17.11.1975", "1.1.1990", "23.07.1968", "12.12.1999", "04.03.1955"],
    "E-Mail": [
        "anna@example.de",
        "j.schmidt@example.at",
        None,
        "s@example.ch",
        None,
        "m@example.de",
    ],
    "Tel": ["030 1234567", "+49 89 7654321", None, "0664/1234567", "044 123 45 67", None],
    "Strasse": ["Hauptstr. 5", "Gartenweg 12", "Am Ring 3", "Lindenallee 7a", "Dorfplatz 1", None],
    "PLZ": ["10115", "80331", "1010", "8001", "50667", "01067"],
    "Ort": ["Berlin", "München", "Wien", "Zürich", "Köln", "Dresden"],
}
ROLES = {
    "Vorname": "given_name", "Nachname": "family_name", "geb.": "birth_date", "E-Mail": "email",
    "Tel": "phone", "Strasse": "street", "PLZ": "postcode", "Ort": "city",
}  # fmt: skip


@pytest.fixture
def con():
    with in_memory() as opened:
        yield opened


def found(con, columns, **how):
    con.register("arriving", pa.table(columns))
    con.execute("create or replace table given as from arriving")
    con.unregister("arriving")
    return discover(con, "given", **how)


def roles(discovery):
    return {one.column: one.role for one in discovery.columns}


def test_german_columns_are_read_by_name_and_content(con):
    assert roles(found(con, PEOPLE)) == ROLES


def test_a_mailbox_and_a_birth_date_are_known_whatever_their_columns_are_called(con):
    columns = {"c1": PEOPLE["E-Mail"], "c2": PEOPLE["geb."], "c3": PEOPLE["Vorname"]}
    assert list(roles(found(con, columns)).values()) == ["email", "birth_date", "given_name"]


def test_a_name_that_the_values_contradict_is_not_believed(con):
    columns = {"phone": PEOPLE["E-Mail"], "name": PEOPLE["Nachname"]}
    phone = found(con, columns).role_of("phone")
    assert phone.role == "email"
    assert phone.reason == "100% of its values are e-mail addresses, though it is called phone"


def test_what_the_user_states_is_not_asked_again(con):
    discovery = found(con, PEOPLE, mapped={"Ort": "text"})
    assert discovery.role_of("Ort").role == "text"
    assert discovery.role_of("Ort").confidence == 1.0


@pytest.mark.parametrize("mapped", [{"Town": "city"}, {"Ort": "planet"}])
def test_an_unknown_column_or_role_is_an_error_that_names_it(con, mapped):
    with pytest.raises(InputError, match="expected"):
        found(con, PEOPLE, mapped=mapped)


def test_the_truth_is_not_looked_into(con):
    with_truth = PEOPLE | {"entity": list("aabbcc")}
    without = found(con, PEOPLE)
    told = found(con, with_truth, truth_column="entity")
    assert told.columns[:-1] == without.columns
    assert told.role_of("entity").role == "truth"


def test_people_and_firms_in_one_column_are_told_apart(con):
    names = [
        "Anna Müller",
        "Bau Huber GmbH",
        "Peter Weber",
        "Stahl AG",
        "Sabine Huber",
        "Maria Keller",
    ]
    discovery = found(con, {"Name": names})
    assert discovery.party_types == ("organisation", "person")
    assert any("people (4) and firms (2)" in sentence for sentence in discovery.unsure)


def test_a_date_that_may_begin_with_its_month_is_said_to_be_in_doubt(con):
    discovery = found(con, {"dob": ["04/05/1980", "11/12/1975", "01/02/1990"]})
    assert any("day or month" in sentence for sentence in discovery.unsure)


NUMBERS = {
    "rows numbered": ({"Nr": list("123456"), **PEOPLE}, "Nr", "ignore"),
    "rows numbered, the street beside": (
        {"Strasse": PEOPLE["Strasse"], "Nr": list("123456")}, "Nr", "ignore"),
    "customers numbered": (
        {"Kunden-Nr.": ["12", "7", "31", "9", "4", "88"], **PEOPLE}, "Kunden-Nr.", "ignore"),
    "customers that come again": (
        {"Kunden-Nr.": ["12", "7", "12", "9", "4", "7"], **PEOPLE}, "Kunden-Nr.", "identifier"),
    "doors beside their street": (
        {"Strasse": PEOPLE["Strasse"], "Nr": ["5", "12", "3", "7a", "1", "44"]},
        "Nr", "house_number"),
    "doors called so": (
        {"Hausnr.": list("123456"), "Ort": PEOPLE["Ort"]}, "Hausnr.", "house_number"),
}  # fmt: skip


@pytest.mark.parametrize("case", NUMBERS)
def test_a_number_is_a_door_only_where_a_street_is_beside_or_its_name_says_so(con, case):
    columns, column, role = NUMBERS[case]
    assert found(con, columns).role_of(column).role == role


def test_firms_among_whole_names_of_any_file_are_firms(con):
    """Two files pooled: the second one calls the column otherwise."""
    first = ["Anna Müller", "Bau Huber GmbH", "Peter Weber", None, None, None]
    second = [None, None, None, "Stahl AG", "Sabine Huber", "Holz KG"]
    columns = {"Name": first, "Kundenname": second, "Ort": PEOPLE["Ort"]}
    discovery = found(con, columns)
    assert {"Name", "Kundenname"} == set(discovery.as_one("full_name"))
    assert any("people (3) and firms (3)" in said for said in discovery.unsure)


def test_a_firm_in_a_column_of_names_is_one_also_beside_columns_of_people(con):
    columns = {
        "Vorname": ["Anna", "Peter", "Sabine", None, None, None],
        "Nachname": ["Müller", "Weber", "Huber", None, None, None],
        "Kundenname": [None, None, None, "Stahl AG", "Maria Keller", "Holz KG"],
    }
    assert any("people (4) and firms (2)" in said for said in found(con, columns).unsure)
