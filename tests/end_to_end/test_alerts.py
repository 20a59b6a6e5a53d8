"""A gate stops a real run: told once, by the command or by Dagster's daemon, never by both."""

import json

import pytest

from tests.connectors.sinks.receiver import SECRET, receiving
from tests.end_to_end.company import new_company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_stopped_run_is_told_by_the_command_and_not_again_by_the_sensor(tmp_path, monkeypatch):
    from dagster import DagsterInstance, build_run_status_sensor_context

    from orchestration.definitions import JOB
    from orchestration.sensors import tell_of_failures

    company = new_company(tmp_path, customers=60, seed=3)
    monkeypatch.setenv("ALERT_SECRET", SECRET)
    with receiving() as receiver:
        (tmp_path / "stamm.yaml").write_text(
            "sandbox: {customers: 60, seed: 3}\nquality: {largest_cluster: 2}\n"
            f"alerts: {{webhook: {{url: '{receiver.url}', insecure: true,"
            " secret: '${ALERT_SECRET}'}}\n",
            encoding="utf-8",
        )
        said = company.stamm("run", exit_code=3)
        assert "gate golden stopped the run" in said
        [data] = [json.loads(body)["data"] for body in receiver.bodies]
        assert (data["alert"], data["stage"]) == ("gate-stopped", "gate golden")
        assert data["checks"] == ["cluster_is_not_too_large"]

        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("STAMM_HOME", str(company.home))
        monkeypatch.setenv("DAGSTER_HOME", str(company.home / "dagster"))
        with DagsterInstance.get() as instance:
            [run] = instance.get_runs()
            assert (run.job_name, run.run_id) == (JOB, data["run_id"])
            context = build_run_status_sensor_context(
                sensor_name="tell_of_failures",
                dagster_event=_failure_event(instance, run.run_id),
                dagster_instance=instance,
                dagster_run=run,
            ).for_run_failure()
            tell_of_failures(context)
        assert len(receiver.bodies) == 1


def _failure_event(instance, run_id):
    events = [entry.dagster_event for entry in instance.all_logs(run_id) if entry.dagster_event]
    [failure] = [event for event in events if event.event_type_value == "PIPELINE_FAILURE"]
    return failure
