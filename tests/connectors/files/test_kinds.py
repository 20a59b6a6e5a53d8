"""Each kind of file in each encoding it comes in, with German numbers and dates, gives one record.

The bytes are written by hand or by the programs' own libraries; the record is the same for all.
"""

import datetime as dt
import json
import quopri
import tracemalloc
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.files import SYSTEM
from connectors.files.reader import FilesReader
from connectors.files.settings import FilesSource
from connectors.source import Window
from stamm.errors import InputError
from tests.stamm.sheets import dimension, rewritten

WINDOW = Window(None, dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))
MAP = {
    "company_name": "Firma", "city": "Ort", "estimated_annual_spend_eur": "Umsatz",
    "estimated_on": "Stand",
}  # fmt: skip
GERMAN = {"Nr": "7", "Firma": "Größe & Söhne", "Ort": "Köln", "Umsatz": "1.234.567,89"}
GERMAN |= {"Stand": "31.12.2025"}
RECORD = {
    "key": "7", "company_name": "Größe & Söhne", "city": "Köln",
    "estimated_annual_spend_eur": "1234567.89", "estimated_on": "2025-12-31",
}  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be")
DECLARED = {"utf-16-le": "utf-16", "utf-16-be": "utf-16"}


def source(path, kind, **settings):
    raw = {"name": "crm", "system": "files", "path": path, "format": kind, "decimal": ","}
    if kind != "vcard":
        raw |= {"key": ["Nr"], "map": MAP, "stream": "spend_estimates"}
    return FilesSource.model_validate({**raw, **settings})


def read(declared):
    pages = list(FilesReader(declared).read(SYSTEM.stream(declared.stream), WINDOW, None))
    records = [dict(record) for page in pages for record in page.records]
    return records, [piece.rule for page in pages for piece in page.unreadable]


def records(declared):
    found, refused = read(declared)
    assert refused == []
    return found


