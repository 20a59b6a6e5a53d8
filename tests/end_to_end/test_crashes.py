"""`kill -9` in every stage: the next run ends well, with the tables of an undisturbed one."""

import signal
import time
from contextlib import closing

import pytest

from stamm.store import Store
from tests.end_to_end.company import Company, company_that_ran, new_company

pytestmark = pytest.mark.timeout(1200)
# Stage to be killed in → the stage that ends just before it.
STAGES = {
    "extract erp": "",
    "extract shop": "extract mail",
    "landing views": "extract shop",
    "prepare": "gate landing",
    "golden": "gate match_input",
    "marts": "operational tables",
    "scores": "gate marts",
    "customer scores": "scores",
    "publish": "customer scores",
}


def kill_in(stage: str, company: Company) -> None:
    """Kill the run a moment after the stage before this one is done."""
    before = runs(company)
    process = company.start("run", "--json")
    while process.poll() is None:
        if STAGES[stage] in finished(company, before):
            time.sleep(0.3)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return
        time.sleep(0.02)
    raise AssertionError(f"the run ended before {stage}: {process.communicate()}")


def runs(company: Company) -> set[str]:
    return asked(company, "runs", "select run_id as found from runs")


def finished(company: Company, before: set[str]) -> set[str]:
    """Stages of the run that was not there before; the empty name stands for its beginning."""
    begun = runs(company) - before
    if not begun:
        return set()
    query = "select stage as found from run_stages where run_id = ?"
    return asked(company, "run_stages", query, *begun) | {""}


def asked(company: Company, table: str, query: str, *values: str) -> set[str]:
    with closing(Store.open(company.home / "state.db")) as store:
        rows = store.query(query, values) if store.has_table(table) else ()
        return {row["found"] for row in rows}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calm")
    return company_that_ran(tmp_path_factory, folder, customers=150, seed=5)[0]


@pytest.mark.slow
def test_killed_in_each_stage_in_turn_the_last_run_finishes_the_work(tmp_path, undisturbed):
    company = new_company(tmp_path, customers=150, seed=5)
    company.take_keys_of(undisturbed)
    for stage in STAGES:
        kill_in(stage, company)
    company.run()
    assert company.tables() == undisturbed.tables()
    assert company.feed() == undisturbed.feed()


@pytest.mark.soak
@pytest.mark.parametrize("stage", STAGES)
def test_killed_in_a_stage_the_next_run_finishes_the_work(stage, tmp_path, undisturbed):
    company = new_company(tmp_path, customers=150, seed=5)
    company.take_keys_of(undisturbed)
    kill_in(stage, company)
    company.run()
    assert company.tables() == undisturbed.tables()
    assert company.feed() == undisturbed.feed()
