"""Data that break an error rule: the run stops and says why; mended, the next one publishes."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from sandbox.company import create
from serving.builds import current_build
from serving.feed import read_changes, replay
from stamm.duck import open_warehouse
from stamm.store import Store
from tests.end_to_end.company import new_company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
NAMES = ("full_name", "email", "city", "restricted", "records")
BOTS = 65  # records of one customer; 60 are the most that quality.largest_cluster allows


class Shop:
    """The webshop of a sandbox company, changed from outside as its users and bots would."""

    def __init__(self, company):
        self.path = company.home / "sandbox" / "company.db"
        self.minute = 0

    def rewrite(self, stream, keys, **fields):
        """Set fields of records, and the moment of their change."""
        self.minute += 1
        moment = datetime(2026, 6, 30, 5, self.minute, tzinfo=UTC)
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

    def let_a_bot_sign_up(self, times):
        """The same person again and again; returns the keys."""
        keys = [f"018effff00007000800000000000{number:04x}" for number in range(times)]
        moment = datetime(2026, 6, 30, 5, tzinfo=UTC)
        stamp = int(moment.timestamp() * 1000)
        with closing(sqlite3.connect(self.path)) as db:
            for key in keys:
                body = {
                    "id": key, "customerNumber": key[-6:], "guest": True, "active": True,
                    "firstName": "Robina", "lastName": "Schneckenburger", "company": None,
                    "vatIds": None, "email": "robina.schneckenburger@web.de",
                    "birthday": "1990-05-06T00:00:00.000+00:00", "defaultBillingAddressId": None,
                    "createdAt": "2026-06-30T05:00:00.000+00:00", "updatedAt": None,
                    "customFields": None,
                }  # fmt: skip
                db.execute(
                    "insert into record values ('shopware', 'customers', ?, ?, ?, ?, 0, ?)",
                    [key, key, stamp, stamp, json.dumps(body)],
                )
            db.commit()
        return keys


def state(name):
    return {"stateMachineState": {"technicalName": name}}


def ask(company, sql):
    with open_warehouse(company.home / "work" / "warehouse.duckdb") as con:
        return con.sql(sql).fetchall()


def test_an_error_stops_the_publish_and_a_mended_source_lets_the_next_run_go_on(tmp_path):
    company = new_company(tmp_path, customers=80, seed=3)
    create(company.home / "sandbox", customers=80, seed=3)
    shop = Shop(company)
    published = company.run()["build"]
    before = company.tables()

    # Before linking: two orders in a state that nobody knows. A bot has been there as well.
    broken = shop.orders(2)
    shop.rewrite("orders", broken, **state("teleported"))
    bots = shop.let_a_bot_sign_up(BOTS)
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

    # After golden: the states are mended, the bot is one party of 65 records.
    shop.rewrite("orders", broken, **state("completed"))
    said = company.stamm("run", exit_code=3)
    assert "gate golden stopped the run; nothing was published" in said
    assert "break cluster_is_not_too_large: no party has more records than" in said
    assert f"records {BOTS}" in said
    assert "Where to look: golden.golden_parties (work/warehouse.duckdb): P" in said
    assert company.tables() == before
    assert ask(company, "select * from quality.quarantined_rows where gate = 'match_input'") == []

    # The shop marks the bot's records as tests: they are set aside, and the run publishes.
    shop.rewrite("customers", bots, firstName="Test", lastName="Testkunde")
    summary = company.run()
    assert summary["changed"]
    assert summary["build"] != published
    assert (
        ask(
            company,
            "select count(*) from intermediate.int_parties__set_aside where rule = 'test_name'",
        )[0][0]
        >= BOTS
    )
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
