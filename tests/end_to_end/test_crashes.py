"""`kill -9` in every stage: the next run ends well, with the tables of an undisturbed one."""

import signal
import time
from contextlib import closing

import pytest

from stamm.store import Store
from tests.end_to_end.company import Company, new_company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
# Stage to be killed in → the stage that ends just before it.
STAGES = {
    "extract erp": "",
    "extract shop": "extract mail",
    "landing views": "extract shop",
    "prepare": "gate landing",
    "golden": "gate match_input",
    "marts": "operational tables",
    "publish": "gate marts",
}


def kill_in(stage: str, company: Company) -> None:
    """Kill the run a moment after the stage before this one is done."""
    process = company.start("run", "--json")
    while process.poll() is None:
        if STAGES[stage] in finished(company):
            time.sleep(0.3)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return
        time.sleep(0.02)
    raise AssertionError(f"the run ended before {stage}: {process.communicate()}")


def finished(company: Company) -> set[str]:
    """Stages that are done; the empty name stands for the begun run."""
    with closing(Store.open(company.home / "state.db")) as store:
        if not store.has_table("run_stages"):
            return set()
        begun = store.query("select 1 from runs")
        stages = {row["stage"] for row in store.query("select stage from run_stages")}
        return stages | {""} if begun else set()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    company = new_company(tmp_path_factory.mktemp("calm"), customers=150, seed=5)
    company.run()
    return company


@pytest.mark.parametrize("stage", STAGES)
def test_killed_in_a_stage_the_next_run_finishes_the_work(stage, tmp_path, undisturbed):
    company = new_company(tmp_path, customers=150, seed=5)
    company.take_keys_of(undisturbed)
    kill_in(stage, company)
    company.run()
    assert company.tables() == undisturbed.tables()
    assert company.feed() == undisturbed.feed()
