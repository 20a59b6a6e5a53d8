"""Files of any usual kind → the same records, as text, with nothing lost and nothing guessed."""

import json
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dedupe.files.loaded import distinct_names
from dedupe.files.reading import read_files
from stamm.duck import in_memory
from stamm.errors import InputError, UsageError
from tests.stamm.sheets import dimension, rewritten

HEADER = ["Nr", "Name", "PLZ", "Geboren"]
ROWS = [["1", "Jürgen Groß", "01067", "1980-03-12"], ["2", "Müller; Anna", "99084", None]]


@pytest.fixture
def con():
    with in_memory() as connection:
        yield connection


def read(con, tmp_path, *paths, **options):
    work_dir = tmp_path / f"work{len(list(tmp_path.glob('work*')))}"
    work_dir.mkdir()
    return read_files(con, paths, work_dir, **options)


def records(con):
    return con.sql("select * exclude (__record, __file) from files.records").fetchall()


def csv_text(separator=",", newline="\n"):
    rows = [HEADER, *ROWS]
    return newline.join(
        separator.join(f'"{cell}"' if cell and separator in cell else cell or "" for cell in row)
        for row in rows
    )


def write_workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return book


EXPECTED = [(n, str(n), *row) for n, row in enumerate(ROWS, start=1)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_delimited_text_in_any_usual_form(con, tmp_path, separator, encoding):
    path = tmp_path / "kunden.csv"
    path.write_bytes(csv_text(separator, newline="\r\n").encode(encoding))
    pool = read(con, tmp_path, path)
    assert pool.columns == tuple(HEADER)
    assert records(con) == EXPECTED
    guessed = encoding in {"utf-16", "cp1252", "latin-1"}
    assert ("not UTF-8" in "".join(pool.remarks)) == guessed


def test_parquet_keeps_what_its_types_say(con, tmp_path):
    path = tmp_path / "kunden.parquet"
    table = {
        "Nr": pa.array([1, 2]),
        "Name": ["Jürgen Groß", "Müller; Anna"],
        "PLZ": ["01067", "99084"],
        "Geboren": pa.array([datetime(1980, 3, 12), None], pa.timestamp("us")),  # noqa: DTZ001
    }
    pq.write_table(pa.table(table), path)
    read(con, tmp_path, path)
    assert records(con) == EXPECTED


def test_numbers_with_gaps_that_a_table_keeps_as_floats_are_whole_again(con, tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"number": [50667.0, None, 1.5], "day": [date(2020, 1, 2)] * 3}), path)
    read(con, tmp_path, path)
    assert [row[2:] for row in records(con)] == [
        ("50667", "2020-01-02"), (None, "2020-01-02"), ("1.5", "2020-01-02"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_numbers_that_a_program_wrote_with_a_point_are_whole_again(con, tmp_path, kind):
    path, numbers = tmp_path / f"a.{kind}", ["50667.0", "10115.0", None]
    if kind == "csv":
        path.write_text("PLZ,Rabatt\n50667.0,1.0\n10115.0,2.5\n,\n", encoding="utf-8")
    elif kind == "jsonl":
        lines = [
            {"PLZ": n and float(n), "Rabatt": r}
            for n, r in zip(numbers, [1.0, 2.5, None], strict=True)
        ]
        path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    else:
        decimals = pa.array([n and Decimal(n) for n in numbers], pa.decimal128(38, 18))
        pq.write_table(pa.table({"PLZ": decimals, "Rabatt": ["1.0", "2.5", None]}), path)
    read(con, tmp_path, path)
    assert [row[2:] for row in records(con)][:2] == [("50667", "1.0"), ("10115", "2.5")]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_name_that_looks_like_a_pattern_is_this_file_alone(con, tmp_path, kind):
    asked, other = tmp_path / f"kunden[1].{kind}", tmp_path / f"kunden1.{kind}"
    for path, name in ((asked, "Anna"), (other, "Xaver")):
        if kind == "csv":
            path.write_text(f"Name,Ort\n{name},Graz\n", encoding="utf-8")
        elif kind == "jsonl":
            path.write_text(json.dumps({"Name": name, "Ort": "Graz"}), encoding="utf-8")
        else:
            pq.write_table(pa.table({"Name": [name], "Ort": ["Graz"]}), path)
    read(con, tmp_path, asked)
    assert [row[2:] for row in records(con)] == [("Anna", "Graz")]


def test_nested_parquet_and_json_are_flattened_and_lists_joined(con, tmp_path):
    rows = [
        {"name": "Anna", "home": {"city": "Köln", "zip": "01"}, "mails": ["a@b.de", "c@d.de"]},
        {"name": "Beate", "home": None, "mails": []},
    ]
    lines, table = tmp_path / "a.jsonl", tmp_path / "a.parquet"
    lines.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(rows), table)
    for path in (lines, table):
        assert read(con, tmp_path, path).columns == ("name", "home.city", "home.zip", "mails")
        assert [row[2:] for row in records(con)] == [
            ("Anna", "Köln", "01", "a@b.de; c@d.de"), ("Beate", None, None, None),
        ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_json_lines_with_keys_that_come_and_go(con, tmp_path, encoding):
    path = tmp_path / "kunden.jsonl"
    rows = [{"Nr": 1, "Name": "Jürgen"}, {"Name": "Anna", "a/b~c": 1.50, "Nr": None}]
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_bytes(text.encode(encoding))
    assert read(con, tmp_path, path).columns == ("Nr", "Name", "a/b~c")
    assert [row[2:] for row in records(con)] == [("1", "Jürgen", None), (None, "Anna", "1.5")]


def test_an_object_may_take_several_lines(con, tmp_path):
    path = tmp_path / "kunden.json"
    rows = [{"a": "01"}, {"a": "02"}]
    path.write_text("\n".join(json.dumps(row, indent=2) for row in rows), encoding="utf-8")
    read(con, tmp_path, path)
    assert [row[2] for row in records(con)] == ["01", "02"]


def test_one_json_array_of_objects_is_read_too(con, tmp_path):
    path = tmp_path / "kunden.json"
    path.write_text('[{"a": "01"}, {"a": "02"}]', encoding="utf-8")
    read(con, tmp_path, path)
    assert [row[2] for row in records(con)] == ["01", "02"]


def test_a_workbook_is_read_as_a_person_sees_it(con, tmp_path):
    path = tmp_path / "kunden.xlsx"
    rows = [HEADER, [1, "Jürgen Groß", 1067, datetime(1980, 3, 12)], [None] * 4,  # noqa: DTZ001
            [2.0, " Müller; Anna ", "99084", None]]  # fmt: skip
    book = write_workbook(path, rows)
    book.active["C2"].number_format = "00000"  # shown as 01067
    book.create_sheet("Notizen")
    book.save(path)
    pool = read(con, tmp_path, path)
    assert records(con) == [EXPECTED[0], (3, "3", *ROWS[1])]  # an empty row is a row
    assert pool.remarks == ("kunden.xlsx: only the first sheet (Sheet) is read.",)


def test_an_exporter_that_states_no_extent_of_its_sheet_or_a_wrong_one_costs_no_row(con, tmp_path):
    path = tmp_path / "kunden.xlsx"
    write_workbook(path, [HEADER[:3], *ROWS, ["3", "Beate", "50667"]])
    rewritten(path, dimension(b"A1"))
    # A column that has no name has its place for one, also where its first value comes late.
    assert read(con, tmp_path, path).columns == ("Nr", "Name", "PLZ", "column_4")
    assert records(con) == [*EXPECTED, (3, "3", "3", "Beate", "50667", None)]


def test_a_column_without_a_name_that_begins_late_is_kept(con, tmp_path, monkeypatch):
    monkeypatch.setattr("dedupe.files.workbooks._BATCH", 1)
    path = tmp_path / "a.xlsx"
    write_workbook(path, [["Name"], ["Anna"], ["Beate", None, "Köln"], ["Clara"]])
    assert read(con, tmp_path, path).columns == ("Name", "column_2", "column_3")
    assert [row[2:] for row in records(con)] == [
        ("Anna", None, None), ("Beate", None, "Köln"), ("Clara", None, None),
    ]  # fmt: skip


def test_a_chart_before_the_first_sheet_is_passed_over(con, tmp_path):
    path = tmp_path / "a.xlsx"
    book = write_workbook(path, [["Name"], ["Anna"]])
    book.create_chartsheet("Grafik", 0).add_chart(openpyxl.chart.BarChart())
    book.save(path)
    pool = read(con, tmp_path, path)
    assert [row[2] for row in records(con)] == ["Anna"]
    assert pool.remarks == ()


def test_files_with_other_columns_are_pooled_and_a_record_knows_its_file(con, tmp_path):
    one, other = tmp_path / "shop.csv", tmp_path / "erp.csv"
    one.write_text("id,Name,Ort\n7,Anna,Köln\n", encoding="utf-8")
    other.write_text("id;NAME;Telefon\n7;Beate;030 1\n", encoding="utf-8")
    pool = read(con, tmp_path, one, other, id_column="ID")
    assert pool.files == ("shop.csv", "erp.csv")
    assert pool.columns == ("Name", "Ort", "Telefon")
    assert con.sql("from files.pooled").fetchall() == [
        ("shop.csv#7", "Anna", "Köln", None), ("erp.csv#7", "Beate", None, "030 1"),
    ]  # fmt: skip


def test_files_of_one_name_are_told_apart_by_their_folders(con, tmp_path):
    paths = [tmp_path / folder / "kunden.csv" for folder in ("nord", "süd")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("Name\nAnna\n", encoding="utf-8")
    assert read(con, tmp_path, *paths).files == ("nord/kunden.csv", "süd/kunden.csv")
    with pytest.raises(UsageError, match=r"each file once, found twice: kunden\.csv"):
        read(con, tmp_path, paths[0], paths[0])


def test_columns_of_two_files_meet_however_their_sharp_s_is_written(con, tmp_path):
    shop, erp = tmp_path / "shop.csv", tmp_path / "erp.csv"
    shop.write_text("Schlüssel,Straße\n1,Ring 1\n", encoding="utf-8")
    erp.write_text("SCHLÜSSEL,STRASSE\n2,RING 1\n", encoding="utf-8")
    pool = read(con, tmp_path, shop, erp, id_column="SCHLÜSSEL")
    assert pool.columns == ("Straße",)
    assert [row[1:] for row in records(con)] == [("1", "Ring 1"), ("2", "RING 1")]


def test_the_truth_is_in_no_table_that_linking_sees(con, tmp_path):
    path = tmp_path / "kunden.csv"
    path.write_text("Name,wer\nAnna,1\nBeate,\n", encoding="utf-8")
    assert read(con, tmp_path, path, truth_column="Wer").columns == ("Name",)
    assert con.sql("from files.pooled").columns == ["__record", "Name"]
    assert "wer" not in [c.lower() for c in con.table("files.records").columns]
    assert con.sql("from files.truth").fetchall() == [("kunden.csv#0000000001", "1")]


def test_a_file_without_a_header_keeps_its_first_record(con, tmp_path):
    path = tmp_path / "kunden.csv"
    path.write_text("Anna,anna@web.de,01067\nBeate,b@web.de,99084\n", encoding="utf-8")
    pool = read(con, tmp_path, path)
    assert pool.columns == ("column_1", "column_2", "column_3")
    assert pool.records == 2
    assert "first row looks like a record" in pool.remarks[0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["Name", "name", "NAME"], ("Name", "name_2", "NAME_3")),
        (["", " PLZ ", ""], ("column_1", "PLZ", "column_3")),
        (["__id", "__record"], ("__id_2", "__record_2")),
        (["a", "a_2", "a"], ("a", "a_2", "a_3")),
    ],
)
def test_every_column_has_a_name_of_its_own(given, expected):
    assert distinct_names(given) == expected


@pytest.mark.parametrize("blank", ["", ",", " , "])
def test_blank_lines_above_the_header_are_passed_over(con, tmp_path, blank):
    path = tmp_path / "a.csv"
    path.write_text(f"{blank}\n{blank}\nName,Ort\nAnna,Köln\n", encoding="utf-8")
    assert read(con, tmp_path, path).columns == ("Name", "Ort")
    assert records(con) == [(1, "1", "Anna", "Köln")]


@pytest.mark.parametrize("stated", ["sep=;", '"sep=;"'])
def test_a_separator_that_excel_states_in_the_first_line_is_no_record(con, tmp_path, stated):
    path = tmp_path / "a.csv"
    path.write_text(f"{stated}\r\nName;Ort\r\nMüller, Anna;Köln\r\n", encoding="utf-8")
    assert read(con, tmp_path, path).columns == ("Name", "Ort")
    assert [row[2:] for row in records(con)] == [("Müller, Anna", "Köln")]


def test_lines_that_end_in_two_ways_are_all_read(con, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"Name;Ort\r\nAnna;Graz\nBea;Wien\r\nCarl;Linz\n")
    read(con, tmp_path, path)
    assert [row[2:] for row in records(con)] == [
        ("Anna", "Graz"), ("Bea", "Wien"), ("Carl", "Linz"),
    ]  # fmt: skip


@pytest.mark.parametrize("above", [0, 250])
def test_a_cell_may_hold_a_long_note(con, tmp_path, above):
    path, note = tmp_path / "a.csv", "x" * 140_000
    rows = "".join(f"Anna;Graz;{n}\n" for n in range(above))
    path.write_text(f"Name;Ort;Notiz\n{rows}\nBea;Wien;{note}\n", encoding="utf-8")
    assert read(con, tmp_path, path).columns == ("Name", "Ort", "Notiz")
    assert records(con)[-1][2:] == ("Bea", "Wien", note)


def test_one_column_may_hold_commas(con, tmp_path):
    path = tmp_path / "namen.txt"
    path.write_text('Name\n"Müller, Anna"\nGroß Jürgen\n\n', encoding="utf-8")
    read(con, tmp_path, path)
    assert [row[2] for row in records(con)] == ["Müller, Anna", "Groß Jürgen"]


def test_line_breaks_and_quotes_inside_quotes_stay(con, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,note\n1,"say ""hi""\nand go"\n', encoding="utf-8")
    read(con, tmp_path, path)
    assert records(con)[0][2:] == ("1", 'say "hi"\nand go')


def test_a_few_broken_rows_are_left_out_and_told(con, tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{n},Anna" for n in range(1, 300)] + ["300,too,many", "301,Beate"]
    path.write_text("id,name\n" + "\n".join(rows), encoding="utf-8")
    pool = read(con, tmp_path, path)
    assert pool.records == 300
    assert pool.remarks == (
        "a.csv: 1 of 301 rows cannot be read and are left out (first: line 301:"
        " Expected Number of Columns: 2 Found: 3).",
    )


def positions(con):
    return [row[0] for row in con.sql("select __position from files.records").fetchall()]


def write_irregular(path, kind):
    """Anna, Beate and Clara stand in lines 2, 5 and 8 (JSON: 1, 4 and 7) of their files."""
    if kind == "csv":
        path.write_text('name,note\nAnna,"x\ny"\n\nBeate,\n,\n\nClara,z\n', encoding="utf-8")
    elif kind == "jsonl":
        lines = ['{"name": "Anna"}', "", "  ", '{"name": "Beate"}', "", "", '{"name": "Clara"}']
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        names = ["Anna", None, None, "Beate", None, None, "Clara"]
        write_workbook(path, [["name", "note"], *([name, name] for name in names)])


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
def test_a_record_is_numbered_by_its_line_also_after_blank_and_broken_ones(con, tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    write_irregular(path, kind)
    read(con, tmp_path, path)
    assert positions(con) == [1, 4, 7]
    assert [row[1] for row in records(con)] == ["1", "4", "7"]  # the ids


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
def test_messages_tell_the_line_that_an_editor_shows(con, tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    write_irregular(path, kind)
    line = {"csv": 8, "jsonl": 7, "xlsx": 8}[kind]
    with_missing = {"csv": b"Clara", "jsonl": b'"Clara"'}
    if kind == "xlsx":
        names = [
            ["name", "note"],
            ["Anna", 1],
            [None] * 2,
            *[[f"x{n}", 1] for n in range(4)],
            [None, 1],
        ]
        write_workbook(path, names)
    else:
        text = path.read_bytes()
        path.write_bytes(text.replace(with_missing[kind], b"" if kind == "csv" else b"null"))
    with pytest.raises(InputError, match=f"1 rows without .first: line {line}"):
        read(con, tmp_path, path, id_column="name")


def test_broken_rows_do_not_shift_the_numbers_after_them(con, tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{n},Anna" for n in range(1, 300)] + ["300,too,many", "301,Beate"]
    path.write_text("id,name\n" + "\n".join(rows), encoding="utf-8")
    read(con, tmp_path, path)
    assert positions(con) == [*range(1, 300), 301]


@pytest.mark.parametrize("broken", ["oops", "7", '{"n": 1'])
def test_a_line_that_is_no_object_does_not_shift_the_numbers_after_it(con, tmp_path, broken):
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"n": n}) for n in range(1, 202)]
    path.write_text("\n".join(["", *lines[:150], broken, *lines[150:]]), encoding="utf-8")
    remarks = read(con, tmp_path, path).remarks
    assert "(first: line 152)" in remarks[0]
    assert positions(con) == [*range(2, 152), *range(153, 204)]


# What a person has to mend: file name, content, options, what the message says.
BAD_FILES = {
    "an empty file": ("a.csv", b"", {}, "a.csv: expected records, found an empty file"),
    "a header alone": ("a.csv", b"id,name\n", {}, "a.csv: expected records, found a header and"),
    "cells without a value": ("a.csv", b"id,name\n,\n,\n", {}, "found a header and no row"),
    "binary data": ("a.csv", b"PK\x03\x04\0\0", {}, "a.csv: expected text, found binary data"),
    "text of a Mac": ("a.csv", "id,name\n1,Jäger\n".encode("mac_roman"), {},
                      "a.csv: expected text in UTF-8, UTF-16 or Windows-1252, found other letters"
                      " in line 2"),
    "a broken table": ("a.csv", b"a,b\n1\n2\n", {}, "expected the same columns in every row"),
    "an open quote": ("a.csv", b'a,b\n1,"x\n2,y\n', {}, "a.csv: expected the same columns in"),
    "no Parquet": ("a.parquet", b"id,name\n", {}, "a.parquet: expected Parquet, found something"),
    "no workbook": ("a.xlsx", b"id,name\n", {}, "a.xlsx: expected an Excel workbook"),
    "no JSON": ("a.jsonl", b"id,name\n1,x\n", {}, "a.jsonl: expected one JSON object a line"),
    "JSON values": ("a.jsonl", b"1\n2\n", {}, "2 of 2 lines are no JSON objects .first: line 1"),
    "an unknown kind": ("a.docx", b"x", {}, "a.docx: expected a file of one of the kinds .csv"),
    "doubled ids": ("a.csv", b"id,x\n7,a\n8,b\n7,c\n", {"id_column": "id"},
                    "found 1 ids more than once .first: '7' in line 2 and line 4"),
    "missing ids": ("a.csv", b"id,x\n7,a\n,b\n", {"id_column": "id"},
                    "an id in each row of 'id', found 1 rows without .first: line 3"),
    "an unknown id column": ("a.csv", b"number,x\n7,a\n", {"id_column": "nunber"},
                             "--id: expected a column of a.csv, found 'nunber' – did you mean"),
    "an unknown truth": ("a.csv", b"number,x\n7,a\n", {"truth_column": "entity"},
                         "--truth: expected a column of a.csv, found 'entity'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_what_cannot_be_read_says_what_to_do(con, tmp_path, case):
    name, content, options, message = BAD_FILES[case]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises((InputError, UsageError), match=message) as raised:
        read(con, tmp_path, path, **options)
    assert raised.value.hint


def test_a_path_that_is_no_file_is_wrong_use(con, tmp_path):
    for path, found in ((tmp_path, "a folder"), (tmp_path / "no.csv", "nothing")):
        with pytest.raises(UsageError, match=f"expected a file, found {found}"):
            read(con, tmp_path, path)
