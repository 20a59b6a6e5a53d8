"""The Desk's share of a case: from the key that decides to the next case, in a real Chromium.

Flow: a data folder of a whole `stamm run` → a copy, with a steward → `stamm serve` → Chromium logs
in and decides case after case with one key each. A trained person should have five seconds for a
case; this is what the Desk takes of them. Run:
`uv run python -m benchmarks.desk --home FOLDER [--cases 200] [--out FILE]`; fails unless 95
of 100 take at most `--milliseconds`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.api import served
from benchmarks.results import Table, write_result
from serving.desk.users import add_user
from stamm.store import Store
from tests.serving.desk.browsing import chromium, opened_page, type_login
from tests.serving.desk.desks import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

KEYS = "sdu"  # same, different, unsure, in turns


def decided(page: Page, cases: int) -> list[float]:
    """Milliseconds of each of so many cases, or of as many as there are."""
    found = []
    for number in range(cases):
        if not page.query_selector("input[name=left]"):
            break
        begun = time.perf_counter()
        with page.expect_navigation(url="**/desk/review?done=*"):
            page.keyboard.press(KEYS[number % len(KEYS)])
        found.append(1_000 * (time.perf_counter() - begun))
    return found


def measured(home: Path, cases: int) -> list[float]:
    """On a copy of the folder."""
    with tempfile.TemporaryDirectory(dir=home.parent) as folder:
        copy = Path(folder) / "home"
        shutil.copytree(home, copy, symlinks=True)
        with closing(Store.open(copy / "state.db")) as store:
            add_user(store, "benchmark", "steward", PASSWORD, at=datetime.now(UTC))
        with served(copy) as (url, _), chromium() as browser:
            page = opened_page(browser)
            type_login(page, f"{url}/desk", "benchmark")
            return decided(page, cases)


def _table(cases: Sequence[float]) -> Table:
    rows = (
        ("cases", len(cases)),
        *((f"p{p}, ms", round(float(np.percentile(cases, p)))) for p in (50, 95, 99)),
    )
    return Table("From the key that decides to the next case", ("", "figure"), rows)


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--home", type=Path, required=True, help="data folder of a whole run")
    options.add_argument("--cases", type=int, default=200)
    options.add_argument("--milliseconds", type=float, default=500)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    cases = measured(asked.home, asked.cases)
    if not cases:
        sys.exit(f"{asked.home}: expected cases that wait for a decision, found none")
    table = _table(cases)
    print(table)
    if asked.out:
        command = f"uv run python -m benchmarks.desk --home data --cases {asked.cases}"
        write_result(asked.out, command, [table], ("duckdb", "fastapi", "playwright"))
    return int(np.percentile(cases, 95) > asked.milliseconds)


if __name__ == "__main__":
    sys.exit(main())
