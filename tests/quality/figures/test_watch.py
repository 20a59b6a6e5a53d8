"""Figures of a gate: taken per source, compared with published runs only, told in a sentence."""

from datetime import UTC, datetime, timedelta

import pytest

from quality.checks import GATES
from quality.figures.declared import WATCHED

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
PARTIES = "intermediate.int_parties__match_input"


@pytest.fixture
def grown(con):
    """Enough records that shares say something."""
    con.execute(
        f"insert into {PARTIES} select * exclude (i) replace ('g' || i as record_id, "
        f"['a' || i || '@b.de'] as emails, 'Roth' || chr((97 + i % 26)::integer) as family_name, "
        f"'0' || (1000 + i) as postcode) from {PARTIES}, range(400) t(i)"
    )
    con.execute("insert into golden.xref_parties select 'g' || i, 'P1' from range(400) t(i)")
    return con


def passed(gate, run_id, at=AT):
    for name in GATES:
        gate(name, run_id=run_id, at=at, largest_cluster=1000).raise_on_error()


def told(report):
    return {check.name: check.observed for check in report.checks if not check.passed}


def test_what_moved_since_the_last_published_run_is_told_with_both_figures(grown, gate):
    passed(gate, "monday")
    grown.execute(f"update {PARTIES} set postcode = null where record_id like 'g1%'")

    found = told(gate("match_input", run_id="tuesday", at=AT + timedelta(days=1)))

    assert set(found) == {"values_are_missing_as_usual"}
    said = found["values_are_missing_as_usual"]
    assert "erp.business_partners parties, postcode missing (27.9%, usually 0.2%)" in said


def test_a_run_that_did_not_pass_is_nothing_to_compare_with(grown, gate):
    gate("match_input", run_id="stopped")
    grown.execute(f"update {PARTIES} set postcode = null")
    assert told(gate("match_input", run_id="tuesday", at=AT + timedelta(days=1))) == {}


def test_the_same_run_again_is_not_compared_with_itself(grown, gate):
    passed(gate, "monday")
    grown.execute(f"update {PARTIES} set postcode = null")
    for _ in range(2):
        assert told(gate("match_input", run_id="tuesday", at=AT + timedelta(days=1)))


def test_what_stays_changed_becomes_usual_within_two_weeks(grown, gate):
    passed(gate, "monday")
    grown.execute(f"update {PARTIES} set postcode = null")
    days = 0
    while True:
        days += 1
        passed(gate, f"day {days}", AT + timedelta(days=days))
        if not told(gate("match_input", run_id="now", at=AT + timedelta(days=days + 1))):
            break
    assert 1 <= days <= 7


def test_a_source_that_brings_nothing_any_more_is_told(grown, gate):
    passed(gate, "monday")
    grown.execute(f"delete from {PARTIES} where record_id like 'g%'")
    grown.execute(f"update {PARTIES} set source = 'other'")

    found = told(gate("match_input", run_id="tuesday", at=AT + timedelta(days=1)))

    assert "erp.business_partners parties, rows (0, usually 401)" in found["volume_is_as_usual"]


def test_no_value_of_a_record_is_kept(grown, gate, store):
    passed(gate, "monday")
    kept = " ".join(str(tuple(row)) for row in store.query("select * from quality_figures"))
    assert "Roth" not in kept
    assert "@b.de" not in kept


@pytest.mark.parametrize("gate_name", WATCHED)
def test_every_figure_has_a_reason_and_a_name_of_its_own(gate_name):
    for watched in WATCHED[gate_name]:
        names = [figure.name for figure in watched.figures]
        assert len(set(names)) == len(names)
        assert all(figure.reason and figure.floor > 0 for figure in watched.figures)
