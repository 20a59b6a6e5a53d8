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


@pytest.mark.parametrize(
    ("written", "declared", "moment"),
    [
        ("30.06.2026 14:05:11", None, "2026-06-30T14:05:11"),
        ("30.06.2026 14:05", None, "2026-06-30T14:05:00"),
        ("30.06.2026", None, "2026-06-30"),
        ("20260630T140511Z", None, "2026-06-30T14:05:11+00:00"),
        ("20260630T140511", None, "2026-06-30T14:05:11"),
        ("20260630T1", None, None),
        ("30.06.2026 14:05", "%d.%m.%Y %H:%M", "2026-06-30T14:05:00"),
        ("06/30/26 02:05 PM", "%m/%d/%y %I:%M %p", "2026-06-30T14:05:00"),
        ("30.06.2026 14:05 +0200", "%d.%m.%Y %H:%M %z", "2026-06-30T14:05:00+02:00"),
        ("30.06.2026", "%d.%m.%Y", "2026-06-30"),
    ],
)
def test_a_moment_keeps_its_time_and_a_day_has_none(tmp_path, written, declared, moment):
    path = tmp_path / "k.csv"
    path.write_text(f"Nr;Stand\n1;{written}\n")
    (found,) = read(path, map={"updated_at": "Stand"}, date_format=declared)
    assert found["updated_at"] == moment
    (found,) = read(path, map={"birth_date": "Stand"}, date_format=declared)
    born = "1926-06-30" if declared and "%y" in declared else "2026-06-30"
    assert found["birth_date"] == (moment and born)


def test_a_card_that_says_when_it_was_revised_in_either_form_of_vcard(tmp_path):
    revised = ("20260630T140511Z", "2026-06-30T14:05:11Z")
    card = "BEGIN:VCARD\nVERSION:3.0\nUID:{}\nFN:Anna\nREV:{}\nEND:VCARD\n"
    path = tmp_path / "k.vcf"
    path.write_text("".join(card.format(*numbered) for numbered in enumerate(revised)))
    found = read(path, format="vcard", key=[])
    assert [card["updated_at"] for card in found] == ["2026-06-30T14:05:11+00:00"] * 2


def test_other_days_of_two_digit_years_lie_where_they_did(tmp_path):
    path = tmp_path / "k.csv"
    path.write_text("Nr;Stand\n1;07.02.45\n")
    assert read(path, map={"estimated_on": "Stand"}) == [{"key": "1", "estimated_on": "2045-02-07"}]
