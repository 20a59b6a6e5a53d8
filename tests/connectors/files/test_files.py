"""Files of five formats become records under our names; what is wrong says what and where."""

import datetime as dt
import json
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.catalogue import create_views
from connectors.extract import extract
from connectors.files import SYSTEM
from connectors.files.reader import FilesReader
from connectors.files.settings import FilesSource
from connectors.files.values import iso_date, number
from connectors.registry import systems
from connectors.source import Window
from stamm.clock import ManualClock
from stamm.duck import in_memory
from stamm.errors import ContractBroken, InputError, SettingsError, SuspiciouslyShort
from stamm.settings import load_settings
from stamm.store import Store

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
WINDOW = Window(None, NOON)
MAP = {"full_name": "Name", "city": "Ort"}


def source(path, **settings):
    return FilesSource.model_validate(
        {
            "name": "crm",
            "system": "files",
            "path": path,
            "format": "csv",
            "key": ["Nr"],
            "map": MAP,
            **settings,
        }
    )


def pages(declared, resume=None):
    stream = SYSTEM.streams_of(declared)[0]
    return list(FilesReader(declared).read(stream, WINDOW, resume))


def records(declared):
    return [dict(record) for page in pages(declared) for record in page.records]


def refused(declared):
    return [(piece.rule, piece.reason) for page in pages(declared) for piece in page.unreadable]


