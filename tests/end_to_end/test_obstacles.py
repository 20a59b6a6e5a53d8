"""A warehouse that somebody holds, a full disk: nothing published breaks, the next run ends well.

Processes killed in each stage: `test_crashes.py`; between two renames of a publish:
`tests/serving/test_release.py`.
"""

import subprocess

import pytest

from stamm.duck import open_warehouse
from tests.end_to_end.company import Company, company_that_ran

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Company:
    folder = tmp_path_factory.mktemp("company")
    return company_that_ran(tmp_path_factory, folder, customers=80, seed=3)[0]


def test_a_warehouse_that_somebody_holds_is_told_and_the_build_stands(company):
    before = company.tables()
    with open_warehouse(company.home / "work" / "warehouse.duckdb"):
        said = company.stamm("run", "--full", exit_code=1)
    assert "warehouse.duckdb: cannot be opened" in said
    assert "Another process holds it" in said
    assert company.tables() == before


def test_a_full_disk_ends_a_run_and_the_next_one_has_the_tables_of_an_undisturbed_one(company):
    before = company.tables()
    room = max((company.home / "state.db").stat().st_size * 2, 2 << 20)
    assert room < (company.home / "work" / "warehouse.duckdb").stat().st_size
    done = subprocess.run(
        ["prlimit", f"--fsize={room}", *company.command("run", "--full")],
        cwd=company.folder, env=company.environment(), text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert company.tables() == before
    told = {one["what"]: one for one in company.json("status")["standing"]}
    assert told["run"]["state"] == "broken"
    company.run("--full")
    assert company.tables() == before
    told = {one["what"]: one for one in company.json("status")["standing"]}
    assert told["run"]["state"] == "fresh"
