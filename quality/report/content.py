"""What the page shows, out of the operational store: checks and figures of the last runs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from quality.checks import GATES
from quality.figures.history import DDL as FIGURES
from quality.results import DDL as RESULTS
from stamm.store import Store

RUNS = 30
Verdict = Literal["passed", "warned", "stopped", "not made"]


@dataclass(frozen=True)
class RunShown:
    """One run: when its first check was made, and whether a gate stopped it."""

    run_id: str
    at: str
    verdict: Verdict


@dataclass(frozen=True)
class CheckShown:
    """One check in the latest run, and its verdicts in all shown runs, oldest first."""

    gate: str
    name: str
    rule: str
    expected: str
    observed: str
    where: str
    rows_failed: int
    rows_checked: int
    verdicts: tuple[Verdict, ...]

    @property
    def now(self) -> Verdict:
        return self.verdicts[-1]


@dataclass(frozen=True)
class FigureShown:
    """One figure over the shown runs (None where it was not taken)."""

    gate: str
    subject: str
    figure: str
    times: float
    values: tuple[float | None, ...]

    @property
    def points(self) -> str:
        """A polyline of 120 by 24."""
        known = [value for value in self.values if value is not None]
        low, span = min(known), (max(known) - min(known)) or 1.0
        step = 116 / max(len(self.values) - 1, 1)
        return " ".join(
            f"{2 + i * step:.1f},{22 - 20 * (value - low) / span:.1f}"
            for i, value in enumerate(self.values)
            if value is not None
        )


@dataclass(frozen=True)
class Content:
    """All of the page."""

    runs: tuple[RunShown, ...]
    checks: tuple[CheckShown, ...]
    figures: tuple[FigureShown, ...]

    @property
    def at_fault(self) -> tuple[CheckShown, ...]:
        """What the latest run has to say, errors first."""
        found = [check for check in self.checks if check.now in ("stopped", "warned")]
        return tuple(sorted(found, key=lambda check: check.now != "stopped"))


def content(store: Store, *, figures: int = 40) -> Content | None:
    """The last runs; None before the first gate was ever run."""
    store.migrate("quality", RESULTS)
    store.migrate("figures", FIGURES)
    runs = _runs(store)
    if not runs:
        return None
    ids = [run.run_id for run in runs]
    return Content(tuple(runs), tuple(_checks(store, ids)), tuple(_figures(store, ids)[:figures]))


def _runs(store: Store) -> list[RunShown]:
    rows = store.query(
        "select run_id, min(checked_at) as at, count(distinct gate) as gates, "
        "max(not passed and severity = 'error') as stopped, max(not passed) as warned "
        "from quality_results group by run_id order by at desc, max(rowid) desc limit ?",
        [RUNS],
    )
    return [
        RunShown(row["run_id"], row["at"], _verdict_of(row["gates"], row["stopped"], row["warned"]))
        for row in reversed(rows)
    ]


def _verdict_of(gates: int, stopped: int, warned: int) -> Verdict:
    if stopped or gates < len(GATES):
        return "stopped"
    return "warned" if warned else "passed"


def _checks(store: Store, runs: list[str]) -> Iterable[CheckShown]:
    rows = store.query(
        f"select * from quality_results where run_id in ({_marks(runs)}) order by rowid", runs
    )
    by_check: dict[tuple[str, str], dict[str, Verdict]] = {}
    for row in rows:
        verdicts = by_check.setdefault((row["gate"], row["name"]), {})
        verdicts[row["run_id"]] = _verdict(bool(row["passed"]), row["severity"])
    for row in rows:
        if row["run_id"] == runs[-1]:
            verdicts = by_check[row["gate"], row["name"]]
            yield CheckShown(
                row["gate"], row["name"], row["rule"], row["expected"], row["observed"],
                row["where_to_look"], row["rows_failed"], row["rows_checked"],
                tuple(verdicts.get(run, "not made") for run in runs),
            )  # fmt: skip


def _verdict(passed: bool, severity: str) -> Verdict:
    if passed:
        return "passed"
    return "stopped" if severity == "error" else "warned"


def _figures(store: Store, runs: list[str]) -> list[FigureShown]:
    """Those of the latest run, what is least usual first."""
    rows = store.query(f"select * from quality_figures where run_id in ({_marks(runs)})", runs)
    series: dict[tuple[str, str, str], dict[str, float]] = {}
    now: dict[tuple[str, str, str], float] = {}
    for row in rows:
        key = (row["gate"], row["subject"], row["figure"])
        series.setdefault(key, {})[row["run_id"]] = number(row["value"], row["mix"])
        if row["run_id"] == runs[-1]:
            now[key] = row["times_the_limit"]
    ordered = sorted(now, key=lambda key: (-now[key], key))
    return [
        FigureShown(*key, now[key], tuple(series[key].get(run) for run in runs)) for key in ordered
    ]


def number(value: float | None, mix: str) -> float:
    """A mix is drawn as the share of its largest part."""
    if value is not None:
        return float(value)
    return max((float(share) for _, share in json.loads(mix)), default=0.0)


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))
