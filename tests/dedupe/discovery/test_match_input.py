"""What linking reads of a table: birth dates, mailboxes and phones, each by itself."""

import pyarrow as pa
import pytest

from dedupe.discovery import discover, write_match_input
from stamm.duck import in_memory


@pytest.fixture
def con():
    with in_memory() as opened:
        yield opened


def written(con, columns, names, **mapped):
    """Rows of the match input in the table's order; without `mapped` roles are inferred."""
    numbers = list(range(len(next(iter(columns.values())))))
    con.register("arriving", pa.table({"nr": numbers, **columns}))
    con.execute("create or replace table given as from arriving")
    con.unregister("arriving")
    write_match_input(con, "given", discover(con, "given", id_column="nr", mapped=mapped))
    found = con.execute(
        f"select {', '.join(names)} from intermediate.int_parties__match_input"
        " order by record_id::int"
    ).fetchall()
    return [row[0] for row in found] if len(names) == 1 else found


@pytest.mark.parametrize("name", ["v", "V", "raw", "digits", "written", "t", "births_0"])
def test_birth_dates_are_read_whatever_the_columns_beside_them_are_called(con, name):
    columns = {"geboren": ["03.05.1980", "17.11.1971", None], name: [None, "x", "y"]}
    found = written(con, columns, ["x_birth"], geboren="birth_date", **{name: "text"})
    assert found == ["19800503", "19711117", None]


# A cell → the values in it.
MAILBOXES = {
    "anna@x.de": ["anna@x.de"],
    "anna@x.de\nam@y.de": ["anna@x.de", "am@y.de"],
    "anna@x.de am@y.de": ["anna@x.de", "am@y.de"],
    "b@x.de / b2@x.de": ["b@x.de", "b2@x.de"],
    "b@x.de/b2@x.de, b3@x.de": ["b@x.de", "b2@x.de", "b3@x.de"],
    "Max Muster <max@x.de>": ["<max@x.de>"],
    "keine": [],
    "n/a": [],
}
PHONES = {
    "030 1234567\r\n0171 1234567": ["030 1234567", "0171 1234567"],
    "030 123458 / 0171 55566677": ["030 123458", "0171 55566677"],
    "030 123458/0171 55566677": ["030 123458", "0171 55566677"],
    "030/123458 / 0171/5556667 / +49 2302/123456": [
        "030/123458", "0171/5556667", "+49 2302/123456"],
    "+49 2302/123456 / (0171) 5556667": ["+49 2302/123456", "(0171) 5556667"],
    "01 / 1234567; 0664 / 7654321": ["01 / 1234567", "0664 / 7654321"],
    "030/123456": ["030/123456"],
    "030 / 123456": ["030 / 123456"],
    "(030) / 12 34 56 - 0": ["(030) / 12 34 56 - 0"],
    "+49 (0) 30 / 123456": ["+49 (0) 30 / 123456"],
    "0049 171 / 5556667": ["0049 171 / 5556667"],
    "030 123456 / 78": ["030 123456 / 78"],
    "n/a": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("role", "cells"), [("email", MAILBOXES), ("phone", PHONES)], ids=["mailboxes", "phones"]
)
def test_a_cell_may_hold_several_values_however_they_are_parted(con, role, cells):
    found = written(con, {"Kontakt": list(cells)}, [f"list_sort({role}s)"], Kontakt=role)
    assert dict(zip(cells, found, strict=True)) == {c: sorted(v) for c, v in cells.items()}


def test_a_birth_date_in_parts_may_name_its_month(con):
    rows = {
        ("3", "Mai", "1980"): "19800503",
        ("3.", "November", "1980"): "19801103",
        ("14.", "5.", "1971"): "19710514",
        ("5", "März", "1977.0"): "19770305",
        ("6.0", "Jänner", "1978"): "19780106",
        ("7", "nicht bekannt", "1978"): "19780007",
        ("0", "00", "1978"): "19780000",
        ("1e99", "999", "1978"): "19780000",
        (None, "Dez.", "1978"): "19781200",
        (None, None, "1978"): "19780000",
        ("3", "5", "80"): "19800503",
        ("3", "5", "07.0"): "20070503",
        ("3", "5", "1980.0"): "19800503",
        ("3", "Mai", None): None,
        ("0", "0", "0000"): None,
    }
    day, month, year = (list(column) for column in zip(*rows, strict=True))
    columns = {"Tag": day, "Monat": month, "Jahr": year}
    roles = {"Tag": "birth_day", "Monat": "birth_month", "Jahr": "birth_year"}
    assert dict(zip(rows, written(con, columns, ["x_birth"], **roles), strict=True)) == rows