def csv_file(tmp_path, text, name="kunden.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


JOERG = [{"key": "7", "full_name": "Jörg Müller", "city": "Köln"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("declared", [True, False])
def test_every_encoding_is_read_declared_or_detected(tmp_path, encoding, declared):
    path = csv_file(tmp_path, "Nr;Name;Ort\n7;Jörg Müller;Köln\n", encoding=encoding)
    settings = {"encoding": encoding} if declared else {}
    assert records(source(path, **settings)) == JOERG


def test_an_excel_sheet_a_parquet_file_and_json_lines_give_the_same_record(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Nr", "Name", "Ort"])
    book.active.append([7, "Jörg Müller", "Köln"])
    book.save(tmp_path / "k.xlsx")
    row = {"Nr": 7, "Name": "Jörg Müller", "Ort": "Köln"}
    pq.write_table(pa.table({name: [value] for name, value in row.items()}), tmp_path / "k.parquet")
    (tmp_path / "k.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    for kind, name in (("excel", "k.xlsx"), ("parquet", "k.parquet"), ("jsonl", "k.jsonl")):
        assert records(source(tmp_path / name, format=kind)) == JOERG


def test_a_vcard_needs_no_mapping_and_a_broken_one_spoils_no_other(tmp_path):
    (tmp_path / "k.vcf").write_text(
        "BEGIN:VCARD\nVERSION:3.0\nUID:u1\nFN:Dr. Anna Roth\nN:Roth;Anna;;Dr.;\nORG:Roth GmbH\n"
        "EMAIL:anna@roth.example\nADR:;;Am Hof 3;Bonn;;53113;DE\nBDAY:1985-02-07\nEND:VCARD\n"
        "BEGIN:VCARD\nVERSION:3.0\n:::\nEND:VCARD\n",
        encoding="utf-8",
    )
    declared = source(tmp_path / "k.vcf", format="vcard", key=[], map={})
    assert records(declared) == [
        {
            "key": "u1",
            "full_name": "Dr. Anna Roth",
            "given_name": "Anna",
            "family_name": "Roth",
            "title": "Dr.",
            "company_name": "Roth GmbH",
            "email": "anna@roth.example",
            "street": "Am Hof 3",
            "postcode": "53113",
            "city": "Bonn",
            "country": "DE",
            "birth_date": "1985-02-07",
        }
    ]
    assert refused(declared) == [("not_a_card", "card 2 cannot be read")]


def test_a_missing_column_says_what_was_expected_seen_and_how_to_mend_it(tmp_path):
    path = csv_file(tmp_path, "Nr;Nahme;Ort\n7;Jörg;Köln\n")
    with pytest.raises(InputError) as wrong:
        records(source(path))
    assert str(wrong.value) == (
        "kunden.csv: expected the column 'Name', found Nr, Nahme, Ort\n"
        "  Change sources.crm.map.full_name to 'Nahme', or restore the column. "
        "If all columns look run together, set `delimiter`; "
        "if a title stands above them, `rows_above`."
    )


def test_a_missing_column_in_the_last_file_stops_before_the_first_record(tmp_path):
    csv_file(tmp_path, "Nr;Name;Ort\n7;Jörg;Köln\n", "a.csv")
    csv_file(tmp_path, "Nr;Ort\n8;Bonn\n", "b.csv")
    with pytest.raises(InputError, match="b.csv: expected the column 'Name'"):
        next(FilesReader(source(tmp_path)).read(SYSTEM.streams[0], WINDOW, None))


@pytest.mark.parametrize(
    ("written", "declared", "message"),
    [
        ("cp1252", "utf-8", "expected text in utf-8, found other bytes in line 3"),
        ("utf-8", "cp1252", "expected text in cp1252, found UTF-8"),
    ],
)
def test_a_wrong_encoding_stops_instead_of_garbling_names(tmp_path, written, declared, message):
    path = csv_file(tmp_path, "Nr;Name;Ort\n1;Ada;Bonn\n7;Jörg;Köln\n", encoding=written)
    with pytest.raises(InputError, match=message):
        records(source(path, encoding=declared))


@pytest.mark.parametrize("encoding", ["mac_roman", "cp850"])
def test_text_of_a_mac_or_of_dos_is_read_where_that_is_declared_and_never_guessed(
    tmp_path, encoding
):
    path = csv_file(tmp_path, "Nr;Name;Ort\n1;Ada;Bonn\n7;Jörg Müller;Köln\n", encoding=encoding)
    assert records(source(path, encoding=encoding))[1:] == JOERG
    with pytest.raises(InputError) as wrong:
        records(source(path))
    assert str(wrong.value) == (
        "kunden.csv: expected text in UTF-8, UTF-16 or Windows-1252, found other letters in line 3"
        "\n  Set `encoding` of this source: mac_roman if it comes from a Mac, cp850 if from DOS, "
        "cp1252 if it is that all the same; or save the file as UTF-8."
    )
    path = csv_file(tmp_path, "Nr;Name;Ort\n7;Jörg Müller;Köln\n")
    with pytest.raises(InputError, match=f"expected text in {encoding}, found UTF-8"):
        records(source(path, encoding=encoding))


def test_what_is_declared_is_not_doubted(tmp_path):
    path = csv_file(tmp_path, "Nr;Name;Ort\n7;DeŠan;x\n", encoding="cp1252")
    with pytest.raises(InputError, match="found other letters in line 2"):
        records(source(path))
    assert records(source(path, encoding="cp1252"))[0]["full_name"] == "DeŠan"


def test_a_bad_row_is_rejected_with_its_reason_and_the_others_land(tmp_path):
    path = csv_file(tmp_path, "Nr;Name;Ort\n7;Jörg Müller;Köln\n8;Bea\n;Cem;Ulm\n7;Dora;Trier\n")
    assert records(source(path)) == JOERG
    assert refused(source(path)) == [
        ("row_has_other_width", "line 3: 2 cells, 3 columns"),
        ("key_missing", "no Nr"),
        ("key_doubled", "an earlier row has the same key"),
    ]


def test_german_numbers_and_dates_arrive_as_iso(tmp_path):
    path = csv_file(tmp_path, "Firma;PLZ;Umsatz;Stand\nRoth AG;04109;1.234.567,89;31.12.2025\n")
    declared = source(
        path,
        stream="spend_estimates",
        key=["Firma", "PLZ"],
        map={"estimated_annual_spend_eur": "Umsatz", "estimated_on": "Stand", "postcode": "PLZ"},
        decimal=",",
    )
    assert records(declared) == [
        {
            "key": "Roth AG|04109",
            "estimated_annual_spend_eur": "1234567.89",
            "estimated_on": "2025-12-31",
            "postcode": "04109",
        }
    ]


def test_an_amount_that_is_no_number_and_an_odd_date_are_kept_beside(tmp_path):
    path = csv_file(tmp_path, "Nr;Umsatz;Geb\n1;viel;07.02.1985\n2;10,5;31.02.1985\n")
    declared = source(
        path, map={"estimated_annual_spend_eur": "Umsatz", "birth_date": "Geb"}, decimal=","
    )
    assert records(declared) == [
        {
            "key": "1",
            "estimated_annual_spend_eur": None,
            "estimated_annual_spend_eur_as_given": "viel",
            "birth_date": "1985-02-07",
        },
        {
            "key": "2",
            "estimated_annual_spend_eur": "10.5",
            "birth_date": None,
            "birth_date_as_given": "31.02.1985",
        },
    ]


def test_a_cell_that_is_a_date_needs_no_declared_form_of_texts(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Nr", "Geb", "Stand"])
    book.active.append([1, dt.date(1985, 2, 7), dt.datetime(2026, 6, 30, 12, 5)])  # noqa: DTZ001 - Excel knows no zones
    book.active.append([2, "07/02/1985", "06/30/2026"])
    book.save(tmp_path / "k.xlsx")
    names = {"birth_date": "Geb", "updated_at": "Stand"}
    declared = source(tmp_path / "k.xlsx", format="excel", map=names, date_format="%m/%d/%Y")
    assert records(declared) == [
        {"key": "1", "birth_date": "1985-02-07", "updated_at": "2026-06-30T12:05:00"},
        {"key": "2", "birth_date": "1985-07-02", "updated_at": "2026-06-30"},
    ]


@given(st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False))
def test_a_number_in_german_notation_means_the_same_as_in_english(value):
    english = f"{value:,}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert Decimal(number(german, ",")) == Decimal(number(english, ".")) == value


@pytest.mark.parametrize("text", ["1,5", "12,34,567.0", "1.2.3", "=1+1", "", "1e5"])
def test_what_is_no_number_in_the_declared_notation_is_not_guessed(text):
    assert number(text, ".") is None


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("2025-12-31", None, "2025-12-31"),
        ("2025-12-31T10:00:00+01:00", None, "2025-12-31T10:00:00+01:00"),
        ("31.12.2025", None, "2025-12-31"),
        ("19151111", None, "1915-11-11"),
        ("12/31/2025", "%m/%d/%Y", "2025-12-31"),
        ("2025-13-01", None, None),
        ("1985111", None, None),
        ("1985111", "%Y%m%d", None),
        ("111985", "%d%m%Y", None),
        ("01011985", "%d%m%Y", "1985-01-01"),
        ("03MAY1980", "%d%b%Y", "1980-05-03"),
        ("20251231 10:00:00+01:00", "%Y%m%d %H:%M:%S%z", "2025-12-31T10:00:00+01:00"),
        ("gestern", None, None),
    ],
)
def test_dates_of_the_usual_forms_are_understood(text, date_format, expected):
    assert iso_date(text, date_format) == expected


def test_a_cell_that_begins_like_a_formula_stays_text(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Nr", "Name", "Ort"])
    book.active.append([1, "=1+1", "@SUM(A1)"])
    book.save(tmp_path / "k.xlsx")
    expected = [{"key": "1", "full_name": "=1+1", "city": "@SUM(A1)"}]
    assert records(source(tmp_path / "k.xlsx", format="excel")) == expected
    assert records(source(csv_file(tmp_path, "Nr;Name;Ort\n1;=1+1;@SUM(A1)\n"))) == expected


def test_what_is_no_workbook_no_parquet_no_csv_and_no_file_is_told(tmp_path):
    junk = csv_file(tmp_path, "hello", "k.xlsx")
    with pytest.raises(InputError, match="expected an Excel workbook"):
        records(source(junk, format="excel"))
    with pytest.raises(InputError, match="expected Parquet"):
        records(source(junk, format="parquet"))
    with pytest.raises(InputError, match=r"expected CSV, found in line 2"):
        records(source(csv_file(tmp_path, 'Nr;Name;Ort\n1;"Ada;Bonn\n')))
    with pytest.raises(InputError, match="sources.crm.path: expected a file or folder"):
        records(source(tmp_path / "gone.csv"))


def test_a_read_goes_on_where_it_stopped_unless_the_files_changed(tmp_path, monkeypatch):
    monkeypatch.setattr("connectors.files.reader._PAGE", 2)
    path = csv_file(tmp_path, "Nr;Name;Ort\n1;A;x\n2;B;x\n3;C;x\n1;D;x\n5;E;x\n")
    whole = pages(source(path))
    assert [[r["key"] for r in page.records] for page in whole] == [["1", "2"], ["3"], ["5"]]
    assert pages(source(path), whole[0].next_token) == whole[1:]
    csv_file(tmp_path, "Nr;Name;Ort\n1;A;x\n")
    with pytest.raises(ContractBroken):
        pages(source(path), whole[0].next_token)


def test_a_file_that_is_removed_takes_its_records_with_it_unless_too_many(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    csv_file(folder, "Nr;Name;Ort\n" + "".join(f"{n};N{n};x\n" for n in range(20)), "a.csv")
    csv_file(folder, "Nr;Name;Ort\n90;Zoe;x\n91;Yan;x\n", "b.csv")
    store, clock, landing = Store.open(tmp_path / "s.db"), ManualClock(NOON), tmp_path / "landing"

    def load():
        stream = SYSTEM.streams[0]
        return extract(source(folder), stream, landing_root=landing, store=store, clock=clock)

    assert (load().upserts, load().load_id) == (22, None)
    (folder / "b.csv").unlink()
    assert load().deletes == 2
    (folder / "a.csv").unlink()
    with pytest.raises(SuspiciouslyShort):
        load()
    with in_memory() as con:
        create_views(con, landing, systems())
        assert con.sql("select count(*) from landing.files_parties").fetchall() == [(20,)]
    store.close()


def test_settings_without_a_key_are_one_mistake_with_its_place(tmp_path):
    file = tmp_path / "stamm.yaml"
    file.write_text("sources: {crm: {system: files, path: in, format: csv}}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="sources.crm: expected key and map"):
        load_settings(file, {name: system.settings for name, system in systems().items()})


def test_a_relative_path_begins_at_the_settings_file(tmp_path):
    file = tmp_path / "stamm.yaml"
    file.write_text("sources: {crm: {system: files, path: in, format: vcard}}\n", encoding="utf-8")
    found = load_settings(file, {name: system.settings for name, system in systems().items()})
    assert found.sources["crm"].path == str(tmp_path / "in")
