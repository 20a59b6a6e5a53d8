"""Figures in the docs come from the result files that the benchmarks wrote."""

from __future__ import annotations

import pytest

from benchmarks.results import Table, write_result
from benchmarks.tables import PAGES, RESULTS, named_results, page_with_results


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_what_the_result_files_say(page) -> None:
    text = page.read_text(encoding="utf-8")
    assert page_with_results(text) == text, "run `python -m benchmarks.tables`"


def test_every_result_file_is_shown_on_a_page() -> None:
    shown = {name for page in PAGES for name in named_results(page.read_text(encoding="utf-8"))}
    assert shown == {file.stem for file in RESULTS.glob("*.json")}


def test_a_result_becomes_a_table_with_its_command_and_machine(tmp_path) -> None:
    table = Table("Seconds", ("records", "stamm", "other"), ((1_000_000, 9.2, None),))
    write_result(tmp_path / "speed.json", "python benchmarks/speed.py", [table])
    page = page_with_results("<!-- results: speed -->\nold\n<!-- end of results -->", tmp_path)
    assert "| records | stamm | other |\n|---:|---:|---:|\n| 1,000,000 | 9.2 | – |" in page
    assert "`python benchmarks/speed.py`" in page and "duckdb" in page and "old" not in page


def test_a_place_without_its_file_is_named(tmp_path) -> None:
    with pytest.raises(KeyError, match=r"speed\.json"):
        page_with_results("<!-- results: speed -->\n<!-- end of results -->", tmp_path)
