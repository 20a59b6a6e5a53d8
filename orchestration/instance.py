"""Dagster's own folder of a project: its settings, and the variables that lead it there."""

from __future__ import annotations

import os

from stamm.home import Home

_SETTINGS = """\
telemetry: {enabled: false}   # nothing leaves this machine
nux: {enabled: false}         # no questions about newsletters
freshness: {enabled: true}
"""


def prepare_instance(home: Home) -> None:
    """Write Dagster's settings and point this process, and those it starts, to them."""
    home.prepare()
    settings = home.dagster / "dagster.yaml"
    if not settings.exists() or settings.read_text(encoding="utf-8") != _SETTINGS:
        settings.write_text(_SETTINGS, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ["DO_NOT_TRACK"] = "1"  # dbt's and Great Expectations' counters
