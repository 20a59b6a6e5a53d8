"""What a check is and what it found: figures and record ids, never values of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from stamm.errors import GateStopped

Severity = Literal["error", "warn"]


@dataclass(frozen=True)
class Check:
    """A named expectation over the rows of a query.

    `sql` gives the checked columns only; a column `record_id` and `source`, if there, go with
    failing rows into quarantine. `expectation` is a Great Expectations type, `arguments` its own.
    """

    name: str
    table: str
    rule: str
    sql: str
    expectation: str
    arguments: dict[str, Any]
    severity: Severity = "error"


@dataclass(frozen=True)
class CheckResult:
    """What a check found."""

    name: str
    gate: str
    severity: Severity
    table: str
    rule: str
    passed: bool
    rows_checked: int
    rows_failed: int
    observed: str
    expected: str
    where_to_look: str


@dataclass(frozen=True)
class GateReport:
    """All checks of one gate."""

    gate: str
    checks: tuple[CheckResult, ...]

    def raise_on_error(self) -> None:
        """Raise GateStopped if a check of severity `error` failed."""
        broken = [c for c in self.checks if not c.passed and c.severity == "error"]
        if not broken:
            return
        lines = [
            f"gate {self.gate}: {c.rule}: {c.rows_failed} of {c.rows_checked} rows of {c.table}"
            for c in broken
        ]
        raise GateStopped(
            "\n".join(lines),
            hint=f"Nothing was published. Look at {broken[0].where_to_look}.",
            failed=[c.name for c in broken],
        )
