"""A gate passes sound tables, stops at broken ones, says how many rows, and keeps no values."""

import json
import subprocess
import sys

import pytest

from quality.checks import GATES
from quality.figures.watch import FAMILIES
from quality.gates import checks_of
from quality.results import results_of
from stamm.errors import GateStopped, UsageError
from tests.quality.conftest import AT

MATCH_INPUT = "intermediate.int_parties__match_input"
# What is broken, in which gate, the check that sees it, its severity, rows at fault.
BROKEN = [
    ("landing", "insert into landing.all_rejected values ('erp', 's4', 'business_partners', "
     "'L1', 0, 'key_missing', 'no BusinessPartner')", "rejected_share_is_small", "error", 1),
    ("landing", "insert into landing.all_rejected values ('erp', 's4', 'business_partners', "
     "'L1', 0, 'mandatory_null', 'x is null')", "mandatory_values_are_present", "warn", 1),
    ("landing", "update landing.all_loads set server_total = 5",
     "landed_records_reconcile_with_the_server", "error", 3),
    # Deletes of former loads excuse nothing: 3 of 5 are missing, whatever was deleted before.
    ("landing", "update landing.all_loads set server_total = 5; insert into "
     "landing.all_tombstones select 'erp', 's4', 'business_partners', 'd' || i, 'L0' "
     "from range(500) t(i)", "landed_records_reconcile_with_the_server", "error", 3),
    ("landing", "insert into landing.all_loads select * exclude (i) "
     "replace ('L' || i as load_id, if(i = 5, 20000, 2) as rows) "
     "from landing.all_loads, range(2, 6) t(i)",
     "volume_is_like_previous_loads", "warn", 20000),
    ("landing", "update landing.all_loads set deletes = 30", "few_records_were_deleted",
     "warn", 30),
    ("landing", "update landing.s4_business_partners set key = null where record_id = 'r1'",
     "landed_records_are_whole", "error", 1),
    ("landing", "insert into landing.s4_business_partners values ('erp', 'r1', '1', '{}')",
     "landed_record_ids_are_unique", "error", 1),
    ("landing", "update landing.stream_basis set legal_basis = ''", "legal_basis_is_stated",
     "error", 1),
    ("match_input", f"update {MATCH_INPUT} set record_id = null", "record_id_is_present",
     "error", 1),
    ("match_input", f"insert into {MATCH_INPUT} from {MATCH_INPUT}", "record_id_is_unique",
     "error", 2),
    ("match_input", f"update {MATCH_INPUT} set party_type = 'robot'", "party_type_is_known",
     "error", 1),
    ("match_input", f"update {MATCH_INPUT} set party_type = null", "party_type_is_known",
     "error", 1),
    ("match_input", f"update {MATCH_INPUT} set retention = null", "legal_basis_is_known",
     "error", 1),
    ("match_input", f"update {MATCH_INPUT} set birth_date = date '2026-07-01'",
     "birth_date_is_plausible", "warn", 1),
    ("match_input", f"update {MATCH_INPUT} set birth_date = date '1899-01-01'",
     "birth_date_is_plausible", "warn", 1),
    ("match_input", f"update {MATCH_INPUT} set country = 'Germany'", "country_is_a_code",
     "warn", 1),
    ("match_input", "delete from intermediate.int_parties__set_aside",
     "record_is_linked_or_set_aside", "error", 1),
    ("match_input", "update intermediate.int_orders set status = null", "fact_state_is_known",
     "error", 1),
    ("match_input", "update intermediate.int_invoices set kind = null", "fact_state_is_known",
     "error", 1),
    ("match_input", "update intermediate.int_quotes set amount_net_eur = null",
     "fact_has_an_amount_in_eur", "error", 1),
    ("match_input", "update intermediate.int_invoices set buyer_record_id = null",
     "fact_has_a_buyer", "error", 1),
    ("match_input", "update intermediate.int_orders set ordered_at = null", "fact_has_a_day",
     "error", 1),
    ("match_input", "insert into landing.s4_sales_order_items values ('erp', 'i1', '9|10', "
     '\'{"SalesOrder": "9"}\')', "order_line_has_its_order", "warn", 1),
    # The same e-mail address, birth date and family name in 1,201 records each.
    ("match_input", f"insert into {MATCH_INPUT} select * exclude (i) replace ('x' || i as "
     f"record_id) from {MATCH_INPUT}, range(1200) t(i)", "no_value_explodes", "warn", 3603),
    ("golden", "delete from golden.xref_parties", "record_has_one_party", "error", 1),
    ("golden", "insert into golden.xref_parties values ('r1', 'P1')", "record_has_one_party",
     "error", 1),
    ("golden", "update golden.xref_parties set party_id = 'P9'", "record_has_one_party",
     "error", 1),
    ("golden", "insert into golden.golden_parties from golden.golden_parties",
     "party_id_is_unique", "error", 2),
    ("golden", "insert into golden.golden_parties select * replace ('P2' as party_id) "
     "from golden.golden_parties", "party_has_a_record", "error", 1),
    ("golden", "insert into golden.xref_parties select 'r1' || i, 'P1' from range(5) t(i)",
     "cluster_is_not_too_large", "error", 1),
    ("golden", "delete from golden.golden_lineage where attribute = 'birth_date'",
     "golden_value_has_a_lineage", "error", 1),
    ("golden", "update golden.golden_lineage set record_id = 'r9'",
     "golden_value_has_a_lineage", "error", 4),
    ("golden", "update golden.golden_lineage set retention = null where attribute = 'country'",
     "golden_value_has_a_basis", "error", 1),
    ("golden", "update golden.retired_parties set resolves_to = 'P7'", "retired_id_resolves",
     "error", 1),
    ("marts", "delete from intermediate.int_parties__set_aside",
     "landed_record_is_accounted_for", "error", 1),
    ("marts", "update marts.fct_orders set amount_net_eur = 10.11",
     "sums_equal_those_before_the_marts", "error", 1),
    ("marts", "delete from marts.fct_invoices", "sums_equal_those_before_the_marts", "error", 1),
    # A cent lost between landing and staging, a document lost, an amount in the wrong currency.
    ("marts", "update marts.fct_orders set amount_net = 10.09",
     "sums_equal_those_the_sources_sent", "error", 1),
    ("marts", "insert into landing.shopware_orders values ('shop', 'o2', '2', "
     '\'{"amountNet": 5.5, "currency": {"isoCode": "CHF"}}\')',
     "sums_equal_those_the_sources_sent", "error", 1),
    ("marts", "update marts.fct_quotes set currency = 'CHF'",
     "sums_equal_those_the_sources_sent", "error", 2),
    ("marts", "insert into marts.dim_customer values ('P1', true)",
     "customer_has_one_current_version", "error", 1),
    ("marts", "delete from marts.dim_customer", "customer_has_one_current_version", "error", 1),
    ("marts", "insert into marts.fct_tickets from marts.fct_tickets", "fact_comes_once",
     "error", 1),
    ("marts", "update marts.fct_quotes set party_link_id = 'l9'; insert into "
     "marts.xref_account_parties values ('l9', 'r1', null)", "fact_has_a_customer", "error", 1),
    ("marts", "update marts.fct_invoices set party_link_id = null", "fact_has_a_customer",
     "error", 1),
    ("marts", "update marts.fct_tickets set party_link_id = null", "ticket_has_its_party",
     "warn", 1),
    ("marts", "insert into marts.xref_account_parties values ('l9', 'r9', 'P9')",
     "account_is_a_current_customer", "error", 1),
    # One order counted for two customers, and one of 10.10 that was cancelled but counted.
    ("marts", "update marts.customer_360 set order_value_eur = 20.20",
     "turnover_by_customer_is_turnover_by_order", "error", 1010),
    ("marts", "update marts.fct_orders set status = 'cancelled'",
     "turnover_by_customer_is_turnover_by_order", "error", 1010),
    ("marts", "update golden.golden_parties set restricted = true",
     "no_restricted_party_leaves", "error", 1),
    ("marts", "insert into ops.suppressions values ('P1', null, 'objection', null)",
     "no_restricted_party_leaves", "error", 1),
    ("marts", "update marts.fct_tickets set created_at = timestamp '2026-07-02 00:00'",
     "nothing_happened_in_the_future", "warn", 1),
]  # fmt: skip


