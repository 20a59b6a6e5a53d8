"""After three months of changes a rebuild from landing and the ledger gives the same tables."""

import pytest

from tests.end_to_end.company import new_company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_after_three_advances_a_full_run_gives_the_same_ids_and_tables(tmp_path):
    company = new_company(tmp_path, customers=400, seed=11)
    company.run()
    for _ in range(3):
        company.stamm("sandbox", "advance", "--days", "30")
        assert company.run()["changed"]
    before = company.tables()
    company.run("--full")
    after = company.tables()
    assert set(after) == set(before)
    for name, rows in after.items():
        assert rows == before[name], name
