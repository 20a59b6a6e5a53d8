"""The indexed copy beside a build: what the API reads one customer from."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from privacy.suppressions import suppress_party
from serving.api.views import Published
from serving.builds import current_build
from serving.lookups import FILE
from stamm.home import Home
from stamm.store import Store
from tests.serving.api.published import publish_company, rows_of_the_company

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
ONE = "from golden_parties where party_id = $p"


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home").prepare()
    with closing(Store.open(home.store)) as store:
        publish_company(home, store, 1, rows_of_the_company())
    return home


@pytest.fixture
def store(home):
    with closing(Store.open(home.store)) as opened:
        yield opened


def test_a_customer_is_read_by_an_index_and_says_what_the_build_says(home, store):
    view = Published(home.published, store).current()
    ids = [row["party_id"] for row in view.rows("select party_id from build.main.golden_parties")]
    assert len(ids) > 20
    for table in ("golden_parties", "customer_360"):
        asked = "from {} where party_id = $p"
        for party in ids:
            of_build = view.rows(asked.format(f"build.main.{table}"), {"p": party})
            assert view.rows(asked.format(table), {"p": party}) == of_build
    [plan] = view.rows(f"explain analyze {ONE}", {"p": ids[0]})
    assert "Index Scan" in plan["explain_value"]


def test_who_is_suppressed_is_not_found_in_it(home, store):
    published = Published(home.published, store)
    [row] = published.current().rows("select min(party_id) as party_id from golden_parties")
    suppress_party(store, row["party_id"], reason="erasure", at=AT)
    view = published.current()
    assert view.rows(ONE, {"p": row["party_id"]}) == []
    assert view.customer(row["party_id"]) is None


def test_a_build_of_before_that_has_none_is_answered_too(home, store):
    folder = current_build(home.published).folder
    folder.chmod(0o755)
    (folder / FILE).unlink()
    view = Published(home.published, store).current()
    [row] = view.rows("select min(party_id) as party_id from golden_parties")
    assert view.customer(row["party_id"])["party_id"] == row["party_id"]
