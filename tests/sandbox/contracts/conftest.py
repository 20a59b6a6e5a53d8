"""A small company, served, for the vendors' contracts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.server import running
from tests.sandbox.conftest import Book


@pytest.fixture(scope="session")
def url(small: Book) -> Iterator[str]:
    with running(small.folder) as server:
        yield server.base_url
