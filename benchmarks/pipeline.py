"""`stamm run` stage by stage over a whole company: full, after some days, and after nothing.

Flow: a sandbox of N customers → `stamm run` → its days go by → `stamm run` → `stamm run` once more;
then the same models of dbt over a copy of the same warehouse by plain `dbt build`, to say what
orchestration adds to them. Every command is a process of its own, its imports included.
Run: `uv run python -m benchmarks.pipeline [--customers 20000 200000] [--days 4] [--out FILE]`;
fails if orchestration adds more than 15 % and 20 s to dbt, if a run holds 8 GB, or if a record of
the largest company costs half again what one of the smallest does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.results import Cell, Table, write_result

ROOT = Path(__file__).parent.parent
DBT = ("prepare", "marts", "customer scores")  # the stages that call it
RUNS = ("full", "after some days", "nothing new")
MOST_GB, MOST_MORE, MOST_SECONDS, MOST_GROWTH = 8.0, 1.15, 20.0, 1.5


@dataclass(frozen=True)
class Ran:
    """A command that ended well: its output, seconds on the clock and of processors, peak."""

    said: str
    seconds: float
    cpu: float
    gigabytes: float


@dataclass(frozen=True)
class Measured:
    """One company: its runs by name, the summary of each, and plain dbt's seconds."""

    customers: int
    runs: dict[str, Ran]
    summaries: dict[str, dict[str, Any]]
    dbt: Ran

    @property
    def records(self) -> int:
        return sum(source["landed"] for source in self.summaries["full"]["sources"])

    @property
    def microseconds(self) -> float:
        return 1e6 * self.runs["full"].seconds / self.records

    @property
    def of_dbt(self) -> float:
        """Seconds of the stages that call dbt, in the full run."""
        return sum(self.summaries["full"]["stages"][stage] for stage in DBT)


def ran(arguments: list[str], folder: Path, **environment: str) -> Ran:
    """Run one command to its end; raises if it fails."""
    start = time.perf_counter()
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen(
            arguments, cwd=folder, stdout=said, env={**os.environ, **environment}
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
        said.seek(0)
        text = said.read()
    cpu = used.ru_utime + used.ru_stime
    return Ran(text, time.perf_counter() - start, cpu, used.ru_maxrss / 2**20)


def measured(folder: Path, customers: int, days: int) -> Measured:
    """All of it over one company."""
    (folder / "stamm.yaml").write_text(f"sandbox: {{customers: {customers}, seed: 7}}\n")
    stamm = [sys.executable, "-m", "orchestration.cli.main"]
    home = str(folder / "data")
    runs = {}
    for name in RUNS:
        if name == RUNS[1]:
            ran([*stamm, "sandbox", "advance", "--days", str(days)], folder, STAMM_HOME=home)
        runs[name] = ran([*stamm, "run", "--json"], folder, STAMM_HOME=home)
        if name == RUNS[0]:
            shutil.copy2(folder / "data" / "work" / "warehouse.duckdb", folder / "copy.duckdb")
    summaries = {name: json.loads(one.said) for name, one in runs.items()}
    return Measured(customers, runs, summaries, plain_dbt(folder))


def plain_dbt(folder: Path) -> Ran:
    """`dbt build` of the whole project, parsed before, over the copy of the warehouse."""
    dbt = [str(Path(sys.executable).with_name("dbt"))]
    where = ["--project-dir", str(ROOT / "dbt_project"), "--profiles-dir",
             str(ROOT / "dbt_project"), "--target-path", str(folder / "target"),
             "--log-path", str(folder / "logs"), "--quiet"]  # fmt: skip
    copy = str(folder / "copy.duckdb")
    ran([*dbt, "parse", *where], folder, STAMM_WAREHOUSE=copy)
    return ran(
        [*dbt, "build", "--exclude-resource-type", "unit_test", *where],
        folder,
        STAMM_WAREHOUSE=copy,
    )


def stages(one: Measured) -> Table:
    """Seconds of each stage in each run."""
    names = [stage for stage in one.summaries["full"]["stages"] if stage != "total"]
    told = [one.summaries[run]["stages"] for run in RUNS]
    rows: list[tuple[Cell, ...]] = [
        (name, *(_rounded(of_run.get(name)) for of_run in told)) for name in names
    ]
    runs = [one.runs[run] for run in RUNS]
    rows += [
        ("the whole command", *(round(run.seconds, 1) for run in runs)),
        ("processors", *(round(run.cpu, 1) for run in runs)),
        ("peak, GB", *(round(run.gigabytes, 2) for run in runs)),
        ("records landed", *(_landed(one.summaries[run]) for run in RUNS)),
    ]
    return Table(f"{one.customers:,} customers, seconds of each stage", ("", *RUNS), tuple(rows))


def beside_dbt(found: list[Measured]) -> Table:
    """What a record costs, and what the stages that call dbt cost beside dbt alone."""
    columns = ("customers", "records", "µs a record", "stages of dbt, s", "plain dbt build, s")
    rows = tuple(
        (one.customers, one.records, round(one.microseconds), round(one.of_dbt, 1),
         round(one.dbt.seconds, 1))
        for one in found
    )  # fmt: skip
    return Table("What a record costs, and what orchestration adds to dbt", columns, rows)


def missed(found: list[Measured]) -> list[str]:
    """The bounds that do not hold, as sentences."""
    told = []
    for one in found:
        more = one.of_dbt - one.dbt.seconds
        if more > MOST_SECONDS and one.of_dbt > MOST_MORE * one.dbt.seconds:
            told.append(f"{one.customers:,}: orchestration adds {more:.0f} s to dbt")
        told += [
            f"{one.customers:,}, {name}: a peak of {run.gigabytes:.1f} GB"
            for name, run in one.runs.items()
            if run.gigabytes > MOST_GB
        ]
    growth = found[-1].microseconds / found[0].microseconds
    if growth > MOST_GROWTH:
        told.append(f"a record costs {growth:.2f} times as much in the largest company")
    return told


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _landed(summary: dict[str, Any]) -> int:
    return sum(source["landed"] for source in summary["sources"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--days", type=int, default=4, help="days that go by before the second run")
    parser.add_argument("--out", type=Path, help="keep the result here")
    asked = parser.parse_args()
    found = []
    for customers in sorted(asked.customers):
        with tempfile.TemporaryDirectory() as folder:
            found.append(measured(Path(folder), customers, asked.days))
        print(stages(found[-1]), file=sys.stderr, flush=True)
    tables = [*map(stages, found), beside_dbt(found)]
    if asked.out:
        sizes = " ".join(map(str, asked.customers))
        command = f"uv run python -m benchmarks.pipeline --customers {sizes} --days {asked.days}"
        write_result(asked.out, command, tables, ("duckdb", "dbt-core", "dagster"))
    print(*tables, sep="\n")
    faults = missed(found)
    print(*faults, sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
