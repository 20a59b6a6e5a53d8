"""Rows at fault wait in quarantine by id: none lost, none for longer than it is at fault."""

from datetime import timedelta

from tests.quality.conftest import AT

ROWS = (
    "select source, stream, record_id, rule, gate, run_id, first_seen::varchar, "
    "last_seen::varchar from quality.quarantined_rows order by all"
)


def test_a_row_keeps_the_moment_it_was_first_seen_and_leaves_when_mended(con, gate):
    con.execute("update intermediate.int_parties__match_input set country = 'Germany'")
    gate("match_input", run_id="monday")
    gate("match_input", run_id="tuesday", at=AT + timedelta(days=1))
    assert con.sql(ROWS).fetchall() == [
        (
            "erp",
            "business_partners",
            "r1",
            "country_is_a_code",
            "match_input",
            "tuesday",
            "2026-06-30 06:00:00",
            "2026-07-01 06:00:00",
        )
    ]
    con.execute("update intermediate.int_parties__match_input set country = 'DE'")
    gate("match_input", run_id="wednesday")
    assert con.sql(ROWS).fetchall() == []


def test_a_mandatory_field_null_in_one_of_a_hundred_rows_is_quarantined_and_goes_on(con, gate):
    con.execute(
        "insert into landing.s4_business_partners "
        "select 'erp', 'x' || i, i::varchar, '{}' from range(97) t(i)"
    )
    con.execute(
        "insert into landing.all_rejected values "
        "('erp', 's4', 'business_partners', 'L1', 7, 'mandatory_null', 'SoldToParty is null')"
    )
    report = gate("landing")
    report.raise_on_error()
    assert [c.name for c in report.checks if not c.passed] == ["mandatory_values_are_present"]
    assert [row[:4] for row in con.sql(ROWS).fetchall()] == [
        ("erp", "business_partners", "L1:7", "mandatory_null")
    ]


def test_each_gate_minds_its_own_rows_only(con, gate):
    con.execute("update intermediate.int_parties__match_input set country = 'Germany'")
    gate("match_input")
    gate("golden")
    assert len(con.sql(ROWS).fetchall()) == 1
