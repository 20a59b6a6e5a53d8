"""What a check is and what it found; knows neither Great Expectations nor any table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from stamm.errors import GateStopped

Gate = Literal["landing", "match_input", "golden", "marts"]
Severity = Literal["error", "warn"]
GATES: tuple[Gate, ...] = ("landing", "match_input", "golden", "marts")


class Thresholds(Protocol):
    """Bounds a project may set; `stamm.settings.QualitySettings` is one."""

    @property
    def rejected_share(self) -> float: ...

    @property
    def largest_cluster(self) -> int: ...

    @property
    def stops(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Expectation:
    """One expectation of Great Expectations by name, so that declaring it imports nothing."""

    kind: str
    arguments: Mapping[str, Any]
    says: str


def not_null(column: str) -> Expectation:
    return Expectation("ExpectColumnValuesToNotBeNull", {"column": column}, f"{column} has a value")


def unique(column: str) -> Expectation:
    return Expectation("ExpectColumnValuesToBeUnique", {"column": column}, f"{column} is unique")


def between(column: str, low: float, high: float) -> Expectation:
    """Nulls pass: what is absent is another check's matter."""
    return Expectation(
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": low, "max_value": high},
        f"{low:g} <= {column} <= {high:g}",
    )


def at_least(column: str, low: float) -> Expectation:
    return Expectation(
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": low},
        f"{column} >= {low:g}",
    )


def one_of(column: str, *values: object) -> Expectation:
    return Expectation(
        "ExpectColumnValuesToBeInSet",
        {"column": column, "value_set": list(values)},
        f"{column} is {' or '.join(map(str, values))}",
    )


def matches(column: str, pattern: str) -> Expectation:
    return Expectation(
        "ExpectColumnValuesToMatchRegex",
        {"column": column, "regex": pattern},
        f"{column} matches {pattern}",
    )


@dataclass(frozen=True)
class Check:
    """A rule with a name a person understands."""

    name: str
    rule: str
    expect: Expectation
    severity: Severity = "error"
    look: str = ""  # where the rows at fault lie, if not in the table itself


@dataclass(frozen=True)
class Batch:
    """A query and the checks on its rows.

    Either one row per record, with `source`, `stream` and `record_id` (rows at fault go to
    quarantine), or one per `subject` with `checked` and `affected` rows behind it, and where rows
    may be released as `<column>_released` those that were.
    """

    name: str
    table: str
    checks: tuple[Check, ...]
    per_record: bool = False
    parameters: tuple[str, ...] = field(default=())

    @property
    def identity(self) -> tuple[str, ...]:
        return ("source", "stream", "record_id") if self.per_record else ("subject",)


@dataclass(frozen=True)
class CheckResult:
    """What one check found. Counts and opaque ids only, never a value."""

    name: str
    gate: Gate
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
    """All results of one gate."""

    gate: Gate
    checks: tuple[CheckResult, ...]

    @property
    def errors(self) -> tuple[CheckResult, ...]:
        return tuple(c for c in self.checks if not c.passed and c.severity == "error")

    def raise_on_error(self) -> None:
        """Raise `GateStopped` if a check of severity error failed."""
        if not self.errors:
            return
        lines = [
            f"{check.rows_failed:,} of {check.rows_checked:,} rows of {check.table} break "
            f"{check.name}: {check.rule} (expected {check.expected}; {check.observed})"
            for check in self.errors
        ]
        raise GateStopped(
            f"gate {self.gate} stopped the run; nothing was published\n" + "\n".join(lines),
            hint="Where to look: " + "; ".join(c.where_to_look for c in self.errors),
            gate=self.gate,
            checks=[check.name for check in self.errors],
        )