@pytest.mark.parametrize("name", GATES)
def test_sound_tables_pass_every_check(gate, name):
    report = gate(name)
    assert [check.name for check in report.checks] == [check.name for check in checks_of(name)]
    assert [check for check in report.checks if not check.passed] == []
    report.raise_on_error()


@pytest.mark.parametrize(("name", "fault", "check", "severity", "rows"), BROKEN)
def test_each_fault_is_seen_by_its_check(con, gate, name, fault, check, severity, rows):
    con.execute(fault)
    [found] = [c for c in gate(name).checks if c.name == check]
    assert (found.passed, found.severity, found.rows_failed) == (False, severity, rows)


def test_every_check_has_a_fault_that_it_sees():
    # Figures are compared with earlier runs: tests/quality/figures.
    made = [check for name in GATES for check in checks_of(name)]
    figures = {check.name for check in made if check.expect.arguments.get("column") in FAMILIES}
    assert {case[2] for case in BROKEN} | figures == {check.name for check in made}


def test_an_error_says_how_many_rows_which_rule_and_where_to_look(con, gate):
    con.execute(f"insert into {MATCH_INPUT} from {MATCH_INPUT}")
    with pytest.raises(GateStopped) as stopped:
        gate("match_input").raise_on_error()
    assert stopped.value.exit_code == 3
    assert (
        "2 of 2 rows of intermediate.int_parties__match_input break record_id_is_unique: "
        "every record comes once" in str(stopped.value)
    )
    assert "quality.quarantined_rows where rule = 'record_id_is_unique'" in str(stopped.value)


