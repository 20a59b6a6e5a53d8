"""What a cell says becomes the value that everybody who reads it would take it for."""

import datetime as dt

import pytest

from connectors.files import SYSTEM
from connectors.files.reader import FilesReader
from connectors.files.settings import FilesSource
from connectors.source import Window
from dedupe.discovery.dates import birth_digits

WINDOW = Window(None, dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))


def read(path, **settings):
    raw = {"name": "crm", "system": "files", "path": path, "format": "csv", "key": ["Nr"]}
    declared = FilesSource.model_validate({**raw, **settings})
    pages = list(FilesReader(declared).read(SYSTEM.stream(declared.stream), WINDOW, None))
    assert not [piece for page in pages for piece in page.unreadable]
    return [dict(record) for page in pages for record in page.records]


@pytest.mark.parametrize(
    ("written", "born"),
    [
        ("07.02.45", "1945-02-07"),
        ("07.02.68", "1968-02-07"),
        ("07.02.85", "1985-02-07"),
        ("07.02.15", "2015-02-07"),
        ("29.02.16", "1916-02-29"),  # few customers are older than a hundred, fewer under ten
        ("29.02.00", "2000-02-29"),
        ("07.02.2045", "2045-02-07"),  # as written: a slip, but none of ours
    ],
)
@pytest.mark.parametrize("declared", [None, "%d.%m.%y"])
def test_a_birth_year_of_two_digits_lies_in_the_past_as_in_dedupe(
    tmp_path, written, born, declared
):
    if declared and len(written) > 8:
        declared = "%d.%m.%Y"
    path = tmp_path / "k.csv"
    path.write_text(f"Nr;Geb\n1;{written}\n")
    names = {"birth_date": "Geb"}
    assert read(path, map=names, date_format=declared) == [{"key": "1", "birth_date": born}]
    assert birth_digits(written) == born.replace("-", "")


def test_other_days_of_two_digit_years_lie_where_they_did(tmp_path):
    path = tmp_path / "k.csv"
    path.write_text("Nr;Stand\n1;07.02.45\n")
    assert read(path, map={"estimated_on": "Stand"}) == [{"key": "1", "estimated_on": "2045-02-07"}]
