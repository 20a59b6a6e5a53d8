"""The canary is found wherever it sits, and nowhere else."""

import gzip
import sqlite3
import zipfile

import pytest

from privacy.canary import Place, places_holding, unlisted
from privacy.locations import load, location_of
from stamm.duck import in_memory, open_warehouse

NEEDLE = "Zwitscherbach"


@pytest.fixture
def home(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path


def test_it_is_found_in_tables_that_compress_their_content(home):
    with open_warehouse(home / "work" / "warehouse.duckdb") as con:
        con.execute("create schema staging")
        con.execute(
            "create table staging.people as select i as id, repeat('x', 50) as note, "
            f"if(i = 70000, ['{NEEDLE}'], ['Roth']) as names from range(100000) t(i)"
        )
    with in_memory() as con:
        con.execute(
            f"copy (select '{NEEDLE.upper()}' as _raw, 1 as n) to "
            f"'{home / 'part.parquet'}' (format parquet, compression zstd)"
        )
    db = sqlite3.connect(home / "state.db")
    db.execute("create table change_feed (cursor integer, fields text)")
    db.execute("insert into change_feed values (1, ?)", [f'{{"family_name": "{NEEDLE}"}}'])
    db.commit()
    db.close()
    found = places_holding(home, [NEEDLE])
    assert {place for place in found if place.column} == {
        Place("part.parquet", "", "_raw"),
        Place("state.db", "change_feed", "fields"),
        Place("work/warehouse.duckdb", "staging.people", "names"),
    }


def test_it_is_found_in_text_in_utf_16_in_archives_and_across_the_seam_of_chunks(home, monkeypatch):
    monkeypatch.setattr("privacy.canary._CHUNK", 8)
    (home / "run.log").write_text(f"hello {NEEDLE.lower()}\n", encoding="utf-8")
    (home / "wide.txt").write_bytes(f"x{NEEDLE}".lower().encode("utf-16-le"))
    (home / "old.log.gz").write_bytes(gzip.compress(NEEDLE.encode()))
    with zipfile.ZipFile(home / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("sheet1.xml", f"{NEEDLE * 9}")
    assert {(place.path, place.column) for place in places_holding(home, [NEEDLE])} >= {
        ("run.log", ""),
        ("wide.txt", ""),
        ("old.log.gz", "unpacked"),
        ("book.xlsx", "sheet1.xml"),
    }


def test_umlauts_are_found_in_any_case_and_as_json_escapes(home):
    (home / "a.log").write_text("ÖLMÜHLE", encoding="utf-8")
    (home / "b.json").write_text('"\\u00f6lm\\u00fchle"', encoding="utf-8")
    (home / "c.log").write_text("Olmuhle", encoding="utf-8")
    assert [p.path for p in places_holding(home, ["Ölmühle"])] == ["a.log", "b.json"]


def test_a_deleted_row_that_still_lies_in_a_file_is_found(home):
    path = home / "state.db"
    db = sqlite3.connect(path)
    db.execute("pragma secure_delete = off")
    db.execute("create table change_feed (fields text)")
    db.execute("insert into change_feed values (?)", [NEEDLE])
    db.commit()
    db.execute("delete from change_feed")
    db.commit()
    db.close()
    assert places_holding(home, [NEEDLE]) == [Place("state.db")]


def test_a_home_without_the_canary_has_no_places(home):
    (home / "run.log").write_text("nobody", encoding="utf-8")
    assert places_holding(home, [NEEDLE]) == []


def test_searching_for_nothing_is_refused():
    with pytest.raises(ValueError, match="found none"):
        places_holding(None, [""])


@pytest.mark.parametrize(
    ("place", "allowed"),
    [
        (Place("landing/shop/customers/load=01J/part-00000.parquet", "", "_raw"), True),
        (Place("state.db", "change_feed", "fields"), True),
        (Place("state.db-wal"), True),
        (Place("work/warehouse.duckdb", "staging.stg_s4__emails", "email"), True),
        (Place("published/b1/parquet/dim_contact.parquet", "", "email"), True),
        (Place("published/b1/parquet/fct_a/year=2026/data_0.parquet", "", "address"), True),
        (Place("linkage/person.01ab.context.parquet", "", "value"), True),
        # Only ids may be there:
        (Place("work/warehouse.duckdb", "quality.quarantined_rows", "reason"), False),
        (Place("state.db", "party_memberships", "record_id"), False),
        # Not listed at all:
        (Place("state.db", "quality_results", "observed"), False),
        (Place("logs/run.log"), False),
        (Place("dagster/storage/run/compute_logs/a.err"), False),
        (Place("landing/shop/customers/load=01J/manifest.json"), False),
    ],
)
def test_plain_values_are_allowed_only_where_the_list_says_so(place, allowed):
    assert (unlisted([place]) == []) is allowed


def test_every_location_has_a_name_of_its_own_and_a_known_writer():
    names = [location.name for location in load()]
    assert len(names) == len(set(names))
    assert {location.written_by for location in load()} <= {
        "connectors",
        "dbt_project",
        "dedupe",
        "examples/bi",
        "quality",
        "sandbox",
        "serving",
        "stamm",
    }


def test_a_star_stays_within_its_folder():
    assert location_of("landing/shop/customers/load=1/part-0.parquet", None).name == (
        "landed_records"
    )
    assert location_of("landing/shop/customers/load=1/deeper/part-0.parquet", None) is None
