"""Distinct values: parsed once, whoever parses them, and joined back to every way to write them."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.standardise import kinds, parsing, values
from dedupe.standardise.contact_points import phone, phone_of_library
from dedupe.standardise.parsing import Parsers, parsers
from dedupe.standardise.values import parts_of, standardise_values
from stamm.duck import in_memory


class Counting(Parsers):
    """Parses here and notes what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple] = []

    def parse(self, kind, spellings):
        self.asked += zip(*(column.to_pylist() for column in spellings.columns), strict=True)
        return super().parse(kind, spellings)


@pytest.fixture
def con():
    with in_memory() as opened:
        opened.execute("create schema link")
        yield opened


def standardised(con, kind, rows, by=None):
    """raw → parts of all values known after these rows came."""
    columns = ", ".join(f"{c} varchar" for c in kind.raw)
    con.execute(f"create or replace temp table rows ({columns})")
    con.executemany(f"insert into rows values ({', '.join('?' * len(kind.raw))})", rows)
    standardise_values(con, [(kind, "from rows")], by or Parsers())
    found = con.execute(f"from {kind.table} order by all").fetchall()
    return {row[: len(kind.raw)]: row[len(kind.raw) :] for row in found}


def test_a_value_seen_before_is_not_parsed_again(con):
    counting = Counting()
    standardised(con, kinds.GIVEN, [("Anna",), ("Jürgen",), ("Anna",), (None,)], counting)
    found = standardised(con, kinds.GIVEN, [("Anna",), ("Sepp",)], counting)
    assert counting.asked == [("Anna",), ("Jürgen",), ("Sepp",)]
    assert found[("Sepp",)] == ("sepp", "josef", "s")
    assert found[("Jürgen",)] == ("jurgen", "georg", "j")


def test_who_asks_for_parts_gets_what_is_known_and_the_rest_parsed(con):
    def asked():
        return sorted(
            parts_of(con, kinds.FULL, pa.array(["Anna Berg", "Cher"])).to_pylist(), key=repr
        )

    parsed = [
        {"raw": "Anna Berg", "given_part": "Anna", "family_part": "Berg", "single": None},
        {"raw": "Cher", "given_part": None, "family_part": None, "single": "Cher"},
    ]
    assert asked() == parsed  # no run has parsed anything
    standardised(con, kinds.FULL, [("Anna Berg",)])
    assert asked() == parsed
    con.execute("update link.std_full set family_part = 'as the run had it'")
    assert [row["family_part"] for row in asked()] == ["as the run had it", None]
    assert con.sql("select raw from link.std_full").fetchall() == [("Anna Berg",)]


def test_all_ways_to_write_a_number_are_parsed_once(con):
    counting, written = Counting(), ["030/123 45-67", "(030) 1234567", "030 1234567", "0301234567"]
    found = standardised(con, kinds.PHONE, [(text, "DE") for text in written], counting)
    assert counting.asked == [("0301234567", "DE")]
    assert set(found.values()) == {("+49301234567",)}
    assert len(found) == 4


def test_other_parsers_start_anew(con, monkeypatch):
    standardised(con, kinds.CITY, [("Köln",)])
    monkeypatch.setattr(values, "version", lambda: "another")
    counting = Counting()
    assert list(standardised(con, kinds.CITY, [("Bonn",)], counting)) == [("Bonn",)]
    assert counting.asked == [("Bonn",)]


@pytest.mark.parametrize("library", values.LIBRARIES)
def test_a_parser_of_another_library_version_is_another_parser(monkeypatch, library):
    here, installed = values.version(), metadata.version
    newer = {library: "99.0"}
    monkeypatch.setattr(metadata, "version", lambda name: newer.get(name) or installed(name))
    assert values.version.__wrapped__() != here
    newer.clear()
    assert values.version.__wrapped__() == here


def test_all_libraries_that_parse_are_part_of_the_version():
    packages = metadata.packages_distributions()
    imported = {
        name
        for path in Path(values.__file__).parent.glob("*.py")
        for name in re.findall(r"^\s*(?:from|import) (\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    carrying = {"duckdb", "joblib", "pyarrow"}  # bring values to and fro, and parse none
    found = {packages[name][0] for name in imported - carrying if name in packages}
    assert found - {"stamm"} == set(values.LIBRARIES)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(alphabet="0123456789+ ()/.-x", min_size=1, max_size=18),
            st.sampled_from(["DE", "AT", "CH", None]),
        ),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_a_number_reads_the_same_whether_its_marks_were_taken_out_before_or_not(rows):
    with in_memory() as con:
        con.execute("create schema link")
        for (text, region), (found,) in standardised(con, kinds.PHONE, rows).items():
            assert found == phone(text, region).phone, (text, region)


PREFIXES = (
    "",
    "0",
    "00",
    "+",
    *(p + c for p in ("+", "00", "") for c in ("49", "43", "41", "423")),
)


@settings(max_examples=1000, deadline=None)
@given(
    st.sampled_from(PREFIXES),
    st.text(alphabet="0123456789", min_size=1, max_size=18),
    st.sampled_from(["DE", "AT", "CH", "LI", "FR", "US", "XX"]),
)
def test_a_plain_number_is_what_the_library_says_it_is(prefix, digits, region):
    assert phone(prefix + digits, region) == phone_of_library(prefix + digits, region)


def test_other_processes_parse_like_this_one_and_keep_the_order(monkeypatch):
    draw = random.Random(7)
    spellings = pa.table({"raw": ["".join(draw.choices("abcdeéäöüß -", k=9)) for _ in range(250)]})
    here = parsing.parse_table(kinds.FAMILY, spellings)
    monkeypatch.setattr(parsing, "WORTH_PROCESSES", 100)
    monkeypatch.setattr(parsing, "CHUNK", 40)
    with parsers() as opened:
        assert opened.parse(kinds.FAMILY, spellings) == here
        assert opened.parse(kinds.FAMILY, spellings.slice(0, 99)) == here.slice(0, 99)


PLAIN_SCRIPT = """
import pyarrow as pa

from dedupe.standardise import kinds, parsing

parsing.WORTH_PROCESSES = 10
with parsing.parsers() as opened:
    print(len(opened.parse(kinds.CITY, pa.table({"raw": [f"Ort {i}" for i in range(50)]}))))
"""


def test_a_plain_script_without_a_main_guard_may_call_it(tmp_path):
    script = tmp_path / "notebook.py"
    script.write_text(PLAIN_SCRIPT, encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "50\n"), done.stderr
