"""The Dagster graph loads, and its lineage has no gap from API to published build."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    from stamm.home import Home

    return Home(tmp_path_factory.mktemp("home")).prepare()


@pytest.fixture(scope="module")
def definitions(home):
    from connectors.registry import systems
    from orchestration.definitions import build_definitions
    from orchestration.project import Project
    from stamm.settings import Settings

    project = Project(Settings(), home, systems(), home.root)
    return build_definitions(project)


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.resolve_asset_graph()


# Made from nothing but a rule or a file of the project.
ORIGINAL = {
    "seeds/country_spellings",
    "seeds/exchange_rates",
    "marts/dim_date",
    "marts/metric_definitions",
}
# Staging reads these too, but no source of the sandbox brings them.
ABSENT = ("files_parties", "tryton_", "vendure_", "ghost_", "rt_", "roundup_")


def test_every_asset_descends_from_an_api_or_the_store(graph):
    roots = {key for key in graph.get_all_asset_keys() if not graph.get(key).parent_keys}
    outside = {key for key in roots if graph.get(key).is_external}
    assert {key.path[-1] for key in outside} == {"api", "state"}
    inside = {key.to_user_string() for key in roots - outside}
    absent = {key for key in inside if key.startswith(tuple(f"landing/{one}" for one in ABSENT))}
    assert inside - absent == ORIGINAL


def test_nothing_but_a_system_or_the_store_is_left_to_others(graph):
    """A table that no step of ours makes would be a gap in the lineage."""
    left = {key.path[-1] for key in graph.get_all_asset_keys() if graph.get(key).is_external}
    assert left == {"api", "state"}


def test_each_gate_reports_its_checks_on_an_asset(graph):
    from quality.gates import checks_of

    told = {key.name for key in graph.asset_check_keys}
    for gate in ("landing", "match_input", "golden", "marts"):
        assert {check.name for check in checks_of(gate)} <= told


def test_every_mart_reaches_the_published_build(graph):
    from dagster import AssetKey

    parents = graph.get(AssetKey(["published", "build"])).parent_keys
    marts = {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}
    assert marts
    assert marts <= parents


def test_every_mart_tells_its_columns_and_of_which_columns_of_other_assets_they_are_made(
    graph, home
):
    from dagster import AssetKey

    from orchestration.column_lineage import column_origins

    keys = graph.get_all_asset_keys()
    origins = column_origins(home)
    for mart in (key for key in keys if key.path[0] == "marts"):
        columns = graph.get(mart).metadata["dagster/column_schema"].columns
        assert {column.name for column in columns} == set(origins[mart.path[-1]].columns), mart
        assert all(column.type != "?" and column.description for column in columns), mart
    made_of = {
        AssetKey([parent.schema, parent.table])
        for one in origins.values()
        for parents in one.columns.values()
        for parent in parents or ()
    }
    assert made_of - keys == set()


def test_every_asset_has_a_group_a_description_an_owner_and_a_kind(graph):
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name != "default", key
        assert node.description, key
        assert list(node.owners) == ["team:customer_data"], key
        assert node.kinds, key


def test_what_is_read_is_told_when_it_is_late(graph):
    streams = {
        key for key in graph.get_all_asset_keys()
        if graph.get(key).group_name == "landing" and key.path[0] != "landing"
    }  # fmt: skip
    assert streams
    assert all(graph.get(key).freshness_policy_or_from_metadata for key in streams)


def test_the_pipeline_runs_daily_anew_and_hourly_by_what_changed(definitions):
    found = {one.name: (one.job_name, one.cron_schedule) for one in definitions.schedules}
    assert found == {
        "daily": ("customer_pipeline", "0 5 * * *"), "hourly": ("customer_pipeline", "30 * * * *"),
    }  # fmt: skip


def test_the_hourly_schedule_starts_nothing_while_a_run_waits_or_works(definitions, tmp_path):
    from dagster import DagsterInstance, DagsterRunStatus, build_schedule_context

    hourly = definitions.get_schedule_def("hourly")
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        [request] = hourly.evaluate_tick(build_schedule_context(instance)).run_requests
        assert request.run_config == {"loggers": {"file": {}}}
        run = instance.create_run_for_job(
            definitions.resolve_job_def("customer_pipeline"), status=DagsterRunStatus.STARTED
        )
        tick = hourly.evaluate_tick(build_schedule_context(instance))
    assert not tick.run_requests
    assert run.run_id in tick.skip_message


def test_the_daily_schedule_makes_everything_anew(definitions):
    from dagster import DagsterInstance, build_schedule_context

    with DagsterInstance.ephemeral() as instance:
        daily = definitions.get_schedule_def("daily")
        [request] = daily.evaluate_tick(build_schedule_context(instance)).run_requests
    assert request.run_config["resources"]["pipeline"]["config"] == {"full": True}


def test_only_extraction_and_pushes_are_tried_again(definitions):
    job = definitions.resolve_job_def("customer_pipeline")
    retried = {node.name for node in job.nodes if node.definition.retry_policy}
    assert retried == {f"extract_{name}" for name in ("erp", "shop", "mail", "help", "estimates")}


def test_a_backfill_asks_for_source_stream_and_days_and_refuses_what_cannot_be(definitions):
    from dagster import DagsterInvalidConfigError, validate_run_config

    job = definitions.resolve_job_def("backfill")
    days = {"source": "shop", "stream": "orders", "since": "2026-01-01", "until": "2026-01-31"}
    resolved = validate_run_config(job, days)
    assert resolved["resources"]["pipeline"]["config"]["only_stream"] == "orders"
    assert resolved["resources"]["pipeline"]["config"]["until"] == "2026-01-31"
    with pytest.raises(DagsterInvalidConfigError, match="since"):
        validate_run_config(job, {"source": "shop", "stream": "orders"})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"source": "shopp"}, "found 'shopp'"),
        ({"stream": "order"}, "found 'order'"),
        ({"since": "January"}, "found 'January'"),
        ({"until": "2025-12-31"}, "at or after"),
    ],
)
def test_a_backfill_that_cannot_be_says_why(wrong, said):
    from orchestration.jobs import backfill_config
    from orchestration.project import open_project
    from stamm.errors import UsageError

    days = {"source": "shop", "stream": "orders", "since": "2026-01-01", "until": ""}
    with pytest.raises(UsageError, match=said):
        backfill_config(open_project(), {**days, **wrong})


def test_a_month_of_a_stream_is_a_partition_of_its_backfill(definitions):
    from dagster import MultiPartitionKey

    job = definitions.resolve_job_def("backfill_by_month")
    key = MultiPartitionKey({"month": "2024-02", "stream": "shop.orders"})
    assert job.partitions_def.has_partition_key(key)
    config = job.partitioned_config.get_run_config_for_partition_key(str(key))  # as pages do
    assert config["resources"]["pipeline"]["config"] == {
        "only_source": "shop",
        "only_stream": "orders",
        "since": "2024-02-01",
        "until": "2024-02-29",
    }


def test_only_streams_that_can_be_asked_for_a_stretch_have_months(definitions):
    from dagster import MultiPartitionKey

    months = definitions.resolve_job_def("backfill_by_month").partitions_def
    asked = {"month": "2024-02"}
    assert not months.has_partition_key(MultiPartitionKey({**asked, "stream": "mail.campaigns"}))


def test_a_project_of_files_has_no_months(tmp_path):
    from orchestration.jobs import monthly_backfill
    from orchestration.project import open_project

    (tmp_path / "stamm.yaml").write_text(
        "sources: {cards: {system: files, path: cards, format: vcard}}\n", encoding="utf-8"
    )
    assert monthly_backfill(open_project(tmp_path / "stamm.yaml")) == []


def test_a_build_that_is_a_day_late_is_told(graph):
    from dagster import AssetKey

    assert graph.get(AssetKey(["published", "build"])).freshness_policy_or_from_metadata


@pytest.mark.slow
def test_dagsters_own_check_finds_no_fault(tmp_path):
    environment = {**os.environ, "STAMM_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path)}
    done = subprocess.run(
        [Path(sys.executable).with_name("dg"), "check", "defs"],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All definitions loaded successfully" in done.stdout + done.stderr
