"""Where run-time data live: one folder, every place in it named once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The data folder. Its properties are paths; nothing is created until `prepare`."""

    root: Path

    @staticmethod
    def from_environment() -> Home:
        """`STAMM_HOME` if set, else `data/` in the current folder."""
        return Home(Path(os.environ.get("STAMM_HOME") or "data").absolute())

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def store(self) -> Path:
        return self.root / "state.db"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def warehouse(self) -> Path:
        return self.work / "warehouse.duckdb"

    @property
    def linkage(self) -> Path:
        """The trained model: it decides like the ledger does, so a rebuild must find it."""
        return self.root / "linkage"

    @property
    def simulation(self) -> Path:
        """Copies that a simulation works on; there only while it does."""
        return self.work / "simulation"

    @property
    def dbt_target(self) -> Path:
        return self.work / "dbt"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def quality_report(self) -> Path:
        """The page of what the gates of the last runs found; no record's values."""
        return self.root / "reports" / "quality.html"

    @property
    def run_stats(self) -> Path:
        """Seconds and rows of every stage of every run, for BI."""
        return self.root / "reports" / "run_stats.parquet"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def prepare(self) -> Home:
        """Create the folders; safe to call again."""
        for folder in (self.landing, self.linkage, self.dbt_target, self.published):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.dagster, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        return self
