"""Reading the sources from their beginning, or making all anew, changes no row and no id."""

import pytest

from tests.end_to_end.company import new_company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_reading_all_sources_anew_lands_nothing_and_leaves_the_build(tmp_path):
    company = new_company(tmp_path, customers=100, seed=3)
    first = company.run()
    before = company.tables()
    again = company.run("--reextract")
    assert sum(row["landed"] for row in again["sources"]) == 0
    assert again["build"] == first["build"]
    assert company.run("--full")["build"] != first["build"]
    assert company.tables() == before


def test_the_same_day_gives_the_same_rows_and_another_day_other_ages(tmp_path):
    company = new_company(tmp_path, customers=100, seed=3)
    company.run("--as-of", "2026-06-30")
    scores = company.tables()["customer_scores"]
    company.run("--as-of", "2026-09-30")
    assert company.tables()["customer_scores"] != scores
    company.run("--as-of", "2026-06-30")
    assert company.tables()["customer_scores"] == scores
