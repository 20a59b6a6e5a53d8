"""Data that break an error rule: the run stops and says why; mended, the next one publishes."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from serving.builds import current_build
from serving.changes import replay
from serving.feed import read_changes
from stamm.duck import open_warehouse
from stamm.store import Store
from tests.end_to_end.company import company_that_ran

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
NAMES = ("full_name", "email", "city", "restricted", "records")


class Shop:
    """The webshop of a sandbox company, changed from outside as its users would."""

    def __init__(self, company):
        self.path = company.home / "sandbox" / "company.db"
        self.second = 0

    def rewrite(self, stream, keys, **fields):
        """Set fields of records, and the moment of their change."""
        self.second += 1
        # The sandbox's present is 06:00; a change must be later than what was read before.
        moment = datetime(2026, 6, 30, 5, 59, 50 + self.second, tzinfo=UTC)
        fields["updatedAt"] = moment.strftime("%Y-%m-%dT%H:%M:%S.000+00:00")
        with closing(sqlite3.connect(self.path)) as db:
            for key in keys:
                [(body,)] = db.execute(
                    "select body from record where stream = ? and key = ?", [stream, key]
                ).fetchall()
                db.execute(
                    "update record set body = ?, changed_at = ? where stream = ? and key = ?",
                    [
                        json.dumps(json.loads(body) | fields),
                        int(moment.timestamp() * 1000),
                        stream,
                        key,
                    ],
                )
            db.commit()

    def orders(self, count):
        with closing(sqlite3.connect(self.path)) as db:
            rows = db.execute(
                "select key from record where stream = 'orders' order by key limit ?", [count]
            ).fetchall()
        return [key for (key,) in rows]


def state(name):
    return {"stateMachineState": {"technicalName": name}}


def ask(company, sql):
    with open_warehouse(company.home / "work" / "warehouse.duckdb") as con:
        return con.sql(sql).fetchall()


def test_an_error_stops_the_publish_and_a_mended_source_lets_the_next_run_go_on(
    tmp_path, tmp_path_factory
):
    company, first = company_that_ran(tmp_path_factory, tmp_path, customers=80, seed=3)
    shop, published = Shop(company), first["build"]
    before = company.tables()

    # Before linking: two orders in a state that nobody knows.
    broken = shop.orders(2)
    shop.rewrite("orders", broken, **state("teleported"))
    said = company.stamm("run", exit_code=3)
    assert "gate match_input stopped the run; nothing was published" in said
    assert "2 of " in said
    assert "fact_state_is_known: every order, invoice and quotation has a state" in said
    assert "quality.quarantined_rows where rule = 'fact_state_is_known'" in said
    assert ask(
        company,
        "select source, stream, rule, reason, count(distinct record_id) "
        "from quality.quarantined_rows where gate = 'match_input' group by all",
    ) == [
        (
            "shop",
            "orders",
            "fact_state_is_known",
            "every order, invoice and quotation has a state or kind we know",
            2,
        )
    ]
    assert company.tables() == before
    assert published in company.stamm("status")

    # After golden: the states are mended, but this project allows a party two records only.
    shop.rewrite("orders", broken, **state("completed"))
    settings = (company.folder / "stamm.yaml").read_text(encoding="utf-8")
    strict = settings + "quality: {largest_cluster: 2}\n"
    (company.folder / "stamm.yaml").write_text(strict, encoding="utf-8")
    said = company.stamm("run", exit_code=3)
    assert "gate golden stopped the run; nothing was published" in said
    assert "break cluster_is_not_too_large: no party has more records than" in said
    assert "Where to look: golden.golden_parties (work/warehouse.duckdb): P" in said
    assert company.tables() == before
    assert ask(company, "select * from quality.quarantined_rows where gate = 'match_input'") == []

    (company.folder / "stamm.yaml").write_text(settings, encoding="utf-8")
    summary = company.run()
    assert summary["changed"]
    assert summary["build"] != published
    statuses = ask(company, "select distinct status from marts.fct_orders order by 1")
    assert statuses == [("cancelled",), ("done",), ("open",)]
    assert_the_feed_tells_the_build(company)


def assert_the_feed_tells_the_build(company):
    """Whoever read the feed from its beginning holds what the build holds."""
    with closing(Store.open(company.home / "state.db")) as store:
        held = replay(read_changes(store, limit=1_000_000))
    database = current_build(company.home / "published").database
    with open_warehouse(database, read_only=True) as con:
        rows = con.sql(f"select party_id, {', '.join(NAMES)} from golden_parties").fetchall()
    told = {party: tuple(values[name] for name in NAMES) for party, values in held.items()}
    assert told == {row[0]: row[1:] for row in rows}
