"""Results and figures of all runs, operational store → schema `quality` of the warehouse.

For BI: the mart `dq_results` is made of the two tables, history included. Written after the last
gate, so that a build holds what its own run found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.figures.history import DDL as FIGURES
from quality.report.content import number
from quality.results import DDL as RESULTS
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

TABLES = {
    "check_results": {
        "run_id": "varchar", "checked_at": "timestamp", "gate": "varchar", "name": "varchar",
        "severity": "varchar", "table_name": "varchar", "rule": "varchar", "passed": "boolean",
        "rows_checked": "bigint", "rows_failed": "bigint", "expected": "varchar",
        "observed": "varchar",
    },
    "figure_results": {
        "run_id": "varchar", "gate": "varchar", "subject": "varchar", "figure": "varchar",
        "rows": "bigint", "value": "double", "times_the_limit": "double",
    },
}  # fmt: skip
_CHECKS = "select {columns} from quality_results order by run_id, gate, name"
_FIGURES = "select * from quality_figures order by run_id, gate, subject, figure"


def export_results(con: duckdb.DuckDBPyConnection, store: Store) -> dict[str, int]:
    """Write both tables anew; returns the rows of each."""
    store.migrate("quality", RESULTS)
    store.migrate("figures", FIGURES)
    columns = ", ".join(TABLES["check_results"])
    checks: list[tuple[object, ...]] = [
        tuple(row) for row in store.query(_CHECKS.format(columns=columns))
    ]
    figures: list[tuple[object, ...]] = [
        (row["run_id"], row["gate"], row["subject"], row["figure"], row["rows"],
         number(row["value"], row["mix"]), row["times_the_limit"])
        for row in store.query(_FIGURES)
    ]  # fmt: skip
    con.execute("begin")
    con.execute("create schema if not exists quality")
    written = {
        "check_results": _write(con, "check_results", checks),
        "figure_results": _write(con, "figure_results", figures),
    }
    con.execute("commit")
    return written


def _write(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> int:
    import pyarrow as pa

    columns = TABLES[table]
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    con.execute(f"create or replace table quality.{table} ({declared})")
    if rows:
        read = pa.table({
            name: pa.array([None if row[i] is None else str(row[i]) for row in rows], pa.string())
            for i, name in enumerate(columns)
        })  # fmt: skip
        con.register("result_rows", read)
        typed = ", ".join(_typed(name, kind) for name, kind in columns.items())
        con.execute(f"insert into quality.{table} select {typed} from result_rows")
        con.unregister("result_rows")
    return len(rows)


def _typed(name: str, kind: str) -> str:
    """Moments lie in the store as ISO text with an offset; marts hold UTC."""
    if kind == "timestamp":
        return f"\"{name}\"::timestamptz at time zone 'UTC'"
    return f'"{name}"::{kind}'
