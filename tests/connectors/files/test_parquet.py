"""A Parquet file gives its key and mapped columns; what one value costs, and what damage says."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.files import SYSTEM
from connectors.files.reader import FilesReader
from connectors.files.settings import FilesSource
from connectors.source import Window
from stamm.errors import InputError

WINDOW = Window(None, dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))
# 9999-12-31 23:59:59 UTC, which is in year 10000 in Berlin
FOR_EVER = pa.array([253402300799000000, 0], pa.timestamp("us", "Europe/Berlin"))


@pytest.fixture
def read(tmp_path):
    """Records of a table of two rows with these columns beside the key."""

    def records(columns, names=("updated_at",), spoil=None):
        path = tmp_path / "k.parquet"
        pq.write_table(pa.table({"Nr": ["1", "2"], **columns}), path)
        if spoil:
            path.write_bytes(spoil(path.read_bytes()))
        raw = {"name": "crm", "system": "files", "path": path, "format": "parquet", "key": ["Nr"]}
        raw |= {"map": dict(zip(names, columns, strict=False))}
        pages = list(
            FilesReader(FilesSource.model_validate(raw)).read(SYSTEM.streams[0], WINDOW, None)
        )
        assert not [piece for page in pages for piece in page.unreadable]
        return [dict(record) for page in pages for record in page.records]

    return records


def test_a_moment_beyond_the_year_9999_is_kept_as_text_beside_its_record(read):
    assert read({"Stand": FOR_EVER}) == [
        {
            "key": "1",
            "updated_at": None,
            "updated_at_as_given": "10000-01-01 00:59:59.000000+0100",
        },
        {"key": "2", "updated_at": "1970-01-01T01:00:00+01:00"},
    ]


def test_a_day_beyond_the_year_9999_is_too(read):
    days = pa.array([3_000_000, 0], pa.date32())
    assert read({"Geb": days}, ["birth_date"]) == [
        {"key": "1", "birth_date": None, "birth_date_as_given": "10183-09-21"},
        {"key": "2", "birth_date": "1970-01-01"},
    ]


def test_a_column_that_is_not_mapped_is_not_read(read):
    names = ["Anna", "Bea"]
    for unread in (FOR_EVER, pa.array([0, 1], pa.timestamp("us", "Mars/Utopia"))):
        assert read({"Name": names, "valid_to": unread}, ["full_name"]) == [
            {"key": "1", "full_name": "Anna"}, {"key": "2", "full_name": "Bea"},
        ]  # fmt: skip


def test_names_with_a_dot_are_names(read):
    columns = {"Ort.Name": ["Ulm", "Bonn"], "Ort": [{"Name": "?"}, {"Name": "?"}]}
    assert read(columns, ["city"]) == [{"key": "1", "city": "Ulm"}, {"key": "2", "city": "Bonn"}]


def test_what_json_does_not_know_is_text_inside_a_list_or_structure_too(read):
    parts = [{"price": Decimal("1.50"), "raw": b"\x01"}, None]
    assert read({"Teile": [parts, []]}, ["parts"])[0] == {
        "key": "1", "parts": [{"price": "1.50", "raw": "01"}, None],
    }  # fmt: skip


def test_a_column_that_no_value_can_be_read_of_is_told(read):
    unknown = pa.array([0, 1], pa.timestamp("us", "Mars/Utopia"))
    with pytest.raises(InputError, match="k.parquet: expected values in the column 'Stand'"):
        read({"Stand": unknown})


def test_broken_pages_are_told(read):
    numbers = pa.array(["x" * 40, "y" * 40])

    def spoil(content):
        return content[:4] + b"\xaa" * 60 + content[64:]

    with pytest.raises(InputError, match="k.parquet: expected a whole Parquet file, found damage"):
        read({"Name": numbers}, ["full_name"], spoil)