def written(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_csv(tmp_path, encoding, ending, told):
    text = ending.join([";".join(GERMAN), ";".join(GERMAN.values()), ""])
    settings = {"encoding": DECLARED.get(encoding, encoding)} if told else {}
    assert records(source(written(tmp_path, "k.csv", text, encoding), "csv", **settings)) == [
        RECORD
    ]


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_lines(tmp_path, encoding, ending, told):
    text = json.dumps(GERMAN, ensure_ascii=False) + ending + ending
    settings = {"encoding": DECLARED.get(encoding, encoding)} if told else {}
    path = written(tmp_path, "k.jsonl", text, encoding)
    assert records(source(path, "jsonl", **settings)) == [RECORD]


CARD = ("BEGIN:VCARD", "VERSION:3.0", "UID:u1", "FN:Jörg Müßig", "N:Müßig;Jörg;;;")
CARD += ("BDAY:07.02.1985", "ADR:;;Große Str. 3;Köln;;50667;DE", "END:VCARD", "")
PERSON = {
    "key": "u1", "full_name": "Jörg Müßig", "given_name": "Jörg", "family_name": "Müßig",
    "title": None, "birth_date": "1985-02-07", "street": "Große Str. 3", "postcode": "50667",
    "city": "Köln", "country": "DE",
}  # fmt: skip


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_vcard(tmp_path, encoding, ending, told):
    settings = {"encoding": DECLARED.get(encoding, encoding)} if told else {}
    path = written(tmp_path, "k.vcf", ending.join(CARD), encoding)
    assert records(source(path, "vcard", **settings)) == [PERSON]


@pytest.mark.parametrize(
    ("charset", "named"),
    [("utf-8", "UTF-8"), ("cp1252", "WINDOWS-1252"), ("latin-1", "ISO-8859-1"), ("cp1252", None)],
)
def test_vcard_2_1_with_quoted_printable_as_outlook_and_old_phones_write_it(
    tmp_path, charset, named
):
    def quoted(text):
        return quopri.encodestring(text.encode(charset)).decode()

    says = f";CHARSET={named};ENCODING=QUOTED-PRINTABLE:" if named else ";QUOTED-PRINTABLE:"
    lines = [
        "BEGIN:VCARD", "VERSION:2.1", "UID:u1",
        f"N{says}{quoted('Müßig')};{quoted('Jörg')}",
        f"FN{says}{quoted('Jörg')}=", f" {quoted('Müßig')}",  # goes on after a soft line break
        f"ORG{says}{quoted('Größe, Söhne & Co.')}",
        "TEL;WORK;VOICE:+49 221 1234",
        f"ADR;WORK{says};;{quoted('Große Str. 3')};{quoted('Köln')};;50667;DE",
        "END:VCARD", "",
    ]  # fmt: skip
    path = written(tmp_path, "k.vcf", "\r\n".join(lines), "ascii")
    (found,) = records(source(path, "vcard"))
    assert found["full_name"] == "Jörg Müßig"
    assert (found["given_name"], found["family_name"]) == ("Jörg", "Müßig")
    assert found["company_name"] == "Größe, Söhne & Co."
    assert (found["street"], found["city"], found["phone"]) == (
        "Große Str. 3", "Köln", "+49 221 1234",
    )  # fmt: skip


def test_a_charset_that_nobody_knows_and_a_card_that_is_cut_off_wait_in_quarantine(tmp_path):
    lines = [
        "BEGIN:VCARD",
        "VERSION:2.1",
        "FN;CHARSET=TLH;QUOTED-PRINTABLE:J=F6rg",
        "END:VCARD",
    ]
    text = "\n".join([*lines, *CARD, "BEGIN:VCARD", "VERSION:3.0", "FN:Cut"])
    found, refused = read(source(written(tmp_path, "k.vcf", text), "vcard"))
    assert (found, refused) == ([PERSON], ["not_a_card", "not_a_card"])


def workbook(path, rows, epoch=None, **formats):
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    for row in rows:
        book.active.append(row)
    for cell, form in formats.items():
        book.active[cell].number_format = form
    book.save(path)
    return path


@pytest.mark.parametrize(
    "day",
    [
        "31.12.2025",
        dt.datetime(2025, 12, 31),  # noqa: DTZ001 - Excel knows no zones
        dt.date(2025, 12, 31),
        46022,  # the same day as a bare number; 1 is 1 January 1900
        46022.0,
        20251231,
    ],
)
@pytest.mark.parametrize("amount", ["1.234.567,89", 1234567.89])
def test_excel(tmp_path, day, amount):
    head = ["Nr", "Firma", "Ort", "Umsatz", "Stand"]
    path = workbook(tmp_path / "k.xlsx", [head, [7, "Größe & Söhne", "Köln", amount, day]])
    (found,) = records(source(path, "excel"))
    assert found == {**RECORD, "estimated_annual_spend_eur": found["estimated_annual_spend_eur"]}
    assert Decimal(str(found["estimated_annual_spend_eur"])) == Decimal("1234567.89")


def test_rows_of_any_width_below_the_extent_that_the_sheet_states_are_read(tmp_path):
    head = ["Nr", "Stand", "Firma", "Ort"]
    rows = [head, [7, None, "Größe", "Köln"], [8, 46022], [], [9, 46022, "Roth", "Ulm", "beyond"]]
    path = workbook(tmp_path / "k.xlsx", rows)
    rewritten(path, dimension(b"A1"))
    names = {"company_name": "Firma", "city": "Ort", "estimated_on": "Stand"}
    assert records(source(path, "excel", map=names, stream="parties")) == [
        {"key": "7", "company_name": "Größe", "city": "Köln", "estimated_on": None},
        {"key": "8", "company_name": None, "city": None, "estimated_on": "2025-12-31"},
        {"key": "9", "company_name": "Roth", "city": "Ulm", "estimated_on": "2025-12-31"},
    ]


def test_a_chart_before_the_first_sheet_is_passed_over_and_is_no_sheet_to_choose(tmp_path):
    book = openpyxl.Workbook()
    book.create_chartsheet("Grafik", 0).add_chart(openpyxl.chart.BarChart())
    for row in (GERMAN, GERMAN.values()):
        book.worksheets[0].append(list(row))
    book.save(tmp_path / "k.xlsx")
    assert records(source(tmp_path / "k.xlsx", "excel")) == [RECORD]
    with pytest.raises(InputError, match="expected the sheet 'Grafik', found Sheet"):
        records(source(tmp_path / "k.xlsx", "excel", sheet="Grafik"))


def test_excel_of_a_mac_counts_days_from_1904(tmp_path):
    rows = [["Nr", "Stand"], [7, 46022 - 1462]]
    path = workbook(tmp_path / "k.xlsx", rows, openpyxl.utils.datetime.CALENDAR_MAC_1904)
    declared = source(path, "excel", map={"estimated_on": "Stand"}, stream="parties")
    assert records(declared) == [{"key": "7", "estimated_on": "2025-12-31"}]


def test_a_title_above_the_columns_is_passed_over_where_that_is_declared(tmp_path):
    head, row = list(GERMAN), list(GERMAN.values())
    rows = [["Kundenliste; Stand: heute"], [], head, row]
    path = workbook(tmp_path / "k.xlsx", rows)
    assert records(source(path, "excel", rows_above=2)) == [RECORD]
    text = f"Kundenliste, Stand heute\n\n{';'.join(head)}\n{';'.join(row)}\n"
    assert records(source(written(tmp_path, "k.csv", text), "csv", rows_above=2)) == [RECORD]
    with pytest.raises(InputError, match="found Kundenliste.*\n.*rows_above"):
        records(source(path, "excel"))


def test_parquet_with_decimals_days_moments_and_what_json_does_not_know(tmp_path):
    table = pa.table(
        {
            "Nr": pa.array([7, 8], pa.int64()),
            "Firma": ["Größe & Söhne", "Roth"],
            "Ort": pa.array(["Köln", "Ulm"]).dictionary_encode(),
            "Umsatz": pa.array([Decimal("1234567.89"), None], pa.decimal128(18, 2)),
            "Stand": pa.array([dt.date(2025, 12, 31), None], pa.date32()),
            "Moment": pa.array([dt.datetime(2025, 12, 31, 10, tzinfo=dt.UTC), None]),
            "Zahl": pa.array([float("nan"), 1.5]),
            "Bytes": pa.array([b"\x00\xff", None]),
            "Dauer": pa.array([dt.timedelta(minutes=90), None]),
        }
    )
    pq.write_table(table, tmp_path / "k.parquet")
    names = {"updated_at": "Moment", "number": "Zahl", "raw": "Bytes", "took": "Dauer"}
    declared = source(tmp_path / "k.parquet", "parquet", map={**MAP, **names}, stream="parties")
    first, second = records(declared)
    assert first == {
        **RECORD, "updated_at": "2025-12-31T10:00:00+00:00", "number": None, "raw": "00ff",
        "took": "1:30:00",
    }  # fmt: skip
    assert (second["estimated_annual_spend_eur"], second["updated_at"]) == (None, None)


@pytest.mark.parametrize("sign", ["=1+1", "+49 221 1", "-5", "@SUM(A1)"])
@pytest.mark.parametrize("kind", ["csv", "excel", "jsonl", "parquet"])
def test_a_cell_that_begins_a_formula_stays_text(tmp_path, kind, sign):
    row = {"Nr": "7", "Ort": sign}
    path = tmp_path / f"k.{kind}"
    if kind == "csv":
        path.write_text(f"Nr;Ort\n7;{sign}\n")
    elif kind == "jsonl":
        path.write_text(json.dumps(row))
    elif kind == "excel":
        path = workbook(tmp_path / "k.xlsx", [list(row), list(row.values())])
    else:
        pq.write_table(pa.table({name: [value] for name, value in row.items()}), path)
    declared = source(path, kind, map={"city": "Ort"}, stream="parties")
    assert records(declared) == [{"key": "7", "city": sign}]


def test_what_is_no_text_is_told_with_its_line(tmp_path):
    path = tmp_path / "k.csv"
    path.write_bytes(b"Nr;Firma\n7;a\0b\n")
    with pytest.raises(InputError, match=r"k.csv: expected text, found binary data in line 2"):
        records(source(path, "csv"))
    with pytest.raises(InputError, match=r"expected text, found binary data in line 1"):
        records(source(written(tmp_path, "k.csv", "Nr;Ort", "utf-16-le"), "csv", encoding="utf-8"))


def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("connectors.files.reader._PAGE", 20)

    def peak(rows):
        path = tmp_path / "k.csv"
        line = "{};" + "Größe und Söhne " * 800 + ";Köln;1,0;31.12.2025\n"
        with path.open("w", encoding="utf-8") as file:
            file.write(";".join(GERMAN) + "\n")
            file.writelines(line.format(n) for n in range(rows))
        tracemalloc.start()
        for _ in FilesReader(source(path, "csv")).read(SYSTEM.streams[1], WINDOW, None):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(1_200) < 1.2 * peak(400)
