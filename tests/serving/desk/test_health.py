"""Health: sources, gates, quarantine and duplicates at a glance, as counts."""

from contextlib import closing

from orchestration.desk_health import condition
from orchestration.project import open_project
from orchestration.runs import RunLog
from quality.report.content import content
from serving.restored import checked, note_restore
from tests.serving.api.published import AT
from tests.serving.desk.desks import Browser


def test_it_tells_run_gates_quarantine_duplicates_and_freshness(steward):
    steward.get("/health")
    for text in (
        "Last run run-1: done, ended 2026-06-30 06:05 (UTC)", "Published: b1",
        "41 checks passed, 1 did not.", "country is a code warns", "erp country is a code 3",
        "business_partners 1,234 2026-06-30 06:00", "orders – never",
    ):  # fmt: skip
        assert text in steward.said, text
    assert 'href="http://dagster.example"' in steward.seen.text


def test_after_a_restore_it_says_what_is_missing_until_somebody_looked(desk):
    note_restore(desk.store, restored_at="2026-07-02T08:00:00+00:00",
                 made_at="2026-07-01T02:00:00+00:00")  # fmt: skip
    steward = Browser(desk).logged_in("m.winter")
    steward.get("/health")
    assert "came out of the backup of 2026-07-01 02:00 (UTC)" in steward.said
    checked(desk.store, at=AT)
    steward.get("/health")
    assert "came out of the backup" not in steward.said


def test_duplicates_are_records_beyond_the_first_of_a_party_in_one_source(desk, steward):
    steward.get("/health")
    [row] = desk.service.published.current().rows(
        "select count(*) as n, count(distinct party_id) as p from xref_parties"
        " where source = 'erp' and facet_of is null"
    )
    assert f"erp {row['n']} {row['p']} {row['n'] - row['p']}" in steward.said


def test_before_the_first_run_nothing_is_known_and_nothing_breaks(tmp_path, monkeypatch, desk):
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "new"))
    monkeypatch.chdir(tmp_path)
    project = open_project()
    with closing(project.open_store()) as store:
        told = condition(project, store, desk.copies)
        assert (told.run_id, told.faults, told.passed) == (None, (), 0)
        assert {one.source for one in told.streams} >= {"erp", "shop"}
        assert all(one.read_at is None for one in told.streams)
        RunLog(store).begin("run-9", "2026-06-30", full=False)
        assert condition(project, store, desk.copies).run_id == "run-9"
        assert content(store) is None
