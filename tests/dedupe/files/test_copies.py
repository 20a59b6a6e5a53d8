"""Rows that stand in a file very many times: set aside before linking, clustered after."""

import csv
from random import Random

import pytest

from dedupe.files import Options, dedupe_files
from dedupe.files.copies import SEEN, set_copies_aside
from stamm.duck import in_memory

TEST_ENTRY = "Max,Mustermann,01.01.1980,max@web.de,Musterstadt"
PEOPLE = """\
Vorname,Nachname,Geburtsdatum,E-Mail,Ort
Anna,Müller,12.03.1980,anna@web.de,Dresden
Anna,Mueller,12.03.1980,anna@web.de,Dresden
Jürgen,Groß,01.12.1975,j.gross@gmx.de,Erfurt
Juergen,Gross,01.12.1975,j.gross@gmx.de,Erfurt
Beate,Lang,01.01.1960,beate@web.de,Köln
"""


@pytest.mark.parametrize(("times", "aside"), [(SEEN, 0), (SEEN + 1, 1), (70, 68)])
def test_two_of_equal_rows_are_looked_at(times, aside):
    with in_memory() as con:
        con.execute("create schema files")
        con.execute(
            "create table files.records as"
            " select lpad(i::varchar, 4, '0') as __record, 0 as __file, i as __position,"
            f" i::varchar as __id, if(i < {times}, 'Max', 'Eva' || i) as name"
            f" from range({times + 2}) t(i)"
        )
        con.execute("create view files.pooled as select __record, name from files.records")
        remarks = set_copies_aside(con, ["name"])
        assert con.execute(
            "select count(*), min(first_record), min(second_record) from files.copies"
        ).fetchall() == [(aside, "0000", "0001") if aside else (0, None, None)]
        assert con.sql("from files.pooled").count("*").fetchall() == [(times + 2 - aside,)]
        assert bool(remarks) == bool(aside)


def test_test_entries_spoil_nothing_for_the_others(tmp_path):
    path = tmp_path / "kunden.csv"
    header, *people = [*PEOPLE.splitlines(), *[TEST_ENTRY] * 2_000]
    numbered = [f"{number},{line}" for number, line in enumerate(people, start=501)]
    path.write_text("\n".join([f"Kundennummer,{header}", *numbered]), encoding="utf-8")
    found = dedupe_files([path], Options(out=tmp_path / "out")).findings
    with (tmp_path / "out" / "golden.csv").open(encoding="utf-8", newline="") as lines:
        sizes = {row["Vorname"]: int(row["size"]) for row in csv.DictReader(lines)}
    assert sizes == {"Anna": 2, "Jürgen": 2, "Beate": 1, "Max": 2_000}
    assert found.records == 2_005
    assert any("2,000 rows are copies of one in all that" in said for said in found.unsure)


def sizes_of(folder, text, telling):
    """Sizes of the clusters of rows with this text in their last column."""
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8")
    dedupe_files([path], Options(out=folder / "out"))
    with (folder / "out" / "golden.csv").open(encoding="utf-8", newline="") as lines:
        return [int(row["size"]) for row in csv.DictReader(lines) if row["Notiz"] == telling]


@pytest.mark.parametrize("times", [2, 50, 51])
def test_how_many_rows_are_equal_does_not_decide_whether_they_are_one(tmp_path, times):
    """A name of twenty by twenty-five is too little to be one, with a birth date it is enough."""
    dice = Random(7)  # some names are borne by nobody and some by six, as names are
    header = "Vorname,Nachname,Geburtsdatum,Notiz\n"
    days = [f"{1 + n % 28:02}.{1 + n % 12:02}.{1930 + n % 67}" for n in range(1_200)]
    people = [f"Vor{dice.randrange(20)},Nach{dice.randrange(25)},{day},\n" for day in days]
    others = header + "".join(people + people[:200])
    assert sizes_of(tmp_path, others + "Vor1,Nach1,,x\n" * times, "x") == [1] * times
    assert sizes_of(tmp_path, others + "Vor1,Nach1,24.12.1999,x\n" * times, "x") == [times]
