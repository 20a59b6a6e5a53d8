"""`stamm run` on a fresh folder: everything is extracted, linked, checked and published."""

import duckdb
import pytest
from filelock import FileLock

from tests.end_to_end.company import new_company

pytestmark = pytest.mark.timeout(600)  # begins first, so that nobody waits for its company


def test_every_source_landed_records_and_a_build_was_published(ran):
    _, summary = ran
    landed = {row["source"]: row["landed"] for row in summary["sources"]}
    assert set(landed) == {"erp", "shop", "mail", "help", "estimates"}
    assert all(rows > 0 for rows in landed.values())
    assert summary["changed"]
    assert summary["build"]


def test_the_linkage_is_scored_against_the_truth(ran):
    _, summary = ran
    precision, recall, f1 = summary["scores"]["pairwise"]
    assert precision > 0.9
    assert recall > 0.8
    assert f1 > 0.85


def test_records_become_fewer_parties_and_each_record_has_exactly_one(ran):
    company, summary = ran
    tables = company.tables()
    records = [row[0] for row in tables["xref_parties"]]
    assert len(records) == len(set(records)) == summary["counts"]["records"]
    assert len(tables["golden_parties"]) == summary["counts"]["parties"] < len(records)


def test_a_second_run_with_nothing_changed_leaves_the_build_and_every_row(ran):
    company, summary = ran
    before = company.tables()
    again = company.run()
    assert not again["changed"]
    assert again["build"] == summary["build"]
    assert company.tables() == before


def test_no_model_compares_every_row_with_every_row(ran):
    """One did, for four of the fifteen minutes of 200,000 customers."""
    company, _ = ran
    work = company.home / "work"
    compiled = {file.stem: file for file in (work / "dbt" / "compiled").rglob("models/**/*.sql")}
    with duckdb.connect(work / "warehouse.duckdb", read_only=True) as con:
        tables = con.execute("select table_name from duckdb_tables()").fetchall()
        plans = {
            name: str(con.execute(f"explain {compiled[name].read_text()}").fetchall())
            for (name,) in tables
            if name in compiled
        }
    assert {"int_orders", "fct_orders", "customer_360"} <= plans.keys()
    pairwise = {name for name, plan in plans.items() if "BLOCKWISE_NL_JOIN" in plan}
    assert pairwise == {"int_social_handles"}  # with the one row of its legal basis


def test_the_published_build_can_be_asked(ran):
    company, summary = ran
    rows = company.json("query", "select count(*) as n from customer_360")
    assert rows == [{"n": summary["counts"]["customers"]}]


def test_a_wrong_question_is_wrong_use(ran):
    company, _ = ran
    assert "nosuchtable" in company.stamm("query", "select * from nosuchtable", exit_code=2)


def test_two_records_of_one_party_are_explained(ran):
    company, _ = ran
    pair = company.json(
        "query",
        "select min(record_id) as a, max(record_id) as b from xref_parties "
        "where party_type = 'person' group by party_id having count(*) = 2 order by 1 limit 1",
    )[0]
    found = company.json("explain", pair["a"], pair["b"])
    total = found["prior_weight"] + sum(step["weight"] for step in found["steps"])
    assert abs(total - found["weight"]) < 0.01
    assert "match weight" in company.stamm("explain", pair["a"], pair["b"])


def test_a_card_finds_its_golden_customer(ran):
    company, _ = ran
    known = company.json(
        "query",
        "select party_id, full_name, email from golden_parties where party_type = 'person'"
        " and email is not null and given_name is not null and family_name is not null"
        " order by full_name, email limit 1",
    )[0]
    card = ("--name", known["full_name"], "--email", known["email"])
    hits = company.json("lookup", *card)
    assert hits[0]["party_id"] == known["party_id"]
    assert known["party_id"] in company.stamm("lookup", *card)
    assert "expected at least one field" in company.stamm("lookup", exit_code=2)


def test_the_builds_are_listed(ran):
    company, summary = ran
    rows = company.json("publish", "--list")
    assert [row["build"] for row in rows if row["current"]] == [summary["build"]]


def test_check_tells_totals_and_what_is_landed(ran):
    company, _ = ran
    found = company.json("check")
    partners = {s["stream"]: s for s in found["erp"]["streams"]}["business_partners"]
    assert partners["server_total"] == partners["landed"] > 0


def test_status_names_the_last_run_and_the_build(ran):
    company, summary = ran
    assert summary["build"] in company.stamm("status")


def test_a_day_that_is_none_and_a_source_that_is_not_there_are_wrong_use(ran):
    company, _ = ran
    assert "expected a date like 2026-06-30" in company.stamm("run", "--as-of", "soon", exit_code=2)
    assert "expected one of erp" in company.stamm("run", "--source", "shpo", exit_code=2)


def test_while_a_run_is_at_work_another_one_says_so_and_ends(ran):
    company, _ = ran
    with FileLock(company.home / "run.lock"):
        assert "another run is at work" in company.stamm("run", exit_code=1)


def test_a_store_that_is_none_is_told_with_what_to_do(tmp_path):
    company = new_company(tmp_path)
    company.home.mkdir()
    (company.home / "state.db").write_bytes(b"no database" * 100)
    said = company.stamm("run", exit_code=1)
    assert "state.db" in said
    assert "backup" in said
