"""Runs a gate: queries → batches → Great Expectations → quarantine, results, report.

In: the private warehouse. Out: a `GateReport`; `raise_on_error` stops the run. Each gate's
checks are declared in the module of its name, each batch's query in `sql/<gate>/<batch>.sql`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quality import golden, landing, marts, match_input
from quality.checks import GATES, Batch, Check, CheckResult, Gate, GateReport, Thresholds
from quality.decisions import decided, list_released
from quality.expectations import Finding, validate
from quality.figures.declared import WATCHED
from quality.figures.watch import watch
from quality.quarantine import QuarantinedRow, replace_quarantine
from quality.results import record
from stamm.errors import SettingsError, UsageError
from stamm.mistakes import nearest
from stamm.settings import QualitySettings
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

__all__ = ["CheckResult", "GateReport", "checks_of", "run_gate"]

_SQL = Path(__file__).parent / "sql"
_BATCHES: Mapping[str, Callable[[Thresholds], tuple[Batch, ...]]] = {
    "landing": landing.batches,
    "match_input": match_input.batches,
    "golden": golden.batches,
    "marts": marts.batches,
}
_SUBJECTS_SHOWN = 3


def checks_of(gate: str) -> list[Check]:
    """The checks that a gate makes, always all of them, in this order."""
    batches = _batches_of(gate, QualitySettings())
    return [check for batch in batches for check in batch.checks]


def run_gate(
    stage: str,
    con: duckdb.DuckDBPyConnection,
    store: Store,
    *,
    run_id: str,
    at: datetime,
    thresholds: Thresholds,
    as_of: date | None = None,
) -> GateReport:
    """Make all checks of a gate, put rows at fault into quarantine, keep the results.

    `as_of` is the day that ages and dates are held against; without it, the day of `at`.
    """
    gate = _gate(stage)
    moment = at.astimezone(UTC).replace(tzinfo=None)
    day = as_of or moment.date()
    _prepare(con, store, gate, run_id, day)
    released = decided(store).released
    list_released(con, released)
    results: list[CheckResult] = []
    at_fault: list[QuarantinedRow] = []
    for batch in _batches_of(gate, thresholds):
        frame = _frame(con, gate, batch, day)
        findings = validate(f"{gate}.{batch.name}", frame, batch.checks, batch.identity)
        if batch.per_record:
            findings = _but_released(batch, findings, released)
        for check, finding in zip(batch.checks, findings, strict=True):
            results.append(_result(gate, batch, check, finding, frame))
            at_fault += _rows_at_fault(batch, check, finding)
    report = GateReport(gate, tuple(results))
    replace_quarantine(con, gate, at_fault, run_id=run_id, at=moment)
    record(store, report, run_id=run_id, at=at)
    return report


def _prepare(
    con: duckdb.DuckDBPyConnection, store: Store, gate: Gate, run_id: str, day: date
) -> None:
    """What several batches of the gate read, into temporary tables and views."""
    if gate == "landing":
        landing.prepare(con)
    if gate in ("match_input", "marts"):
        landed = (_SQL / "landed_parties.sql").read_text(encoding="utf-8")
        con.execute(f"create or replace temp view landed_parties as {landed}")
    if gate in WATCHED:
        watch(con, store, gate, run_id=run_id, as_of=day)


def _gate(stage: str) -> Gate:
    for gate in GATES:
        if gate == stage:
            return gate
    raise UsageError(f"expected a gate ({', '.join(GATES)}), found {stage!r}")


def _batches_of(gate: str, thresholds: Thresholds) -> tuple[Batch, ...]:
    """The gate's batches; checks that the project wants to stop a run are errors in them."""
    return tuple(
        replace(
            batch,
            checks=tuple(
                replace(check, severity="error") if check.name in thresholds.stops else check
                for check in batch.checks
            ),
        )
        for batch in _BATCHES[_gate(gate)](thresholds)
    )


def require_known(stops: Sequence[str]) -> None:
    """Raise SettingsError for each name in `quality.stops` that no check has."""
    known = sorted({check.name for gate in GATES for check in checks_of(gate)})
    mistakes = [
        f"quality.stops: expected names of checks, found {name!r}{nearest(name, known)}"
        for name in stops
        if name not in known
    ]
    if mistakes:
        raise SettingsError(mistakes, hint="reports/quality.html names every check.")


