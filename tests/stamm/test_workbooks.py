"""Every row of a sheet is given, whatever the workbook says of its extent; damage is told."""

import zipfile

import openpyxl
import pytest

from stamm.errors import InputError
from stamm.workbooks import opened, rows
from tests.stamm.sheets import SHEET, dimension, rewritten

LINES = [("Nr", "Name"), *((n, f"N{n}") for n in range(1, 301))]


@pytest.fixture
def workbook(tmp_path):
    path = tmp_path / "k.xlsx"
    book = openpyxl.Workbook()
    for line in LINES:
        book.active.append(line)
    book.save(path)
    return path


def read(path):
    with opened(path, values=True) as book:
        return list(rows(path, book.worksheets[0]))


@pytest.mark.parametrize("ref", [b"A1:B301", b"A1:B4", b"A1", b"A1:A301", b"A1:D400", None])
def test_the_extent_that_a_sheet_states_is_not_believed(workbook, ref):
    assert read(rewritten(workbook, dimension(ref))) == LINES


def test_rows_left_out_are_empty_ones_and_no_row_is_longer_than_its_last_cell(tmp_path):
    book = openpyxl.Workbook()
    for cell in ("A1", "B1", "A3", "D3"):
        book.active[cell] = cell
    book.save(tmp_path / "k.xlsx")
    found = [tuple(row) for row in read(tmp_path / "k.xlsx")]
    assert found == [("A1", "B1"), (), ("A3", None, None, "D3")]


def test_a_sheet_that_is_cut_off_is_told_with_the_row_before(workbook):
    rewritten(workbook, lambda sheet: sheet[: sheet.index(b'<row r="200"') + 9])
    with pytest.raises(InputError, match=r"k.xlsx: expected a whole sheet 'Sheet', found damage"):
        read(workbook)


def test_a_sheet_whose_bytes_were_damaged_is_told(workbook):
    with zipfile.ZipFile(workbook) as archive:
        sheet = archive.getinfo(SHEET)
    content = bytearray(workbook.read_bytes())
    end = sheet.header_offset + 30 + len(sheet.filename) + sheet.compress_size
    content[end - 20 : end - 10] = b"damagedxxx"
    workbook.write_bytes(content)
    with pytest.raises(InputError, match="expected a whole sheet 'Sheet', found damage"):
        read(workbook)


def test_a_workbook_without_its_sheet_is_told(workbook):
    rewritten(workbook, lambda _: None)
    with pytest.raises(InputError, match=r"k.xlsx: expected a sheet with a table, found none"):
        read(workbook)


def test_what_is_no_workbook_is_told(tmp_path):
    (tmp_path / "k.xlsx").write_text("hello")
    with pytest.raises(InputError, match=r"k.xlsx: expected an Excel workbook \(.xlsx\)") as wrong:
        read(tmp_path / "k.xlsx")
    assert wrong.value.hint == "Open it in Excel and save it as .xlsx."
