"""The quality report: what is at fault now, every check over the runs, nothing from outside."""

import re
import shutil
import subprocess
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from quality.checks import GATES
from quality.report.content import content
from quality.report.page import quarantined, write_report
from tests.quality.conftest import AT

PARTIES = "intermediate.int_parties__match_input"


class Page(HTMLParser):
    """Texts and attributes of a page."""

    def __init__(self, text):
        super().__init__()
        self.attributes, self.said = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.attributes += [(tag, name, value) for name, value in attributes]

    def handle_data(self, data):
        self.said += f" {data}"


@pytest.fixture
def page(con, gate, store, tmp_path):
    """Two runs: a sound one, and one that a gate stopped with a row in quarantine."""
    for name in GATES:
        gate(name, run_id="monday")
    con.execute(f"update {PARTIES} set party_type = '<b>robot</b>', country = 'Germany'")
    gate("landing", run_id="tuesday", at=AT + timedelta(days=1))
    gate("match_input", run_id="tuesday", at=AT + timedelta(days=1))
    path = tmp_path / "reports" / "quality.html"
    assert write_report(path, store, quarantined(con))
    return path


def test_before_the_first_gate_there_is_nothing_to_show(con, store, tmp_path):
    assert not write_report(tmp_path / "quality.html", store, quarantined(con))
    assert not (tmp_path / "quality.html").exists()


def test_what_is_at_fault_comes_first_with_what_was_seen_and_where_to_look(page):
    said = " ".join(Page(page.read_text()).said.split())
    now = said.split("All checks")[0]
    assert now.index("party type is known") < now.index("country is a code")
    assert "Seen: 1 of 1 rows at fault. Expected: party_type is person or organisation" in now
    assert "quality.quarantined_rows where rule = 'party_type_is_known'" in now


def test_each_check_has_its_verdict_in_each_run(page, store):
    shown = content(store)
    by_name = {check.name: check.verdicts for check in shown.checks}
    assert [run.verdict for run in shown.runs] == ["passed", "stopped"]
    assert by_name["party_type_is_known"] == ("passed", "stopped")
    assert by_name["country_is_a_code"] == ("passed", "warned")
    assert by_name["record_id_is_unique"] == ("passed", "passed")
    squares = [v for _, name, v in Page(page.read_text()).attributes if name == "title"]
    assert "2026-07-01: stopped" in squares


def test_rows_in_quarantine_are_counted_by_rule(page):
    said = " ".join(Page(page.read_text()).said.split("Quarantine")[-1].split())
    assert "match input erp business_partners country is a code 1 2026-07-01 2026-07-01" in said


def test_it_holds_no_value_of_a_record_and_nothing_from_outside(page):
    text = page.read_text()
    assert "robot" not in text
    assert "Germany" not in text
    assert not re.search(r"(src|href)=|url\(|@import|<script", text)


BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_browser_shows_it(page, tmp_path):
    shot = tmp_path / "page.png"
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         f"--screenshot={shot}",
         f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert shot.exists(), done.stderr
    assert shot.stat().st_size > 10_000


def test_bi_gets_the_numbers_of_the_page_and_writing_them_again_changes_nothing(
    page, con, gate, store
):
    from quality.history import export_results

    counts = export_results(con, store)
    of_tuesday = "where run_id = 'tuesday' group by gate order by gate"
    told = con.sql(
        "select gate, count(*), count(*) filter (where not passed) from quality.check_results "
        + of_tuesday
    ).fetchall()
    found = store.query(f"select gate, count(*), sum(not passed) from quality_results {of_tuesday}")
    assert told == [tuple(row) for row in found] != []
    kept = store.query("select count(*) as n from quality_results")[0]["n"]
    assert counts["check_results"] == kept > 0
    figures = store.query("select count(*) as n from quality_figures")[0]["n"]
    assert counts["figure_results"] == figures > 0
    rows = con.sql("from quality.check_results").fetchall()
    assert export_results(con, store) == counts
    assert con.sql("from quality.check_results").fetchall() == rows
    assert con.sql("select min(checked_at) from quality.check_results").fetchall() == [
        (AT.replace(tzinfo=None),)
    ]
