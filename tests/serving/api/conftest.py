"""One published company for all tests of the API; each test file serves a copy of its own."""

import shutil
from contextlib import closing

import pytest

from stamm.home import Home
from stamm.store import Store
from tests.serving.api.published import publish_company, rows_of_the_company, running


@pytest.fixture(scope="session")
def published_once(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("company")).prepare()
    with closing(Store.open(home.store)) as store:
        publish_company(home, store, 1, rows_of_the_company())
    return home


@pytest.fixture(scope="module")
def home(published_once, tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "home"
    shutil.copytree(published_once.root, root, symlinks=True)
    return Home(root)


@pytest.fixture(scope="module")
def api(home):
    with running(home) as client:
        yield client
