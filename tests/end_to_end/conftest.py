"""One company that ran once; the tests that only look at it share it."""

import pytest

from tests.end_to_end.company import Company, company_that_ran


@pytest.fixture(scope="session")
def ran(tmp_path_factory) -> tuple[Company, dict]:
    folder = tmp_path_factory.mktemp("company")
    return company_that_ran(tmp_path_factory, folder, customers=300, seed=7)
