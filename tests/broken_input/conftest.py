"""One served company for all tests of this folder, and the secrets that open it."""

import pytest

from tests.broken_input.projects import SECRETS, office


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    with office(tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
