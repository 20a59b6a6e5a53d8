"""The company is a function of its seed, is made once, and holds together."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.company import create, now
from sandbox.estimates import HEADER
from sandbox.truth import read_truth, truth_generation
from stamm.errors import UsageError

from .conftest import Book

PARTY_STREAMS = {
    ("s4", "business_partners"),
    ("shopware", "customers"),
    ("brevo", "contacts"),
    ("zendesk", "users"),
    ("zendesk", "organizations"),
}


def test_the_same_seed_gives_the_same_records_and_another_seed_others(
    small: Book, tmp_path: Path
) -> None:
    create(tmp_path / "again", customers=120, seed=3)
    create(tmp_path / "other", customers=120, seed=4)
    assert Book(tmp_path / "again").everything() == small.everything()
    assert read_truth(tmp_path / "again") == read_truth(small.folder)
    assert Book(tmp_path / "other").everything() != small.everything()


def test_the_same_seed_gives_the_same_records_in_every_process(tmp_path: Path) -> None:
    """Once a set of systems was walked in the order of its hashes, which each process salts."""
    program = (
        "import sys, sqlite3, pathlib; from sandbox.company import create; "
        "folder = pathlib.Path(sys.argv[1]); create(folder, customers=60, seed=5); "
        "print(*sqlite3.connect(folder / 'company.db').iterdump(), sep='\\n')"
    )
    dumps = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / salt)],
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            check=True,
        ).stdout
        for salt in ("1", "2", "3")
    }
    assert len(dumps) == 1


def test_a_company_that_is_there_is_left_alone(small: Book) -> None:
    before = (small.folder / "company.db").stat().st_mtime_ns
    create(small.folder, customers=120, seed=3)
    assert (small.folder / "company.db").stat().st_mtime_ns == before


def test_another_company_in_the_same_folder_is_refused_with_both_sizes_named(small: Book) -> None:
    with pytest.raises(UsageError, match=r"'customers': '120'.*'customers': '500'"):
        create(small.folder, customers=500, seed=3)


def test_a_killed_build_leaves_nothing_that_counts(tmp_path: Path, small: Book) -> None:
    (tmp_path / "company.db.building").write_bytes(b"half a file")
    create(tmp_path, customers=120, seed=3)
    assert Book(tmp_path).everything() == small.everything()
    assert not (tmp_path / "company.db.building").exists()


def test_a_truth_file_that_lags_behind_is_written_anew(tmp_path: Path) -> None:
    create(tmp_path, customers=10, seed=1)
    (tmp_path / "truth.parquet").unlink()
    create(tmp_path, customers=10, seed=1)
    assert truth_generation(tmp_path) == "0"


def test_the_clock_starts_at_a_fixed_moment(small: Book) -> None:
    assert now(small.folder) == datetime(2026, 6, 30, 6, tzinfo=UTC)


def test_no_record_is_of_the_future_or_older_than_the_company(company: Book) -> None:
    ((first, last),) = company.rows("select min(created_at), max(changed_at) from record")
    assert datetime.fromtimestamp(last / 1000, UTC) <= now(company.folder)
    assert datetime.fromtimestamp(first / 1000, UTC).year >= 2022


def test_every_party_record_is_in_the_truth_once_and_nothing_else_is(company: Book) -> None:
    known = [(r["system"], r["stream"], r["key"], r["facet"]) for r in read_truth(company.folder)]
    assert len(known) == len(set(known))
    own = {row[:3] for row in known if row[3] == ""}
    records = company.rows("select system, stream, key from record where deleted = 0")
    assert own == {row for row in records if row[:2] in PARTY_STREAMS}


def test_a_record_that_names_a_company_has_an_organisation_facet(company: Book) -> None:
    facets = {(r["system"], r["key"]) for r in read_truth(company.folder) if r["facet"] == "#org"}
    shop = {("shopware", b["id"]) for b in company.bodies("shopware", "customers") if b["company"]}
    newsletter = {
        ("brevo", str(b["id"]))
        for b in company.bodies("brevo", "contacts")
        if b["attributes"].get("FIRMA")
    }
    assert facets == shop | newsletter


def test_children_and_documents_point_at_records_that_exist(company: Book) -> None:
    partners = {b["BusinessPartner"] for b in company.bodies("s4", "business_partners")}
    addresses = company.bodies("s4", "addresses")
    places = {b["AddressID"] for b in addresses}
    assert {b["BusinessPartner"] for b in addresses} == partners
    assert {b["AddressID"] for b in company.bodies("s4", "emails")} <= places
    assert {b["SoldToParty"] for b in company.bodies("s4", "sales_orders")} <= partners
    customers = {b["id"] for b in company.bodies("shopware", "customers")}
    buyers = {b["orderCustomer"]["customerId"] for b in company.bodies("shopware", "orders")}
    assert buyers <= customers
    users = {b["id"] for b in company.bodies("zendesk", "users")}
    assert {b["requester_id"] for b in company.bodies("zendesk", "tickets")} <= users


def test_an_order_is_worth_the_sum_of_its_lines_and_its_shipping(company: Book) -> None:
    lines: dict[str, float] = {}
    for line in company.bodies("shopware", "order_line_items"):
        lines[line["orderId"]] = lines.get(line["orderId"], 0) + line["totalPrice"]
    orders = company.bodies("shopware", "orders")
    assert {o["id"] for o in orders} == set(lines)
    goods = {o["id"]: o["amountNet"] - o["shippingTotal"] for o in orders}
    assert all(abs(goods[o["id"]] - lines[o["id"]]) < 0.01 for o in orders)
    assert all(abs(o["positionPrice"] - lines[o["id"]]) < 0.01 for o in orders)
    assert {o["shippingTotal"] > 0 for o in orders} == {True, False}


def test_nobody_gets_mail_before_opting_in_or_campaigns_after_opting_out(company: Book) -> None:
    out = {
        b["email"]: b["attributes"]["OPT_OUT_DATE"]
        for b in company.bodies("brevo", "contacts")
        if "OPT_OUT_DATE" in b["attributes"]
    }
    never = {b["email"] for b in company.bodies("brevo", "contacts")} - {
        b["email"] for b in company.bodies("brevo", "contacts") if "OPT_IN_DATE" in b["attributes"]
    }
    events = company.bodies("brevo", "events")
    assert not never & {e["email"] for e in events}
    delivered = [e for e in events if e["event"] == "delivered" and e["email"] in out]
    assert delivered
    assert all(e["date"][:10] <= out[e["email"]] for e in delivered)


def test_the_file_of_estimates_has_german_columns_and_a_decimal_comma(company: Book) -> None:
    text = (company.folder / "files" / "spend_estimates.csv").read_text(encoding="utf-8")
    header, *rows = text.splitlines()
    assert header == "Firma;USt-IdNr;PLZ;Ort;Geschätzter Jahresumsatz EUR;Stand" == ";".join(HEADER)
    assert len(rows) > 100
    assert all("," in row.split(";")[4] and "." not in row.split(";")[4] for row in rows)


def test_a_default_company_stays_small_enough_to_extract_quickly(company: Book) -> None:
    ((records,),) = company.rows("select count(*) from record")
    assert 15 * 3000 < records < 24 * 3000  # 24 per customer: 120,000 for the 5,000 of the default
