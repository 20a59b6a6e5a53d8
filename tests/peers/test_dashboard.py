"""The example dashboard in a real Superset, seen in a real Chromium by who may only read it."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, datetime

import pytest

from privacy.suppressions import suppress_party
from serving.builds import current_build
from serving.release import refresh
from stamm.duck import open_warehouse
from stamm.store import Store
from tests.end_to_end.company import new_company
from tests.end_to_end.dashboard import charts, columns, datasets, small_groups
from tests.peers.superset import CHART, logged_in, running, wait_for_charts
from tests.serving.desk.browsing import chromium

pytestmark = [pytest.mark.peer, pytest.mark.superset, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Large enough for models of purchases, and for months with five answers on NPS."""
    made = new_company(tmp_path_factory.mktemp("company"), customers=1_500)
    made.run()
    return made


@pytest.fixture(scope="module")
def superset(company, tmp_path_factory):
    with running(company.home, tmp_path_factory.mktemp("superset") / "serve.log") as served:
        yield served


@pytest.fixture(scope="module")
def reader(superset):
    return superset.session("reader")


def test_the_reader_sees_every_chart_drawn_and_the_page_asks_no_other_host(superset):
    with chromium() as browser:
        page = logged_in(browser, superset)
        answered, troubles = [], []
        page.on("response", lambda answer: answered.append((answer.status, answer.url)))
        page.on("pageerror", lambda trouble: troubles.append(str(trouble)))
        page.goto(superset.dashboard)
        wait_for_charts(page)
        assert page.locator(f"{CHART} :is({FAILED})").all_inner_texts() == []
        assert page.locator(CHART).count() == len(charts())
    assert troubles == []
    assert [url for status, url in answered if status >= 400] == []
    assert [
        url for _, url in answered if not url.startswith((superset.url, "blob:", "data:"))
    ] == []
    assert sum("/api/v1/chart/data" in url for _, url in answered) >= len(charts())


FAILED = "[role=alert], .ant-alert, .ant-empty"


@pytest.mark.parametrize("name", datasets())
def test_every_dataset_answers_the_reader_with_rows_and_no_small_group(reader, name):
    found = answered(reader.query(reader.datasets()[name], columns=columns(datasets()[name])))
    assert found
    assert small_groups(found) == []


def answered(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["result"][0]["data"]


def test_a_reader_reaches_no_table_of_the_build(reader):
    """SQL Lab, a dataset of one's own, a query hidden in a column, and one in a condition."""
    table, sql = {"database": 1, "schema": "main", "table_name": "mine"}, "select 1 as one"
    lab = {"database_id": 1, "sql": sql, "client_id": "a", "runAsync": False, "schema": "main"}
    assert reader.post("sqllab/execute/", lab).status_code == 403
    assert reader.post("dataset/", {**table, "sql": sql}).status_code == 403
    build = reader.datasets()["build"]
    hidden = {"expressionType": "SQL", "label": "x",
              "sqlExpression": "(select max(email) from customer_360)"}  # fmt: skip
    asked = reader.query(build, columns=["build_id"], metrics=[hidden])
    assert (asked.status_code, "sub-queries" in asked.text) == (400, True)
    condition = {"where": "exists (select 1 from customer_360)"}
    assert reader.query(build, columns=["build_id"], extras=condition).status_code == 403


def test_an_admin_reads_tables_and_writes_nothing_and_opens_no_file(superset):
    admin = superset.session("admin")

    def lab(sql, number):
        asked = {"database_id": 1, "sql": sql, "runAsync": False, "schema": "main"}
        return admin.post("sqllab/execute/", {**asked, "client_id": f"test{number}"})

    assert lab("select count(*) from customer_360", 1).status_code == 200
    assert "Permission Error" in lab("select * from read_csv('/etc/hostname')", 2).text
    assert lab("delete from customer_360", 3).status_code >= 400


def test_readers_go_on_through_publishes_and_see_the_newest_build_after_each(
    company, reader, superset
):
    another = superset.session("reader")  # a session is for one thread
    build = reader.datasets()["build"]
    wrong, stop = [], threading.Event()

    def read_on():
        while not stop.is_set():
            answer = another.query(build, columns=["build_id"])
            if answer.status_code != 200 or len(answered(answer)) != 1:
                wrong.append(answer.text)

    thread = threading.Thread(target=read_on)
    thread.start()
    try:
        for _ in range(3):
            published = publish_without_one_customer(company)
            (shown,) = answered(reader.query(build, columns=["build_id"]))
            assert shown == {"build_id": published.build_id}
    finally:
        stop.set()
        thread.join()
    assert wrong == []


def publish_without_one_customer(company):
    root = company.home / "published"
    with closing(Store.open(company.home / "state.db")) as store:
        with open_warehouse(current_build(root).database, read_only=True) as con:
            party = con.sql("select min(party_id) from customer_360").fetchall()[0][0]
        suppress_party(store, party, reason="objection", at=datetime.now(UTC))
        return refresh(root, store, at=datetime.now(UTC))
