"""A company in daily use, one defect planted at random: the check that should tell it tells it."""

import os
import random
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from orchestration import dbt
from quality.gates import run_gate
from sandbox.company import create
from stamm.duck import open_warehouse
from stamm.errors import GateStopped
from stamm.home import Home
from stamm.settings import QualitySettings
from stamm.store import Store
from tests.end_to_end.company import new_company
from tests.quality.defects import DEFECTS
from tests.quality.planting import plant

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200), pytest.mark.xdist_group("planted")]

# Another place and strength each day; a failure names its seed, which brings it back.
SEED = int(os.environ.get("STAMM_DEFECT_SEED") or datetime.now(UTC).toordinal())
AS_OF = datetime(2026, 7, 20, tzinfo=UTC)  # the sandbox begins twenty days before
FIGURES = (
    "volume_is_as_usual",
    "values_are_missing_as_usual",
    "values_are_shaped_as_usual",
    "values_spread_as_usual",
    "repeats_are_as_usual",
    "linkage_is_as_usual",
    "sources_are_fresh",
)


def warned(company):
    """The checks over figures that failed in the company's latest run."""
    with closing(Store.open(company.home / "state.db")) as store:
        rows = store.query(
            "select name, observed from quality_results where not passed and run_id = "
            "(select run_id from quality_results order by rowid desc limit 1)"
        )
    return {row["name"]: row["observed"] for row in rows if row["name"] in FIGURES}


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Three runs, ten days apart: what the fourth is compared with."""
    made = new_company(tmp_path_factory.mktemp("planted"), customers=2000, seed=5)
    create(made.home / "sandbox", customers=2000, seed=5)
    made.run()
    for _ in range(2):
        made.stamm("sandbox", "advance", "--days", "10")
        made.run()
        assert warned(made) == {}
    staged(Home(made.home), "*")  # also of systems that the company does not have
    return made


@pytest.fixture
def home(company, tmp_path):
    """The company's warehouse and store, to be spoilt."""
    copy = Home(tmp_path)
    copy.prepare()
    shutil.copy(company.home / "work" / "warehouse.duckdb", copy.warehouse)
    shutil.copy(company.home / "state.db", copy.store)
    shutil.copytree(company.home / "work" / "dbt", copy.dbt_target, dirs_exist_ok=True)
    return copy


def staged(home, table):
    """What comes of a landed table, built anew; the rest is as it was."""
    parts = [f"{part},source:stamm.landing.{table}+" for part in dbt.PREPARE]
    list(dbt.build(home, parts, {"as_of": f"{AS_OF:%Y-%m-%d}"}))


def told(home, table):
    """What landing's gate, dbt and the gate before linking say of the warehouse as it is now."""
    with closing(Store.open(home.store)) as store:
        found = failed("landing", home, store)
        try:
            staged(home, table)
        except GateStopped as stopped:
            found.add(str(stopped))
        return found | failed("match_input", home, store)


def failed(gate, home, store):
    at = {"run_id": "planted", "at": AS_OF + timedelta(hours=6), "as_of": AS_OF.date()}
    with open_warehouse(home.warehouse) as con:
        report = run_gate(gate, con, store, thresholds=QualitySettings(), **at)
    return {check.name for check in report.checks if not check.passed}


def test_nothing_planted_nothing_told(home):
    assert not told(home, "*") & set(FIGURES)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name.replace(" ", "_"))
def test_a_planted_defect_is_told(home, defect):
    seed = random.Random(f"{SEED} {defect.name}").randrange(1_000_000)
    with open_warehouse(home.warehouse) as con:
        table, planted = plant(con, defect, seed)

    found = told(home, table)

    assert defect.told_by in found, f"STAMM_DEFECT_SEED={SEED}: {planted}: told {sorted(found)}"
