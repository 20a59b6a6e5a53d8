"""Increments in two threads equal a rebuild in one, whatever happens and in whatever batches."""

from __future__ import annotations

import pytest

from tests.dedupe.increments.histories import check_history

pytestmark = pytest.mark.timeout(400)  # among the longest files of the default suite


@pytest.mark.parametrize("seed", range(25, 50))
def test_after_a_day_of_changes_all_tables_are_those_of_a_rebuild(seed, beginning, tmp_path):
    check_history(beginning, seed, tmp_path, days=1, threads=2)