def _but_released(
    batch: Batch, findings: list[Finding], released: frozenset[tuple[str, str]]
) -> list[Finding]:
    """Rows that somebody let through under a check's name are not at fault for it."""
    return [
        finding.without({row_id for row_id, rule in released if rule == check.name})
        for check, finding in zip(batch.checks, findings, strict=True)
    ]


def _frame(con: duckdb.DuckDBPyConnection, gate: Gate, batch: Batch, day: date) -> pd.DataFrame:
    sql = (_SQL / gate / f"{batch.name}.sql").read_text(encoding="utf-8")
    known = {"as_of": day}
    return con.execute(sql, {name: known[name] for name in batch.parameters}).df()


def _result(
    gate: Gate, batch: Batch, check: Check, finding: Finding, frame: pd.DataFrame
) -> CheckResult:
    checked, failed = _rows(batch, check, finding, frame)
    return CheckResult(
        name=check.name,
        gate=gate,
        severity=check.severity,
        table=batch.table,
        rule=check.rule,
        passed=finding.passed,
        rows_checked=checked,
        rows_failed=failed,
        observed=_observed(batch, check, finding, frame),
        expected=check.expect.says,
        where_to_look=_where(batch, check, finding),
    )


def _rows(batch: Batch, check: Check, finding: Finding, frame: pd.DataFrame) -> tuple[int, int]:
    """Rows checked and at fault; a batch of subjects counts the rows behind them."""
    if batch.per_record:
        return finding.rows, finding.failed
    column = str(check.expect.arguments["column"])
    counts = [name for name in (f"{column}_affected", "affected", column) if name in frame]
    subjects = [row["subject"] for row in finding.at_fault]
    affected = frame.loc[frame["subject"].isin(subjects), counts[0]].sum() if subjects else 0
    return int(frame["checked"].sum()), int(affected)


def _observed(batch: Batch, check: Check, finding: Finding, frame: pd.DataFrame) -> str:
    """Figures and opaque ids only. Values of a batch of subjects are counts and shares."""
    released = _released(check, finding, frame)
    but = f", {released:,} released" if released else ""
    if batch.per_record:
        return f"{finding.failed:,} of {finding.rows:,} rows at fault{but}"
    if finding.passed:
        return f"{finding.rows:,} looked at, none at fault{but}"
    return "; ".join(_figures(check, finding, frame)) + but


def _released(check: Check, finding: Finding, frame: pd.DataFrame) -> int:
    """Rows that somebody let through; a batch of subjects counts them itself."""
    counted = f"{check.expect.arguments['column']}_released"
    return finding.released or (int(frame[counted].sum()) if counted in frame else 0)


def _figures(check: Check, finding: Finding, frame: pd.DataFrame) -> Sequence[str]:
    column = str(check.expect.arguments["column"])
    subjects = [row["subject"] for row in finding.at_fault]
    shown = frame[frame["subject"].isin(subjects)].drop_duplicates("subject")
    figures = [
        f"{row['subject']}: {column} {row[column]:,.4g}"
        if column != "subject"
        else str(row["subject"])
        for _, row in shown.head(_SUBJECTS_SHOWN).iterrows()
    ]
    more = finding.failed - len(figures)
    return [*figures, f"and {more:,} more"] if more > 0 else figures


def _where(batch: Batch, check: Check, finding: Finding) -> str:
    if finding.passed:
        return batch.table
    if batch.per_record:
        return f"quality.quarantined_rows where rule = '{check.name}' (work/warehouse.duckdb)"
    subjects = ", ".join(str(row["subject"]) for row in finding.at_fault[:_SUBJECTS_SHOWN])
    return f"{check.look or batch.table} (work/warehouse.duckdb): {subjects}"


def _rows_at_fault(batch: Batch, check: Check, finding: Finding) -> list[QuarantinedRow]:
    if not batch.per_record or finding.passed:
        return []
    return [
        QuarantinedRow(
            str(row["source"]), str(row["stream"]), _id(row["record_id"]), check.name, check.rule
        )
        for row in finding.at_fault
    ]


def _id(value: object) -> str | None:
    return value if isinstance(value, str) else None
