"""`dbt docs generate` builds without any network, and each mart has a consumer."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
import yaml

from stamm.duck import open_warehouse

_PROJECT = Path(__file__).parents[2] / "dbt_project"


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the docs, made in a process that may open no connection to anywhere."""
    from dbt.cli.main import dbtRunner

    home = tmp_path_factory.mktemp("docs")
    with open_warehouse(home / "warehouse.duckdb") as con:
        con.execute("create schema marts; create table marts.dim_date as select 1 as date_day")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket.socket, "connect", _refused)
        patched.setitem(os.environ, "STAMM_WAREHOUSE", str(home / "warehouse.duckdb"))
        patched.setitem(os.environ, "DO_NOT_TRACK", "1")
        places = ("--project-dir", _PROJECT, "--profiles-dir", _PROJECT)
        writes = ("--target-path", home / "target", "--log-path", home / "logs")
        call = ["docs", "generate", "--quiet", *map(str, (*places, *writes))]
        outcome = dbtRunner().invoke(call)
    assert outcome.exception is None, outcome.exception
    assert outcome.success
    return home / "target"


def _refused(*_: object) -> None:
    raise AssertionError("the docs asked for a connection")


@pytest.mark.slow
def test_the_docs_are_a_page_with_its_catalogue(documented: Path) -> None:
    assert (documented / "index.html").stat().st_size > 100_000
    catalogue = json.loads((documented / "catalog.json").read_text())
    assert "model.stamm.dim_date" in catalogue["nodes"]


@pytest.mark.slow
def test_the_page_loads_nothing_from_elsewhere(documented: Path) -> None:
    page = (documented / "index.html").read_text(encoding="utf-8")
    assert 'src="http' not in page.split("</head>")[0]


def test_each_mart_has_a_consumer() -> None:
    exposures = yaml.safe_load((_PROJECT / "models" / "exposures.yml").read_text())["exposures"]
    used = {reference for exposure in exposures for reference in exposure["depends_on"]}
    marts = {f"ref('{path.stem}')" for path in (_PROJECT / "models" / "marts").rglob("*.sql")}
    assert marts - used == set()
    assert used - marts == set()
