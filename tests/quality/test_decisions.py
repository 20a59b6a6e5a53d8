"""Rows in quarantine may be released or dropped by a person; both can be taken back."""

from datetime import timedelta

import pytest

from quality.decisions import decide, decided, decided_rows, drop_landed, waiting
from stamm.errors import UsageError
from tests.quality.conftest import AT

PARTIES = "intermediate.int_parties__match_input"
LATER = AT + timedelta(days=1)


@pytest.fixture
def at_fault(con, gate):
    """One record at fault under two rules."""
    con.execute(f"update {PARTIES} set country = 'Germany', birth_date = date '2030-01-01'")
    gate("match_input")
    return con


def rules(report):
    return {check.name for check in report.checks if not check.passed}


def test_waiting_rows_can_be_narrowed_down(at_fault):
    assert [row.rule for row in waiting(at_fault)] == [
        "birth_date_is_plausible",
        "country_is_a_code",
    ]
    assert [row.record_id for row in waiting(at_fault, rule="country_is_a_code")] == ["r1"]
    assert waiting(at_fault, source="shop") == []
    assert len(waiting(at_fault, record="r1")) == 2


def test_a_released_row_is_minded_by_its_rule_no_more_and_by_the_others_still(
    at_fault, gate, store
):
    rows = waiting(at_fault, rule="country_is_a_code")
    assert decide(store, at_fault, "release", rows, by="a", why="so it is", at=AT) == 1

    assert rules(gate("match_input", run_id="run2", at=LATER)) == {"birth_date_is_plausible"}
    assert [row.rule for row in waiting(at_fault)] == ["birth_date_is_plausible"]

    reopened = decided_rows(store, "r1")
    decide(store, at_fault, "reopen", reopened, by="a", why="it was not", at=LATER)
    assert "country_is_a_code" in rules(gate("match_input", run_id="run3", at=LATER))


def test_a_released_error_lets_the_run_go_on_and_another_row_stops_it(con, gate, store):
    con.execute(f"update {PARTIES} set party_type = 'robot'")
    gate("match_input")
    decide(store, con, "release", waiting(con), by="a", why="a robot", at=AT)
    gate("match_input", run_id="run2").raise_on_error()

    con.execute(f"insert into {PARTIES} select * replace ('r3' as record_id) from {PARTIES}")
    report = gate("match_input", run_id="run3")
    [failed] = [check for check in report.checks if check.name == "party_type_is_known"]
    assert (failed.passed, failed.rows_failed) == (False, 1)


@pytest.fixture
def without_a_buyer(con, gate):
    """One order, f1, of which nobody knows who bought."""
    con.execute("update intermediate.int_orders set buyer_record_id = null")
    con.execute("update marts.fct_orders set party_link_id = null")
    gate("match_input")
    return con


def of_check(report, name):
    [found] = [check for check in report.checks if check.name == name]
    return found


def test_a_released_order_without_a_buyer_is_published_and_told_at_either_gate(
    without_a_buyer, gate, store
):
    lost = of_check(gate("marts"), "fact_has_a_customer")
    assert (lost.passed, lost.observed) == (False, "fct_orders: without_customer 1")

    rows = waiting(without_a_buyer, rule="fact_has_a_buyer")
    decide(store, without_a_buyer, "release", rows, by="a", why="over the counter", at=AT)

    buyer = of_check(gate("match_input", run_id="run2"), "fact_has_a_buyer")
    assert (buyer.passed, buyer.observed) == (True, "0 of 3 rows at fault, 1 released")
    customer = of_check(gate("marts", run_id="run2"), "fact_has_a_customer")
    assert (customer.passed, customer.observed) == (True, "6 looked at, none at fault, 1 released")


def test_another_order_without_a_buyer_is_lost_all_the_same(without_a_buyer, gate, store):
    decide(store, without_a_buyer, "release", waiting(without_a_buyer), by="a", why="", at=AT)
    without_a_buyer.execute(
        "insert into marts.fct_orders select * replace ('f2' as order_record_id) "
        "from marts.fct_orders"
    )
    lost = of_check(gate("marts", run_id="run2"), "fact_has_a_customer")
    assert (lost.rows_failed, lost.observed) == (1, "fct_orders: without_customer 1, 1 released")


@pytest.fixture
def in_no_state(con, gate):
    """One order, f1, in a state that nobody knows."""
    con.execute("update intermediate.int_orders set status = null")
    gate("match_input")
    return con


def test_a_rule_that_the_marts_build_on_releases_nothing_and_says_what_to_do(in_no_state, store):
    with pytest.raises(UsageError, match="found fact_state_is_known") as refused:
        decide(store, in_no_state, "release", waiting(in_no_state), by="a", why="", at=AT)
    assert "Map the code" in str(refused.value)
    assert "stamm quarantine drop" in str(refused.value)


def test_what_was_released_of_such_a_rule_before_counts_no_more(in_no_state, gate, store):
    decided(store)
    with store.transaction() as db:
        db.execute(
            "insert into quarantine_decisions values "
            "(1, '', 'a', 'release', 'erp', 'orders', 'f1', 'fact_state_is_known', '', '')"
        )
    assert "fact_state_is_known" in rules(gate("match_input", run_id="run2"))


def test_a_dropped_record_leaves_the_landing_views_and_is_counted(at_fault, gate, store):
    decide(store, at_fault, "drop", waiting(at_fault), by="a", why="a trial", at=AT)

    assert drop_landed(at_fault, store) == 1

    live = at_fault.execute("select record_id from landing.s4_business_partners").fetchall()
    assert live == [("r2",)]
    assert at_fault.execute("from landing.all_dropped").fetchall() == [
        ("erp", "s4", "business_partners", "r1")
    ]
    # The server counts two: one is live, one was dropped, none is missing.
    assert rules(gate("landing", run_id="run2")) == set()


def test_a_dropped_record_that_changes_is_looked_at_anew(at_fault, store):
    decide(store, at_fault, "drop", waiting(at_fault), by="a", why="a trial", at=AT)
    at_fault.execute("update landing.s4_business_partners set raw = '{\"mended\": 1}'")
    assert drop_landed(at_fault, store) == 0


def test_a_firm_that_a_record_names_is_dropped_with_it(at_fault, store):
    at_fault.execute("update quality.quarantined_rows set record_id = 'r1#org'")
    decide(store, at_fault, "drop", waiting(at_fault), by="a", why="a trial", at=AT)
    assert drop_landed(at_fault, store) == 1


def test_what_never_landed_cannot_be_decided_about(con, gate, store):
    con.execute(
        "insert into landing.all_rejected values "
        "('erp', 's4', 'business_partners', 'L1', 7, 'key_missing', 'no BusinessPartner')"
    )
    gate("landing")
    with pytest.raises(UsageError, match="expected a row that landed, found L1:7") as refused:
        decide(store, con, "release", waiting(con), by="a", why="", at=AT)
    assert "Mend it at the source" in str(refused.value)
    assert decided(store).released == frozenset()


def test_decisions_are_kept_for_ever(at_fault, store):
    decide(store, at_fault, "release", waiting(at_fault), by="a", why="so it is", at=AT)
    with pytest.raises(Exception, match="append-only"), store.transaction() as db:
        db.execute("delete from quarantine_decisions")
