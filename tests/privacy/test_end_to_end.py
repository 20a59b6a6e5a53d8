"""A whole run over a company with a canary in it: every byte written is where the list says."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from privacy.canary import Place, places_holding, unlisted
from privacy.locations import load
from sandbox.company import create
from sandbox.server import running
from stamm.duck import open_warehouse
from stamm.store import Store
from tests.connectors.sinks.receiver import receiving
from tests.end_to_end.company import Company
from tests.privacy.planted import (
    BLOCKED,
    EMAIL,
    NEEDLES,
    decide,
    plant,
    write_files,
    write_settings,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def after_run(tmp_path_factory):
    """The folder after `stamm run`; home and temporary folder of the process lie in it too."""
    company = Company(tmp_path_factory.mktemp("canary"))
    create(company.home / "sandbox", customers=60, seed=3)
    plant(company.home / "sandbox")
    write_files(company.home / "sandbox" / "files" / "fair")
    store = Store.open(company.home / "state.db")
    decide(store)
    store.close()
    with running(company.home / "sandbox") as server, receiving() as crm:
        secrets = write_settings(company.folder, server.base_url, crm.url)
        done = run(company, secrets)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return SimpleNamespace(
        company=company,
        secrets=secrets,
        said=done.stdout + done.stderr,
        found=places_holding(company.home, NEEDLES),
    )


def run(company: Company, secrets: dict[str, str]) -> subprocess.CompletedProcess[str]:
    around = {name: company.folder / name for name in ("tmp", "user")}
    for folder in around.values():
        folder.mkdir()
    environment = company.environment() | secrets
    environment |= {"TMPDIR": str(around["tmp"]), "HOME": str(around["user"])}
    return subprocess.run(
        company.command("run", "--as-of", "2026-06-30"),
        cwd=company.folder,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )


def ask(after_run, sql):
    with open_warehouse(after_run.company.home / "work" / "warehouse.duckdb") as con:
        return con.sql(sql).fetchall()


def test_every_place_that_holds_the_canary_is_listed(after_run):
    assert unlisted(after_run.found) == []


# What people decide in `stamm quarantine`, ask of `stamm serve` and of the dashboard: no run
# writes there.
BESIDE_RUNS = {
    "reads_over_the_api", "decisions_on_quarantine", "people_at_the_desk",
    "superset_of_the_dashboard",
}  # fmt: skip


def test_every_listed_place_with_plain_values_exists_and_holds_the_canary(after_run):
    def holds(location, place: Place) -> bool:
        return location.covers(place.path, place.table or None)

    empty = [
        location.name
        for location in load()
        if location.data == "plain"
        and location.name not in BESIDE_RUNS
        and location.kept != "while_at_work"
        and not any(holds(location, place) for place in after_run.found)
    ]
    assert empty == []


def test_every_listed_table_exists(after_run):
    """A name that no table has any more would hide that the list fell behind."""
    home = after_run.company.home
    with Store.open(home / "state.db")._connection as db:
        stored = {row[0] for row in db.execute("select name from sqlite_master")}
    by_runs = [p for p in load() if p.path == "state.db" and p.name not in BESIDE_RUNS]
    named = [t for p in by_runs for t in p.tables if "*" not in t]
    assert sorted(set(named) - stored) == []
    schemas = {row[0] for row in ask(after_run, "select schema_name from duckdb_tables()")}
    warehouse = [t for p in load() if p.path == "work/warehouse.duckdb" for t in p.tables]
    assert {pattern.removesuffix(".*") for pattern in warehouse} <= schemas


@pytest.mark.parametrize(
    "place",
    ["dagster", "logs", "work/dbt", "published/current/build.json"],
)
def test_what_tools_write_for_themselves_is_there_and_holds_no_canary(after_run, place):
    written = after_run.company.home / place
    assert written.is_file() or any(path.is_file() for path in written.rglob("*"))
    assert [found for found in after_run.found if found.path.startswith(place)] == []


def test_nothing_is_left_in_the_folders_around_the_data(after_run):
    folder = after_run.company.folder
    assert places_holding(folder / "tmp", NEEDLES) == []
    assert places_holding(folder / "user", NEEDLES) == []
    beside = [p.name for p in folder.iterdir() if p.name not in {"data", "tmp", "user"}]
    assert beside == ["stamm.yaml"]


def test_the_run_says_nothing_about_her(after_run):
    assert [needle for needle in NEEDLES if needle.lower() in after_run.said.lower()] == []


def test_no_secret_is_written_anywhere(after_run):
    assert places_holding(after_run.company.home, list(after_run.secrets.values())) == []


def test_she_went_the_whole_way_and_also_where_records_are_set_aside(after_run):
    """Without these the search above would prove little."""
    systems = ask(
        after_run,
        "select distinct source from intermediate.int_parties__match_input "
        "where family_name ilike 'zwitscherbach' or full_name ilike '%zwitscherbach' order by 1",
    )
    assert [source for (source,) in systems] == ["erp", "fair", "help", "mail", "shop"]
    rejected = ask(after_run, "select source, rule from landing.all_rejected order by 1")
    assert rejected == [("erp", "mandatory_null"), ("fair", "key_doubled")]
    assert ask(
        after_run,
        "select rows.rule, rows.source from quality.quarantined_rows as rows "
        "where rule = 'birth_date_is_plausible'",
    ) == [("birth_date_is_plausible", "fair")]
    tables = {place.table for place in after_run.found if place.path.startswith("published/")}
    assert {"customer_360", "dim_customer", "golden_parties", "crm_outbox"} <= tables


def test_whom_a_source_blocked_is_restricted_in_golden_and_marts_and_never_leaves(after_run):
    [(party, restricted)] = ask(
        after_run,
        f"select party_id, restricted from golden.golden_parties where email = '{BLOCKED}'",
    )
    assert restricted
    assert ask(
        after_run,
        f"select restricted, permission_email from marts.customer_360 where party_id = '{party}'",
    ) == [(True, True)]
    assert ask(after_run, f"from marts.crm_outbox where party_id = '{party}'") == []


def test_every_golden_value_says_why_and_how_long_it_may_be_held(after_run):
    bases = ask(
        after_run,
        "select distinct lineage.attribute, lineage.purpose, lineage.legal_basis, "
        "lineage.retention from golden.golden_lineage as lineage "
        "join golden.golden_parties as golden using (party_id) "
        "where golden.family_name = 'Zwitscherbach' "
        "and lineage.attribute in ('family_name', 'birth_date') order by 1",
    )
    assert ("family_name", "contract", "Art. 6 (1) b", "customer_master") in bases
    unstated = "purpose is null or legal_basis is null or retention is null"
    assert ask(after_run, f"select count(*) from golden.golden_lineage where {unstated}") == [(0,)]


def test_a_withdrawal_told_to_us_rules_over_the_newsletter_tool(after_run):
    """She confirmed in 2025 and withdrew by telephone in 2026, which only our store knows."""
    assert ask(
        after_run, f"select state, events from marts.consent_state where address = '{EMAIL}'"
    ) == [("withdrawn", 3)]
    assert ask(
        after_run,
        "select permission_email from marts.crm_outbox where family_name = 'Zwitscherbach'",
    ) == [(False,)]


def test_what_great_expectations_found_is_kept_as_counts_and_ids(after_run):
    store = Store.open(after_run.company.home / "state.db")
    rows = [dict(row) for row in store.query("select * from quality_results")]
    store.close()
    [implausible] = [row for row in rows if row["name"] == "birth_date_is_plausible"]
    assert (implausible["passed"], implausible["rows_failed"]) == (0, 1)
    # Neither a random id nor the moment of a check tells anything of anybody.
    told = {n: said for n, said in implausible.items() if n not in ("run_id", "checked_at")}
    assert "2190" not in json.dumps(told)
    manifests = [*Path(after_run.company.home / "landing").rglob("manifest.json")]
    assert manifests != []
