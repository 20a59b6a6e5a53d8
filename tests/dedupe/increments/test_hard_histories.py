"""Increments equal a rebuild where rarer things happen, and where every bound is reached."""

from __future__ import annotations

import pytest

from tests.dedupe.increments.hard_company import HardCompany
from tests.dedupe.increments.histories import Beginning, check_history

pytestmark = pytest.mark.timeout(400)
SMALL = {
    "dedupe.clustering.clusters.FEW_MISSING": 3,
    "dedupe.clustering.clusters.LARGEST_COMPONENT": 5,
    "dedupe.clustering.merging.STACK": 20,
    "dedupe.linking.arriving.BATCH": 3,
    "dedupe.linking.comparing.BATCH": 3,
    "dedupe.linking.comparing.PORTION": 7,
    "dedupe.linking.equal_records.MOST_UNSURE": 2,
    "dedupe.linking.meetings.SLICE": 5,
    "dedupe.survivorship.tables.BATCH": 16,
}


@pytest.fixture(scope="module", params=["usual sizes", "small sizes"])
def beginning(request, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name, size in SMALL.items() if request.param == "small sizes" else ():
            patch.setattr(name, size)
        yield Beginning.make(tmp_path_factory.mktemp("beginning"), kind=HardCompany)


@pytest.mark.parametrize("seed", range(4))
def test_after_a_hard_day_all_tables_are_those_of_a_rebuild(seed, beginning, tmp_path):
    check_history(beginning, seed, tmp_path, days=1, threads=1 + seed % 2)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("hundredth", range(10))
def test_so_they_are_after_many_hard_days(hundredth, beginning, tmp_path):
    for seed in range(1_000 + 10 * hundredth, 1_010 + 10 * hundredth):
        check_history(beginning, seed, tmp_path / str(seed), days=4, threads=2)
