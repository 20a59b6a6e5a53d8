"""Increments equal a rebuild, whatever happens and in whatever batches."""

from __future__ import annotations

import pytest

from tests.dedupe.increments.histories import check_history


@pytest.mark.parametrize("seed", range(10))
def test_after_each_day_of_a_history_all_tables_are_those_of_a_rebuild(seed, tmp_path):
    check_history(seed, tmp_path, days=1)
