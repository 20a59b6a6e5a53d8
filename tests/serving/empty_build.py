"""The tables of a build without rows: golden ones as the marts read them, marts by contract."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from stamm.duck import quoted
from stamm.yaml_text import read_yaml

if TYPE_CHECKING:
    import duckdb

MARTS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"
_GOLDEN = Path(__file__).parents[1] / "dbt_project" / "marts_inputs.sql"


# What a view asks of any build; a build of these alone is made in no time.
ASKED = ("crm_outbox", "customer_360", "consent_permissions", "consent_state", "fct_consent_events")


def create_tables(con: duckdb.DuckDBPyConnection, marts: Collection[str] = ()) -> None:
    """All of them, or only these marts, in a warehouse that has none."""
    con.execute(_GOLDEN.read_text(encoding="utf-8"))
    con.execute("create schema marts")
    create_marts(con, marts)


def create_marts(con: duckdb.DuckDBPyConnection, marts: Collection[str] = ()) -> None:
    """All marts, or only these, empty, in place of those that are there."""
    for name in marts or contracts():
        columns = contracts()[name].items()
        declared = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns)
        con.execute(f"create or replace table marts.{quoted(name)} ({declared})")


@cache
def contracts() -> dict[str, dict[str, str]]:
    """Mart → its columns with their types."""
    models = (
        model
        for contract in sorted(MARTS.rglob("*.yml"))
        for model in read_yaml(contract).get("models", [])
    )
    return {
        model["name"]: {
            one["name"]: one["data_type"] for one in model["columns"] if "data_type" in one
        }
        for model in models
    }
