"""Runs a gate with Great Expectations over DuckDB, keeps its results, quarantines bad rows.

In: tables of the warehouse. Out: `GateReport`; rows of `quality_results` in the store; rows of
`quality.quarantined_rows` in the warehouse (record ids and rules, no values).
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from quality.checks import Check, CheckResult, GateReport
from quality.suites import Thresholds, suite
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

GATES = ("landing", "match_input", "golden", "marts")
_RESULTS = """
create table quality_results (
  run_id text not null, gate text not null, name text not null, severity text not null,
  table_name text not null, rule text not null, passed integer not null,
  rows_checked integer not null, rows_failed integer not null, checked_at text not null,
  primary key (run_id, gate, name)
);
"""
_QUARANTINE = """
create schema if not exists quality;
create table if not exists quality.quarantined_rows (
  source varchar, record_id varchar, table_name varchar, rule varchar, gate varchar,
  run_id varchar, first_seen timestamp, last_seen timestamp
);
"""


class _AnyThresholds:
    """Stands in where only the names of the checks are wanted."""

    rejected_share = 1.0
    largest_cluster = 1


def check_names(gate: str) -> list[str]:
    """Names of a gate's checks."""
    return [check.name for check in suite(gate, _AnyThresholds(), "2000-01-01")]


def run_gate(
    gate: str,
    con: duckdb.DuckDBPyConnection,
    store: Store,
    *,
    run_id: str,
    at: datetime,
    thresholds: Thresholds,
    as_of: date | None = None,
) -> GateReport:
    """Run every check of a gate. Raises nothing for a failed check: see `raise_on_error`."""
    day = (as_of or at.date()).isoformat()
    con.execute(_QUARANTINE)
    con.execute("delete from quality.quarantined_rows where gate = ?", [gate])
    results = [_run(con, gate, check, run_id, at) for check in suite(gate, thresholds, day)]
    _keep(store, run_id, at, results)
    return GateReport(gate, tuple(results))


def _run(
    con: duckdb.DuckDBPyConnection, gate: str, check: Check, run_id: str, at: datetime
) -> CheckResult:
    rows = con.sql(check.sql).df()
    found = _validate(rows, check)
    failed = [int(i) for i in found.result.get("unexpected_index_list") or []]
    if failed:
        _quarantine(con, gate, check, rows.iloc[failed], run_id, at)
    return CheckResult(
        name=check.name,
        gate=gate,
        severity=check.severity,
        table=check.table,
        rule=check.rule,
        passed=bool(found.success),
        rows_checked=len(rows),
        rows_failed=len(failed),
        observed=f"{len(failed)} of {len(rows)} rows differ",
        expected=check.rule,
        where_to_look=f"quality.quarantined_rows where rule = '{check.name}'",
    )


def _validate(rows: Any, check: Check) -> Any:
    """One expectation over a pandas batch; values are left out of its result."""
    expectations = _expectations()
    batch = _batches().get_batch(batch_parameters={"dataframe": rows})
    expectation = getattr(expectations, check.expectation)(**check.arguments)
    with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
        return batch.validate(expectation, result_format={"result_format": "COMPLETE"})


@cache
def _expectations() -> Any:
    from great_expectations import expectations

    return expectations


@cache
def _batches() -> Any:
    """One ephemeral context for the process: nothing is written, nothing is sent."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("warehouse").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


def _quarantine(
    con: duckdb.DuckDBPyConnection, gate: str, check: Check, rows: Any, run_id: str, at: datetime
) -> None:
    columns = {name: rows.get(name) for name in ("source", "record_id")}
    frame = rows.assign(**columns)[["source", "record_id"]]
    con.register("failing", frame)
    con.execute(
        "insert into quality.quarantined_rows "
        "select source::varchar, record_id::varchar, ?, ?, ?, ?, ?, ? from failing",
        [check.table, check.name, gate, run_id, at, at],
    )
    con.unregister("failing")


def _keep(store: Store, run_id: str, at: datetime, results: list[CheckResult]) -> None:
    store.migrate("quality", [_RESULTS])
    rows = [
        (
            run_id,
            r.gate,
            r.name,
            r.severity,
            r.table,
            r.rule,
            int(r.passed),
            r.rows_checked,
            r.rows_failed,
            at.isoformat(),
        )
        for r in results
    ]
    with store.transaction() as db:
        db.executemany(
            "insert or replace into quality_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
