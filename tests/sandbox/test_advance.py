"""Time passes: what an advance changes, and what it must leave as it was."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox import advance as module
from sandbox.advance import AdvanceSummary, advance
from sandbox.company import create, now
from sandbox.truth import read_truth, truth_generation

from .conftest import Book

Advanced = tuple[Book, Book, AdvanceSummary]


def records(book: Book, system: str, stream: str) -> dict[str, tuple[int, int, str]]:
    rows = book.rows(
        "select key, changed_at, deleted, body from record where system = ? and stream = ?",
        system,
        stream,
    )
    return {key: (changed, deleted, body) for key, changed, deleted, body in rows}


def test_the_clock_moves_by_the_days_and_the_generation_by_one(advanced: Advanced) -> None:
    before, after, _ = advanced
    assert now(after.folder) - now(before.folder) == timedelta(days=30)
    assert after.rows("select value from meta where name = 'generation'") == [("1",)]


def test_everything_that_can_happen_happens_even_in_a_small_company(advanced: Advanced) -> None:
    summary = advanced[2]
    assert summary.new_customers > 0
    assert summary.child_edits >= 4
    assert summary.moves > 0
    assert summary.deletes > 0
    assert summary.new_orders > 0
    assert summary.new_fields == "shopware.customers.accountType"


def test_edits_and_moves_touch_children_and_leave_the_parents_cursor(advanced: Advanced) -> None:
    before, after, _ = advanced
    old, new = records(before, "s4", "business_partners"), records(after, "s4", "business_partners")
    assert {key: new[key] for key in old} == old
    children = ("emails", "phones", "addresses")
    for stream in children:
        old, new = records(before, "s4", stream), records(after, "s4", stream)
        assert any(new[key][2] != old[key][2] for key in old), stream


def test_a_shop_address_is_edited_without_its_customer(advanced: Advanced) -> None:
    before, after, _ = advanced
    old = records(before, "shopware", "customer_addresses")
    new = records(after, "shopware", "customer_addresses")
    owners = {
        json.loads(new[key][2])["customerId"]
        for key in old
        if not new[key][1] and new[key][2] != old[key][2]
    }
    assert owners
    customers = records(before, "shopware", "customers")
    later = records(after, "shopware", "customers")
    assert all(later[key] == customers[key] for key in owners if not later[key][1])


def test_what_is_deleted_leaves_the_truth_and_keeps_its_key(advanced: Advanced) -> None:
    _, after, _ = advanced
    gone = set(after.rows("select system, stream, key from record where deleted = 1"))
    assert {row[1] for row in gone} >= {"phones", "contacts"}
    known = {(r["system"], r["stream"], r["key"]) for r in read_truth(after.folder)}
    assert not gone & known


def test_the_truth_file_tells_of_the_new_generation(advanced: Advanced) -> None:
    before, after, _ = advanced
    assert truth_generation(after.folder) == "1"
    assert len(read_truth(after.folder)) > len(read_truth(before.folder))


def test_who_was_who_stays_who(advanced: Advanced) -> None:
    before, after, _ = advanced
    old = {(r["system"], r["key"], r["facet"]): r["entity_id"] for r in read_truth(before.folder)}
    new = {(r["system"], r["key"], r["facet"]): r["entity_id"] for r in read_truth(after.folder)}
    assert all(new[key] == old[key] for key in old.keys() & new.keys())


def test_a_withdrawal_blocks_the_address_and_is_dated(tmp_path: Path) -> None:
    create(tmp_path, customers=600, seed=5)
    before = {b["id"]: b for b in Book(tmp_path).bodies("brevo", "contacts")}
    summary = advance(tmp_path, days=90)
    after = {b["id"]: b for b in Book(tmp_path).bodies("brevo", "contacts")}
    withdrawn = [
        after[i]
        for i in before.keys() & after.keys()
        if before[i]["attributes"]["OPT_IN"] and not after[i]["attributes"]["OPT_IN"]
    ]
    assert len(withdrawn) == summary.withdrawals > 0
    assert all(b["emailBlacklisted"] for b in withdrawn)
    assert all(b["attributes"]["OPT_OUT_DATE"] >= "2026-06-30" for b in withdrawn)


def test_orders_that_were_open_for_three_weeks_are_delivered_and_billed(advanced: Advanced) -> None:
    before, after, summary = advanced
    old, new = ({o["SalesOrder"]: o for o in b.bodies("s4", "sales_orders")} for b in advanced[:2])
    open_before = {n for n, order in old.items() if order["OverallSDProcessStatus"] != "C"}
    delivered = {n for n in open_before if new[n]["OverallSDProcessStatus"] == "C"}
    assert len(delivered) == summary.deliveries > 0
    billed = Counter(item["SalesDocument"] for item in before.bodies("s4", "billing_items"))
    assert not billed.keys() & open_before
    items = after.bodies("s4", "billing_items")
    documents = {d["BillingDocument"]: d for d in after.bodies("s4", "billing_documents")}
    for number in delivered:
        [invoice] = {
            item["BillingDocument"]
            for item in items
            if item["SalesDocument"] == number
            and documents[item["BillingDocument"]]["BillingDocumentType"] == "F2"
        }
        assert documents[invoice]["TotalNetAmount"] == new[number]["TotalNetAmount"]
        assert documents[invoice]["SoldToParty"] == new[number]["SoldToParty"]
    late = now(after.folder).timestamp() * 1000 - 20 * 86_400_000
    for order in new.values():
        placed = int(order["SalesOrderDate"].removeprefix("/Date(").removesuffix(")/"))
        assert (order["OverallSDProcessStatus"] == "C") or placed > late - 86_400_000


def test_new_records_carry_the_new_field_and_untouched_ones_do_not(advanced: Advanced) -> None:
    before, after, _ = advanced
    known = {b["id"] for b in before.bodies("shopware", "customers")}
    for body in after.bodies("shopware", "customers"):
        assert ("accountType" in body) == (body["id"] not in known)


def test_the_same_advance_of_the_same_company_gives_the_same_records(
    advanced: Advanced, tmp_path: Path
) -> None:
    before, after, _ = advanced
    shutil.copytree(before.folder, tmp_path / "again")
    advance(tmp_path / "again", days=30)
    assert Book(tmp_path / "again").everything() == after.everything()


def test_an_advance_that_is_killed_changes_nothing(
    small: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(small.folder, tmp_path / "killed")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_tally", killed)
    with pytest.raises(KeyboardInterrupt):
        advance(tmp_path / "killed", days=30)
    with sqlite3.connect(tmp_path / "killed" / "company.db") as db:
        assert db.execute("select value from meta where name = 'generation'").fetchone() == ("0",)
    assert Book(tmp_path / "killed").everything() == small.everything()
