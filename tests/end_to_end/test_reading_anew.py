"""Reading the sources from their beginning, or making all anew, changes no row and no id."""

import pytest

from tests.end_to_end.company import company_that_ran

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_reading_all_sources_anew_lands_nothing_and_leaves_the_build(tmp_path, tmp_path_factory):
    company, first = company_that_ran(tmp_path_factory, tmp_path, customers=80, seed=3)
    before = company.tables()
    again = company.run("--reextract")
    assert sum(row["landed"] for row in again["sources"]) == 0
    assert again["build"] == first["build"]
    assert company.run("--full")["build"] != first["build"]
    assert company.tables() == before


def test_the_same_day_gives_the_same_rows_and_another_day_other_ages(tmp_path, tmp_path_factory):
    company, _ = company_that_ran(tmp_path_factory, tmp_path, customers=80, seed=3)
    scores = company.tables()["customer_scores"]
    company.run("--as-of", "2026-09-30")
    assert company.tables()["customer_scores"] != scores
    company.run("--as-of", "2026-06-30")
    assert company.tables()["customer_scores"] == scores
