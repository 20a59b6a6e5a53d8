"""Increments equal a rebuild, whatever happens and in whatever batches."""

from __future__ import annotations

import pytest

from tests.dedupe.increments.histories import Beginning, check_history


@pytest.fixture(scope="module")
def beginning(tmp_path_factory):
    return Beginning.make(tmp_path_factory.mktemp("beginning"))


@pytest.mark.parametrize("seed", range(50))
def test_after_a_day_of_changes_all_tables_are_those_of_a_rebuild(seed, beginning, tmp_path):
    check_history(beginning, seed, tmp_path, days=1)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("thousandth", range(10))
def test_so_they_are_after_each_of_many_days(thousandth, beginning, tmp_path):
    for seed in range(1_000 + 100 * thousandth, 1_100 + 100 * thousandth):
        folder = tmp_path / str(seed)
        check_history(beginning, seed, folder, days=4)
