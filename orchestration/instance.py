"""Dagster's own folder of a project: its settings, and the variables that lead it there."""

from __future__ import annotations

import json
import os
from pathlib import Path

from stamm.home import Home

_SETTINGS = """\
telemetry: {enabled: false}   # nothing leaves this machine
nux: {enabled: false}         # no questions about newsletters
freshness: {enabled: true}
event_log_storage:
  module: orchestration.event_log
  class: KeptEventLog
  config: {base_dir: FOLDER}
# One run at a time writes the warehouse; the others wait in the queue.
concurrency: {runs: {max_concurrent_runs: 1}}
# A run whose process is gone is told as failed.
run_monitoring: {enabled: true, start_timeout_seconds: 600, poll_interval_seconds: 60}
retention:
  schedule: {purge_after_days: 30}
  sensor: {purge_after_days: {skipped: 7, failure: 30, success: 30}}
"""


def prepare_instance(home: Home) -> None:
    """Write Dagster's settings and point this process, and those it starts, to them.

    Where DAGSTER_HOME leads to settings of yours already, as on a server, those hold.
    """
    home.prepare()
    os.environ["DO_NOT_TRACK"] = "1"  # dbt's and Great Expectations' counters
    own = os.environ.get("DAGSTER_HOME")
    if own and Path(own) != home.dagster and (Path(own) / "dagster.yaml").exists():
        return
    settings = home.dagster / "dagster.yaml"
    wanted = _SETTINGS.replace("FOLDER", json.dumps(str(home.dagster / "history" / "runs")))
    if not settings.exists() or settings.read_text(encoding="utf-8") != wanted:
        settings.write_text(wanted, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")  # a run's plan is one write
