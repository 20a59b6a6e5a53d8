"""The tiny company, served once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.server import credentials, running
from tests.sandbox.server.tiny_company import Book, found

Misbehave = Callable[..., None]


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return found(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def url(book: Book) -> Iterator[str]:
    with running(book.path.parent) as server:
        yield server.base_url


@pytest.fixture(scope="session")
def token(url: str) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.SHOPWARE_CLIENT_ID,
        "client_secret": credentials.SHOPWARE_CLIENT_SECRET,
    }
    answer = requests.post(f"{url}/shop/api/oauth/token", json=form, timeout=5).json()
    return {"Authorization": f"Bearer {answer['access_token']}"}


@pytest.fixture
def misbehave(url: str) -> Iterator[Misbehave]:
    def ask(system: str, kind: str, **more: Any) -> None:
        fault = {"system": system, "kind": kind, **more}
        requests.post(f"{url}/_sandbox/faults", json=fault, timeout=5).raise_for_status()

    yield ask
    requests.delete(f"{url}/_sandbox/faults", timeout=5).raise_for_status()