def test_of_rejected_records_the_quarantine_is_where_to_look(con, gate):
    con.execute(
        "insert into landing.all_rejected values "
        "('erp', 's4', 'business_partners', 'L1', 0, 'key_missing', 'no BusinessPartner')"
    )
    with pytest.raises(GateStopped) as stopped:
        gate("landing").raise_on_error()
    assert stopped.value.hint == (
        "Where to look: quality.quarantined_rows where gate = 'landing' "
        "(work/warehouse.duckdb): erp.business_partners"
    )


@pytest.mark.parametrize(
    ("shown", "shipping", "tax"),
    [("gross", 4.90, 0.78), ("net", 4.12, 0.78), ("tax-free", 4.12, 0.0)],
)
def test_a_shops_order_is_held_against_its_goods_without_the_shipping(
    con, gate, shown, shipping, tax
):
    costs = {"totalPrice": shipping, "calculatedTaxes": [{"tax": tax}]}
    order = {"amountNet": 14.22, "taxStatus": shown, "shippingCosts": costs}
    landed = json.dumps({**order, "currency": {"isoCode": "CHF"}})
    con.execute("insert into landing.shopware_orders values ('shop', 'o2', '2', ?)", [landed])
    con.execute(
        "insert into marts.fct_orders select * replace ('CHF' as currency) from marts.fct_orders"
    )
    [sums] = [c for c in gate("marts").checks if c.name == "sums_equal_those_the_sources_sent"]
    assert sums.passed


LINES = [
    ("s4_sales_orders", {"SalesOrder": "9"}, "s4_sales_order_items", {"SalesOrder": "9"}),
    ("shopware_orders", {"id": "9"}, "shopware_order_line_items", {"orderId": "9"}),
    ("tryton_sales", {"id": 9, "state": "draft"}, "tryton_sale_lines", {"sale": 9}),
    ("vendure_orders", {"id": "9", "orderPlacedAt": None}, "vendure_order_lines", {"orderId": "9"}),
    ("database_held_orders", {}, "database_held_order_lines", {"order_key": "9"}),
]


@pytest.mark.parametrize(("orders", "order", "lines", "line"), LINES)
def test_a_line_whose_order_has_not_landed_waits_in_quarantine(
    con, gate, orders, order, lines, line
):
    def land(table, record_id, body):
        row = {"source": "one", "record_id": record_id, "key": "9", "raw": json.dumps(body)}
        if table.startswith("database"):
            row["stream"] = "positions"
        marks = ", ".join(f"${name}" for name in row)
        con.execute(f"insert into landing.{table} ({', '.join(row)}) values ({marks})", row)

    def at_fault():
        report = gate("match_input")
        report.raise_on_error()
        return [c.rows_failed for c in report.checks if c.name == "order_line_has_its_order"]

    land(lines, "line", line)
    assert at_fault() == [1]
    told = "select source, record_id, rule from quality.quarantined_rows"
    assert con.execute(told).fetchall() == [("one", "line", "order_line_has_its_order")]
    land(orders, "order", order)
    assert at_fault() == [0]


def test_a_warning_lets_the_run_go_on(con, gate):
    con.execute(f"update {MATCH_INPUT} set country = 'Germany'")
    report = gate("match_input")
    assert [c.name for c in report.checks if not c.passed] == ["country_is_a_code"]
    report.raise_on_error()


def test_results_are_kept_without_any_value_of_a_record(con, gate, store):
    con.execute(f"update {MATCH_INPUT} set country = 'Atlantis'")
    report = gate("match_input")
    assert tuple(results_of(store, "run1")) == report.checks
    gate("match_input")
    assert len(results_of(store, "run1")) == len(report.checks)
    everything = [tuple(row) for row in store.query("select * from quality_results")]
    everything += con.sql("from quality.quarantined_rows").fetchall()
    assert "Atlantis" not in str(everything)


def test_an_unknown_gate_is_named_with_the_known_ones(gate):
    with pytest.raises(UsageError, match="expected a gate .landing, match_input, golden, marts."):
        gate("staging")


@pytest.mark.slow
def test_declaring_the_gates_does_not_import_great_expectations():
    code = (
        "import sys, quality.gates as g; g.checks_of('marts'); "
        "assert not {'great_expectations', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_birth_dates_are_held_against_the_as_of_date(con, store):
    from types import SimpleNamespace

    from quality.gates import run_gate

    con.execute(f"update {MATCH_INPUT} set birth_date = date '2026-06-01'")
    report = run_gate(
        "match_input",
        con,
        store,
        run_id="run1",
        at=AT,
        thresholds=SimpleNamespace(rejected_share=0.02, largest_cluster=3, stops=()),
        as_of=AT.date().replace(month=5),
    )
    assert [c.name for c in report.checks if not c.passed] == ["birth_date_is_plausible"]
