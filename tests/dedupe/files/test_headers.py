"""Is the first row a header? Told by what nobody would call a column."""

import pytest

from dedupe.files.headers import read_header


@pytest.mark.parametrize(
    "cells",
    [
        ["Name", "PLZ", "Ort"],
        ["Umsatz 2019", "2020", "2021/22"],
        ["", "given_name", "E-Mail (privat)"],
        ["0", "1", "2"],
        ["Straße 1", "Straße 2", "@handle"],
    ],
)
def test_names_of_columns(cells):
    columns, named = read_header(cells)
    assert named
    assert columns[1] == cells[1]


VALUES = ["anna@web.de", "12.03.1980", "1980-03-12", "01067", "+49 30 12345", "0351/123456"]


@pytest.mark.parametrize("value", VALUES)
def test_a_record(value):
    assert read_header(["Anna", value]) == (("column_1", "column_2"), False)
