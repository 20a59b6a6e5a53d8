"""Only a run that passed all gates publishes, whatever part of the graph somebody selects."""

import pytest

from quality.checks import CheckResult
from stamm.errors import GateStopped


def result(gate, *, passed=True, severity="error"):
    return CheckResult(
        f"{gate}_check", gate, severity, "t", "a rule", passed, 9, 0 if passed else 1, "", "", ""
    )


ALL = [result(gate) for gate in ("landing", "match_input", "golden", "marts")]


def test_a_run_with_all_four_gates_may_publish_and_a_warning_does_not_stop_it():
    from orchestration.assets.published import require_gates

    require_gates([*ALL, result("golden", passed=False, severity="warn")])


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([], "no gate landing or match_input or golden or marts in this run"),
        (ALL[:3], "no gate marts in this run"),
        ([*ALL[:3], result("marts", passed=False)], "found failed: marts_check"),
        ([result("golden", passed=False)], "or marts in this run; failed: golden_check"),
    ],
)
def test_a_run_without_a_gate_or_with_a_failed_one_publishes_nothing(results, said):
    from orchestration.assets.published import require_gates

    with pytest.raises(GateStopped, match=said):
        require_gates(results)


@pytest.mark.slow
def test_the_published_build_materialised_alone_publishes_nothing(tmp_path, monkeypatch):
    """As the button on the asset's page does; the warehouse is there, its gates are not."""
    from dagster import AssetKey, DagsterInstance

    from orchestration.definitions import JOB, build_definitions
    from orchestration.project import open_project
    from orchestration.session import raised
    from serving.builds import current_build
    from stamm.duck import open_warehouse

    (tmp_path / "stamm.yaml").write_text("sandbox: {customers: 40}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    project = open_project()
    home = project.home.prepare()
    with open_warehouse(home.warehouse) as con:
        con.execute("create schema marts")
        con.execute("create table marts.customer_360 as select 'P1' as party_id")
    job = build_definitions(project).resolve_job_def(JOB)
    with DagsterInstance.ephemeral() as instance:
        outcome = job.execute_in_process(
            asset_selection=[AssetKey(["published", "build"])],
            instance=instance,
            run_config={"loggers": {"file": {}}},
            raise_on_error=False,
        )
    failure = raised.pop("publish", None)
    assert not outcome.success
    assert isinstance(failure, GateStopped)
    assert current_build(home.published) is None
