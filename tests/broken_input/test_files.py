"""Files with a missing column, a wrong encoding, rows without a key, or nothing left in them."""

import re

import pytest

from tests.broken_input.projects import CARDS, cards, health, project, quarantined


def problem_of(company) -> dict:
    (problem,) = health(company, exit_code=1)["cards"]["problems"]
    return problem


def test_check_names_the_missing_column_what_is_there_and_the_setting(tmp_path):
    company = project(tmp_path, {"cards": CARDS})
    text = cards(3, header="Nr;Vorname;Nachname;Email;Ort")
    (tmp_path / "cards.csv").write_text(text, encoding="utf-8")
    assert problem_of(company) == {
        "problem": "cards.parties: cards.csv: expected the column 'E-Mail', "
        "found Nr, Vorname, Nachname, Email, Ort",
        "remedy": "Change sources.cards.map.email to 'Email', or restore the column. "
        "If all columns look run together, set `delimiter`; "
        "if a title stands above them, `rows_above`.",
    }


def test_check_names_the_line_that_is_not_in_the_declared_encoding(tmp_path):
    company = project(tmp_path, {"cards": {**CARDS, "encoding": "utf-8"}})
    (tmp_path / "cards.csv").write_text(cards(3), encoding="cp1252")
    assert problem_of(company) == {
        "problem": "cards.parties: cards.csv: expected text in utf-8, found other bytes in line 2",
        "remedy": "Its encoding looks like cp1252: set `encoding` of this source, "
        "or save the file as UTF-8.",
    }


def test_utf_8_is_not_read_as_cp1252_into_garbled_names(tmp_path):
    company = project(tmp_path, {"cards": {**CARDS, "encoding": "cp1252"}})
    (tmp_path / "cards.csv").write_text(cards(3), encoding="utf-8")
    assert problem_of(company) == {
        "problem": "cards.parties: cards.csv: expected text in cp1252, found UTF-8",
        "remedy": "Set `encoding: utf-8` of this source.",
    }


def test_check_names_a_file_that_is_not_there(tmp_path):
    company = project(tmp_path, {"cards": CARDS})
    assert problem_of(company) == {
        "problem": "cards.parties: sources.cards.path: expected a file or folder, "
        "found none at 'cards.csv'",
        "remedy": "Check the path; relative ones begin at stamm.yaml.",
    }


@pytest.mark.slow
def test_a_run_on_a_file_with_a_missing_column_fails_before_anything_is_published(tmp_path):
    company = project(tmp_path, {"cards": CARDS})
    text = cards(3, header="Nr;Vorname;Nachname;Email;Ort")
    (tmp_path / "cards.csv").write_text(text, encoding="utf-8")
    said = company.stamm("run", exit_code=1)
    assert "cards.parties: cards.csv: expected the column 'E-Mail'" in said
    assert "Change sources.cards.map.email to 'Email'" in said
    assert not (company.home / "published" / "current").exists()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_rows_without_a_key_wait_in_quarantine_and_an_emptied_file_replaces_nothing(tmp_path):
    company = project(tmp_path, {"cards": CARDS})
    file = tmp_path / "cards.csv"
    file.write_text(cards(200), encoding="utf-8")
    summary = company.run()
    (source,) = summary["sources"]
    assert (source["landed"], source["quarantined"]) == (198, 2)
    assert quarantined(company) == [("cards", "parties", "key_missing", "no Nr")] * 2
    before = company.tables()
    assert len(before["xref_parties"]) == 198

    file.write_text(cards(0), encoding="utf-8")
    said = company.stamm("run", exit_code=1)
    assert "cards.parties: a full read brought 0 records, 198 are landed" in said
    assert company.tables() == before

    file.write_text(cards(200), encoding="cp1252")  # detected: the same people
    again = company.run()
    assert (again["changed"], again["build"]) == (False, summary["build"])

    # The two rows get the numbers they lacked: 100 and 200, as in their names.
    mended = re.sub(r"(?m)^;(.*Größ)(\d+)", r"\2;\1\2", cards(200))
    file.write_text(mended, encoding="utf-8")
    assert company.run()["changed"]
    assert quarantined(company) == []
    assert len(company.tables()["xref_parties"]) == 200
