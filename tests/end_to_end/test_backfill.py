"""A month of a stream chosen on Dagster's page: what changed in silence is landed and published."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.end_to_end.company import company_that_ran

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
NAME = "10001-B"


def change_in_silence(company):
    """The shop renames an order and keeps the time of its last change; the month of that."""
    with closing(sqlite3.connect(company.home / "sandbox" / "company.db")) as db, db:
        key, changed, body = db.execute(
            "select key, changed_at, body from record"
            " where (system, stream, deleted) = ('shopware', 'orders', 0)"
            " order by changed_at limit 1"
        ).fetchone()
        renamed = json.dumps({**json.loads(body), "orderNumber": NAME})
        db.execute(
            "update record set body = ? where (system, stream, key) = ('shopware', 'orders', ?)",
            [renamed, key],
        )
    return f"{datetime.fromtimestamp(changed / 1000, UTC):%Y-%m}"


def is_known(company):
    return bool(company.json("query", f"from fct_orders where order_number = '{NAME}'"))


def test_a_month_of_a_stream_is_a_partition_that_brings_what_changed_in_silence(
    tmp_path_factory, tmp_path, monkeypatch
):
    from dagster import DagsterInstance, MultiPartitionKey

    from orchestration.definitions import build_definitions
    from orchestration.instance import prepare_instance
    from orchestration.project import open_project

    company, _ = company_that_ran(tmp_path_factory, tmp_path, customers=300, seed=7)
    month = change_in_silence(company)
    company.run()
    assert not is_known(company)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(company.home))
    monkeypatch.setenv("DAGSTER_HOME", "")  # none; and undone with the test
    project = open_project()
    prepare_instance(project.home)
    job = build_definitions(project).resolve_job_def("backfill_by_month")
    chosen = MultiPartitionKey({"month": month, "stream": "shop.orders"})
    with DagsterInstance.get() as instance:
        assert job.execute_in_process(partition_key=chosen, instance=instance).success
    assert is_known(company)
