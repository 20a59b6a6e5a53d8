"""Increments equal a rebuild, whatever happens and in whatever batches.

Half of the histories are in `test_histories_in_threads.py`, so that both processes of the suite
have some.
"""

from __future__ import annotations

from contextlib import closing

import pytest

from dedupe import resolve
from stamm.duck import open_warehouse
from tests.dedupe.increments.histories import check_history, check_run, golden, run

pytestmark = pytest.mark.timeout(400)  # among the longest files of the default suite


# 1006: a firm's records at -2.2 bits, which its low threshold holds in one component.
@pytest.mark.parametrize("seed", [*range(25), 1006])
def test_after_a_day_of_changes_all_tables_are_those_of_a_rebuild(seed, beginning, tmp_path):
    check_history(beginning, seed, tmp_path, days=1, threads=1)


@pytest.mark.parametrize("seed", range(3))
def test_a_run_that_dies_after_the_ledger_leaves_nothing_to_mend(
    seed, beginning, tmp_path, monkeypatch
):
    company, linkage = beginning.go_on(seed, tmp_path), tmp_path / "linkage"
    with open_warehouse(tmp_path / "warehouse.duckdb") as con, closing(company.store):
        tables, rows = golden(con), dict(company.rows)
        company.day()
        with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
            patch.setattr(resolve, "write_retired", lambda *_: 1 / 0)
            run(con, company, linkage)
        assert golden(con) == tables
        if seed == 0:  # the sources take it all back before the next run
            company.rows = rows
        check_run(con, company, linkage, "a death")


def test_a_run_over_what_it_knows_links_nothing_and_changes_nothing(beginning, tmp_path):
    company = beginning.go_on(7, tmp_path)
    with open_warehouse(tmp_path / "warehouse.duckdb") as con, closing(company.store):
        tables = golden(con)
        assert run(con, company, tmp_path / "linkage").records_linked == 0
        assert golden(con) == tables


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("thousandth", range(10))
def test_so_they_are_after_each_of_many_days(thousandth, beginning, tmp_path):
    for seed in range(1_000 + 100 * thousandth, 1_100 + 100 * thousandth):
        folder = tmp_path / str(seed)
        check_history(beginning, seed, folder, days=4, threads=2)
