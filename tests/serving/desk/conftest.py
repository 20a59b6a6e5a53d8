"""A desk over a published company, and browsers of its people (FastAPI's own client)."""

import shutil
from contextlib import closing

import pytest

from stamm.home import Home
from stamm.store import Store
from tests.serving.api.published import publish_company, rows_of_the_company
from tests.serving.desk.desks import Browser, add_people, opened, quick_hashes


@pytest.fixture(autouse=True)
def hashes(request):
    """Quick ones, unless a test asks for those that are slow on purpose."""
    if "slow_hashes" in request.fixturenames:
        yield
    else:
        with quick_hashes():
            yield


@pytest.fixture
def slow_hashes():
    """The hashes that users have."""


@pytest.fixture(scope="session")
def published_once(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("company")).prepare()
    with closing(Store.open(home.store)) as store, quick_hashes():
        publish_company(home, store, 1, rows_of_the_company())
        add_people(store)
    return home


@pytest.fixture
def home(published_once, tmp_path):
    root = tmp_path / "home"
    shutil.copytree(published_once.root, root, symlinks=True)
    return Home(root)


@pytest.fixture
def desk(home):
    with opened(home) as found:
        yield found


@pytest.fixture
def visitor(desk):
    return Browser(desk)


@pytest.fixture
def steward(desk):
    return Browser(desk).logged_in("m.winter")


@pytest.fixture
def admin(desk):
    return Browser(desk).logged_in("a.admin")


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as opened_store:
        yield opened_store
