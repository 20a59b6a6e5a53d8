"""Results of all gates of all runs, in the operational store (`quality_results`)."""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from datetime import datetime

from quality.checks import CheckResult, GateReport
from stamm.store import Store

DDL = [
    """
    create table quality_results (
      run_id text not null, gate text not null, name text not null, severity text not null,
      table_name text not null, rule text not null, passed integer not null,
      rows_checked integer not null, rows_failed integer not null, checked_at text not null,
      primary key (run_id, gate, name)
    );
    """,
    """
    alter table quality_results add column observed text not null default '';
    alter table quality_results add column expected text not null default '';
    alter table quality_results add column where_to_look text not null default '';
    """,
]
_COLUMNS = {
    field.name: "table_name" if field.name == "table" else field.name
    for field in fields(CheckResult)
}


def record(store: Store, report: GateReport, *, run_id: str, at: datetime) -> None:
    """Keep a report; a gate that is run again in the same run replaces its results."""
    store.migrate("quality", DDL)
    names = ", ".join(("run_id", "checked_at", *_COLUMNS.values()))
    marks = ", ".join("?" * (len(_COLUMNS) + 2))
    rows = [
        (run_id, at.isoformat(), *(getattr(check, name) for name in _COLUMNS))
        for check in report.checks
    ]
    with store.transaction() as db:
        db.executemany(f"insert or replace into quality_results ({names}) values ({marks})", rows)


def results_of(store: Store, run_id: str) -> list[CheckResult]:
    """All results of a run, in the order they were made."""
    store.migrate("quality", DDL)
    rows = store.query("select * from quality_results where run_id = ? order by rowid", [run_id])
    return [_result(row) for row in rows]


def latest_results(store: Store) -> list[CheckResult]:
    """All results of the run that reached a gate last."""
    store.migrate("quality", DDL)
    rows = store.query("select run_id from quality_results order by rowid desc limit 1")
    return results_of(store, rows[0]["run_id"]) if rows else []


def new_warnings(store: Store, run_id: str) -> dict[str, tuple[str, ...]]:
    """Gate → its checks that warn in this run and did not in the run before that made them."""
    store.migrate("quality", DDL)
    rows = store.query(
        "select gate, name from quality_results now where run_id = ? and severity = 'warn'"
        " and not passed and coalesce((select passed from quality_results earlier"
        " where earlier.gate = now.gate and earlier.name = now.name and earlier.rowid < now.rowid"
        " order by earlier.rowid desc limit 1), 1) order by rowid",
        [run_id],
    )
    gates = {row["gate"]: list[str]() for row in rows}
    for row in rows:
        gates[row["gate"]].append(row["name"])
    return {gate: tuple(names) for gate, names in gates.items()}


def _result(row: sqlite3.Row) -> CheckResult:
    values = {name: row[column] for name, column in _COLUMNS.items()}
    return CheckResult(**{**values, "passed": bool(values["passed"])})
