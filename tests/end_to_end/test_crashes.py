"""`kill -9` in every stage: the next run ends well, with the result of an undisturbed one."""

import signal
import time

import pytest

from stamm.store import Store
from tests.end_to_end.company import Company, new_company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
STAGES = ["extract shop", "landing views", "prepare", "golden", "marts", "publish"]


def kill_when_stage_is_reached(company: Company, stage: str) -> None:
    """Kill the run as soon as the stage before it is done."""
    process = company.start("run", "--json")
    before = ["", "extract shop", "landing views", "prepare", "golden", "marts"][
        STAGES.index(stage)
    ]
    path = company.home / "state.db"
    while process.poll() is None:
        if not before or (path.exists() and before in finished(company)):
            time.sleep(0.4)
            process.send_signal(signal.SIGKILL)
            process.wait()
            return
        time.sleep(0.02)
    raise AssertionError(f"the run ended before {stage}")


def finished(company: Company) -> set[str]:
    store = Store.open(company.home / "state.db")
    try:
        if not store.has_table("run_stages"):
            return set()
        return {row["stage"] for row in store.query("select stage from run_stages")}
    finally:
        store.close()


def without_ids(tables):
    """Row counts and the partition of records: ids hang on a secret made per home folder."""
    clusters: dict[str, int] = {}
    for row in tables["xref_parties"]:
        clusters[row[1]] = clusters.get(row[1], 0) + 1
    return {name: len(rows) for name, rows in tables.items()}, sorted(clusters.values())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    company = new_company(tmp_path_factory.mktemp("calm"), customers=150, seed=5)
    company.run()
    return without_ids(company.tables())


@pytest.mark.parametrize("stage", STAGES)
def test_killed_in_a_stage_the_next_run_finishes_the_work(stage, tmp_path, undisturbed):
    company = new_company(tmp_path, customers=150, seed=5)
    kill_when_stage_is_reached(company, stage)
    company.run()
    assert without_ids(company.tables()) == undisturbed
