"""Quality gates as asset checks: an error stops everything downstream and the publish."""

from __future__ import annotations

from collections.abc import Iterator

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetKey

from orchestration.session import Session
from stamm.duck import open_warehouse

_QUARANTINED = "select count(*) from quality.quarantined_rows where gate = ?"


def gate_checks(gate: str, asset: AssetKey) -> list[AssetCheckSpec]:
    """One check spec per check that this gate makes."""
    from quality.gates import checks_of

    return [
        AssetCheckSpec(
            check.name,
            asset=asset,
            description=f"{check.rule} ({check.expect.says})",
            blocking=check.severity == "error",
        )
        for check in checks_of(gate)
    ]


def run_gate_step(session: Session, gate: str, asset: AssetKey) -> Iterator[AssetCheckResult]:
    """Run a gate, report every check with its figures, then stop the run if one is an error."""
    from quality.gates import run_gate
    from quality.report.page import quarantined, write_report

    with (
        session.stage(f"gate {gate}") as counts,
        open_warehouse(session.project.home.warehouse) as con,
    ):
        report = run_gate(
            gate,
            con,
            session.store,
            run_id=session.run_id,
            at=session.at,
            as_of=session.as_of,
            thresholds=session.project.settings.quality,
        )
        counts["passed"] = sum(check.passed for check in report.checks)
        counts["failed"] = sum(not check.passed for check in report.checks)
        counts["warnings"] = [
            f"{c.name}: {c.observed}, of {c.table} ({c.rule})"
            for c in report.checks
            if not c.passed and c.severity == "warn"
        ]
        counts["quarantined"] = con.execute(_QUARANTINED, [gate]).fetchall()[0][0]
        write_report(session.project.home.quality_report, session.store, quarantined(con))
    for check in report.checks:
        yield AssetCheckResult(
            asset_key=asset,
            check_name=check.name,
            passed=check.passed,
            severity=AssetCheckSeverity.ERROR
            if check.severity == "error"
            else AssetCheckSeverity.WARN,
            metadata={
                "rows_checked": check.rows_checked,
                "rows_failed": check.rows_failed,
                "expected": check.expected,
                "observed": check.observed,
                "where_to_look": check.where_to_look,
            },
        )
    with session.telling_failures(f"gate {gate}"):
        report.raise_on_error()
