"""Companies in which nothing is wrong: week after week, no figure raises a warning."""

import pytest

from sandbox.company import create
from tests.end_to_end.company import new_company
from tests.quality.test_planted_defects import warned

# Run by hand beside other work: seconds would tell about that.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


@pytest.mark.parametrize("seed", range(101, 131))
def test_a_clean_company_raises_nothing(tmp_path, seed):
    company = new_company(tmp_path, customers=400, seed=seed)
    create(company.home / "sandbox", customers=400, seed=seed)
    company.run()
    for days in (1, 7, 14):
        company.stamm("sandbox", "advance", "--days", str(days))
        company.run()
        assert warned(company) == {}
