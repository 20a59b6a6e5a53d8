"""The example dashboard's files over a published build; tests/peers/test_dashboard.py opens it."""

import re

import pytest
import sqlglot
import yaml
from sqlglot import exp

from stamm.duck import open_warehouse
from tests.end_to_end.dashboard import (
    ROOT,
    charts,
    columns,
    dataset_of,
    datasets,
    read,
    rows,
    small_groups,
)  # fmt: skip

PROJECT = ROOT.parents[1]
# Three hundred customers are too few for the models of purchases and for five answers in a month.
NEED_MORE_CUSTOMERS = {"churn", "clv_by_segment", "nps"}
# Counted in rows of checks, parameters of the build and definitions: of no people.
OF_NO_PEOPLE = {"build", "checks", "definitions", "state"}


@pytest.fixture(scope="module")
def build(ran):
    company, _ = ran
    with open_warehouse(
        company.home / "published" / "current" / "stamm.duckdb", read_only=True
    ) as con:
        yield con


@pytest.mark.parametrize("name", datasets())
def test_a_dataset_gives_rows_with_the_columns_and_metrics_it_declares(build, name):
    dataset = datasets()[name]
    found = build.sql(dataset["sql"])
    assert found.columns == columns(dataset)
    assert bool(found.fetchall()) == (name not in NEED_MORE_CUSTOMERS)
    for metric in dataset["metrics"]:
        build.execute(f"select {metric['expression']} from ({dataset['sql']})")


@pytest.mark.parametrize("name", sorted(set(datasets()) - OF_NO_PEOPLE))
def test_a_dataset_tells_of_no_group_of_fewer_than_five(build, name):
    assert "people" in columns(datasets()[name])
    assert small_groups(rows(build, datasets()[name])) == []


def test_cells_of_the_rfm_grid_with_fewer_than_five_are_in_the_build_and_not_in_the_dataset(build):
    cells = build.sql(
        "select count(*) as people from customer_scores where rfm is not null"
        " group by recency_score, frequency_score"
    ).fetchall()
    small = [people for (people,) in cells if people < 5]
    assert small
    assert len(rows(build, datasets()["rfm"])) == len(cells) - len(small)


def test_datasets_read_the_marts_that_the_exposure_names():
    exposures = yaml.safe_load((PROJECT / "dbt_project/models/exposures.yml").read_text("utf-8"))
    (named,) = [e for e in exposures["exposures"] if e["name"] == "customer_dashboard"]
    told = {re.fullmatch(r"ref\('(\w+)'\)", one).group(1) for one in named["depends_on"]}
    assert {table for d in datasets().values() for table in tables(d["sql"])} == told | {
        "build_info"
    }


def tables(sql):
    tree = sqlglot.parse_one(sql, read="duckdb")
    return {t.name for t in tree.find_all(exp.Table)} - {c.alias for c in tree.find_all(exp.CTE)}


def test_no_dataset_has_a_column_of_a_customer_but_kind_and_lifecycle(build):
    of_customers = set(build.sql("select * from customer_360").columns) - {"as_of"}
    told = {column for dataset in datasets().values() for column in columns(dataset)}
    of_months_and_sources = {"nps", "records"}
    assert (told & of_customers) - of_months_and_sources == {"customer_kind", "lifecycle"}


@pytest.mark.parametrize("name", charts())
def test_a_chart_names_columns_and_metrics_of_its_dataset(name):
    params, dataset = charts()[name]["params"], dataset_of(charts()[name])
    metrics = {metric["metric_name"] for metric in dataset["metrics"]}
    assert listed(params, "metric", "metrics", "timeseries_limit_metric") <= metrics
    by = listed(params, "x_axis", "groupby", "all_columns", "source", "target")
    assert by | {one["subject"] for one in params["adhoc_filters"]} <= set(columns(dataset))


def listed(params, *keys):
    values = [params[key] for key in keys if key in params]
    return {one for v in values for one in (v if isinstance(v, list) else [v])}


def test_the_page_shows_every_chart_once():
    (page,) = read("dashboards").values()
    placed = [p["meta"] for name, p in page["position"].items() if name.startswith("CHART-")]
    assert sorted((p["uuid"], p["sliceName"]) for p in placed) == sorted(
        (chart["uuid"], chart["slice_name"]) for chart in charts().values()
    )
