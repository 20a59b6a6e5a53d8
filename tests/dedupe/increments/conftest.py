"""A company some days old, from which histories go on."""

import pytest

from tests.dedupe.increments.histories import Beginning


@pytest.fixture(scope="session")
def beginning(tmp_path_factory):
    return Beginning.make(tmp_path_factory.mktemp("beginning"))
