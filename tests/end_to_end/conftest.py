"""One company that ran once; the tests that only look at it share it."""

import pytest

from tests.end_to_end.company import Company, new_company


@pytest.fixture(scope="session")
def ran(tmp_path_factory) -> tuple[Company, dict]:
    company = new_company(tmp_path_factory.mktemp("company"))
    return company, company.run()
