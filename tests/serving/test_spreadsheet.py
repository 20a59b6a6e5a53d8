"""What a person opens in a spreadsheet is text there, whatever a customer called himself."""

import csv
import io

import pytest

from serving.spreadsheet import as_csv, harmless


@pytest.mark.parametrize(
    "cell", ["=1+1", '=HYPERLINK("https://x.example";"Konto")', "+cmd|' /C calc'!A0", "-2+3",
             "@SUM(A1)", "\t=1", " =1", "\r=1", "+49 =1"],
)  # fmt: skip
def test_a_formula_becomes_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["+49 30 5500-0", "+4930550000", "-12.50", "Anna", "a=b", "", None, 3, -3.5, "O'Neill"]
)
def test_phones_numbers_and_names_stay_as_they_are(cell):
    assert harmless(cell) == cell


def test_rows_come_back_as_they_were_put_in():
    rows = [{"name": 'Anna "die Erste"', "phone": "+49 30 1"}, {"name": "Zeile\nzwei", "phone": ""}]
    assert list(csv.DictReader(io.StringIO(as_csv(("name", "phone"), rows)))) == rows
