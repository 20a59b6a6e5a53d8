"""A small company in its own folder, and the `stamm` command run on it as a user would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from serving.feed import read_changes
from stamm.store import Store

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class Company:
    """A project folder with its own data folder."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "data"

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("STAMM_", "DAGSTER_"))}
        return {**kept, "STAMM_HOME": str(self.home), "COLUMNS": "160"}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "orchestration.cli.main", *arguments]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def stamm(self, *arguments: str, exit_code: int = 0, given: str = "") -> str:
        """Run a command; what it says. Fails if the exit code is not the expected one.

        `given` is what it reads from standard input.
        """
        done = self._done(arguments, exit_code, given)
        return done.stdout + done.stderr

    def json(self, *arguments: str) -> Any:
        """Run a command with `--json`; what it writes to standard output, and nothing else."""
        return json.loads(self._done((*arguments, "--json"), 0).stdout)

    def run(self, *arguments: str) -> dict[str, Any]:
        found = self.json("run", *arguments)
        assert isinstance(found, dict)
        return found

    def _done(
        self, arguments: tuple[str, ...], exit_code: int, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            text=True,
            input=given,
            capture_output=True,
            check=False,
        )
        assert done.returncode == exit_code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all published tables, in canonical order, run metadata aside."""
        from stamm.duck import open_warehouse

        with open_warehouse(
            self.home / "published" / "current" / "stamm.duckdb", read_only=True
        ) as con:
            of_runs = {"build_info", "dq_results"}
            names = [row[0] for row in con.sql("show tables").fetchall() if row[0] not in of_runs]
            return {
                name: con.sql(f'select * from "{name}" order by all').fetchall() for name in names
            }

    def feed(self) -> list[tuple[str, str, str | None, str]]:
        """The change feed in its order, run metadata aside."""
        with closing(Store.open(self.home / "state.db")) as store:
            return [
                (c.operation, c.party_id, c.other_party_id, json.dumps(c.fields, sort_keys=True))
                for c in read_changes(store, limit=1_000_000)
            ]

    def take_keys_of(self, other: Company) -> None:
        """Name records and parties as the other one does, so that tables can be compared."""
        with closing(Store.open(other.home / "state.db")) as theirs:
            keys = [tuple(row) for row in theirs.query("select name, value from secrets")]
        self.home.mkdir(parents=True, exist_ok=True)
        with closing(Store.open(self.home / "state.db")) as ours, ours.transaction() as db:
            db.executemany("insert or replace into secrets values (?, ?)", keys)


def new_company(folder: Path, *, customers: int = 300, seed: int = 7) -> Company:
    """A project whose sandbox has this size and seed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stamm.yaml").write_text(
        f"sandbox: {{customers: {customers}, seed: {seed}}}\n", encoding="utf-8"
    )
    return Company(folder)


def company_that_ran(
    factory: pytest.TempPathFactory, folder: Path, *, customers: int, seed: int
) -> tuple[Company, dict[str, Any]]:
    """A copy of a company that ran once, for whichever test and process asked first; its summary.

    For tests of what comes after a first run: some do not look at the size, and share one.
    """
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = shared / f"company-{customers}-{seed}"
    summary = made / "summary.json"
    with FileLock(made.with_suffix(".lock")):
        if not summary.exists():
            shutil.rmtree(made, ignore_errors=True)  # of a first run that failed
            summary.write_text(json.dumps(new_company(made, customers=customers, seed=seed).run()))
    shutil.copytree(made, folder, symlinks=True, dirs_exist_ok=True)
    return Company(folder), json.loads(summary.read_text())
