"""A gate passes good tables, stops at bad ones, says how many rows, and keeps no values."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from quality.gates import check_names, run_gate
from stamm.duck import in_memory
from stamm.errors import GateStopped
from stamm.store import Store

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
BOUNDS = SimpleNamespace(rejected_share=0.02, largest_cluster=3)
GOOD = "('r1', 'shop', 'person', 'Art. 6 (1) b', date '1985-02-07', 'DE')"


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


@pytest.fixture
def con():
    with in_memory() as opened:
        opened.execute("create schema intermediate")
        yield opened


def match_input(con, *rows):
    con.execute(
        "create table intermediate.int_parties__match_input as select * from (values "
        + ", ".join(rows)
        + ") t(record_id, source, party_type, legal_basis, birth_date, country)"
    )


def gate(con, store, name="match_input"):
    return run_gate(name, con, store, run_id="run1", at=AT, thresholds=BOUNDS)


def test_good_rows_pass_every_check(con, store):
    match_input(con, GOOD)
    report = gate(con, store)
    assert [check.name for check in report.checks] == check_names("match_input")
    assert all(check.passed for check in report.checks)
    report.raise_on_error()


def test_a_doubled_record_stops_the_run_and_is_quarantined(con, store):
    match_input(con, GOOD, GOOD)
    report = gate(con, store)
    with pytest.raises(GateStopped, match="a party record is there once: 2 of 2 rows") as caught:
        report.raise_on_error()
    assert caught.value.exit_code == 3
    rows = con.sql("select record_id, source, rule from quality.quarantined_rows").fetchall()
    assert rows == [("r1", "shop", "record_id_unique")] * 2


def test_a_missing_legal_basis_stops_the_run(con, store):
    match_input(con, GOOD, "('r2', 'shop', 'person', null, null, 'DE')")
    with pytest.raises(GateStopped, match="has its legal basis: 1 of 2 rows"):
        gate(con, store).raise_on_error()


def test_a_birth_in_the_future_warns_and_goes_on(con, store):
    match_input(con, GOOD, "('r2', 'shop', 'person', 'x', date '2031-01-01', 'DE')")
    report = gate(con, store)
    failed = [check.name for check in report.checks if not check.passed]
    assert failed == ["birth_date_plausible"]
    report.raise_on_error()


def test_the_quarantine_empties_itself_when_the_rows_are_mended(con, store):
    match_input(con, GOOD, GOOD)
    gate(con, store)
    con.execute("drop table intermediate.int_parties__match_input")
    match_input(con, GOOD)
    gate(con, store)
    assert con.sql("select * from quality.quarantined_rows").fetchall() == []


def test_results_are_kept_in_the_store_without_values(con, store):
    match_input(con, GOOD, GOOD)
    gate(con, store)
    kept = {r["name"]: r["rows_failed"] for r in store.query("select * from quality_results")}
    assert kept["record_id_unique"] == 2
    assert kept["record_id_present"] == 0


def test_a_load_that_rejects_too_much_stops_the_run(con, store):
    con.execute("create schema landing")
    con.execute(
        "create table landing.all_loads as select 'erp' as source, 97 as rows, 97 as upserts, "
        "0 as deletes, 3 as rejected"
    )
    con.execute(
        "create table landing.stream_basis as select 's4' as system, 'contract' as purpose, "
        "'Art. 6 (1) b' as legal_basis, 'customer_master' as retention"
    )
    with pytest.raises(GateStopped, match="a load rejects few of its records: 1 of 1"):
        gate(con, store, "landing").raise_on_error()
