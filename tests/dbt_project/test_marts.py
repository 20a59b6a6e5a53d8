"""The marts on a small company, built by the real dbt: its tests, then a merge, then a repeat."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stamm.duck import open_warehouse

_PROJECT = Path(__file__).parents[2] / "dbt_project"
_FACTS = "select table_name from information_schema.tables where table_name like 'fct_%' order by 1"
_MERGE = """
update golden.xref_parties set party_id = 'P-anna' where record_id = 'abeck';
delete from golden.golden_parties where party_id = 'P-abeck';
delete from golden.golden_lineage where party_id = 'P-abeck';
insert into golden.retired_parties values ('P-abeck', 'P-anna', '2026-06-30 06:00:00');
"""
_PUBLISH = """
insert into ops.customer_versions
select party_id, valid_from, valid_to, attributes_hash, attributes from marts.dim_customer
"""


@dataclass
class Marts:
    """A warehouse of its own, and the dbt project parsed once."""

    home: Path
    manifest: Any = None

    def dbt(self, *arguments: str, build_at: str = "2026-06-29 06:00:00") -> Any:
        from dbt.cli.main import dbtRunner

        variables = json.dumps({"as_of": "2026-06-30", "build_at": build_at})
        places = ("--project-dir", _PROJECT, "--profiles-dir", _PROJECT)
        writes = ("--target-path", self.home / "target", "--log-path", self.home / "logs")
        call = [*arguments, "--quiet", "--vars", variables, *map(str, (*places, *writes))]
        outcome = dbtRunner(manifest=self.manifest).invoke(call)
        assert outcome.exception is None, outcome.exception
        return outcome.result

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with open_warehouse(self.home / "warehouse.duckdb") as con:
            return con.execute(statement).fetchall()

    def everything(self, prefix: str = "") -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all marts, in the order in which they were written."""
        tables = self.sql(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        )
        return {
            name: self.sql(f"select * from marts.{name}")
            for (name,) in sorted(tables)
            if name.startswith(prefix)
        }


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Marts, list[Any]]]:
    """The marts before the merge, and the outcome of each node."""
    home = tmp_path_factory.mktemp("marts")
    before = {name: os.environ.get(name) for name in ("STAMM_WAREHOUSE", "DO_NOT_TRACK")}
    os.environ.update(STAMM_WAREHOUSE=str(home / "warehouse.duckdb"), DO_NOT_TRACK="1")
    marts = Marts(home)
    here = Path(__file__).parent
    for script in ("marts_inputs.sql", "marts_story.sql"):
        marts.sql((here / script).read_text(encoding="utf-8"))
    marts.manifest = marts.dbt("parse")
    yield marts, list(marts.dbt("build", "--select", "path:models/marts", "path:models/metrics").results)
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def test_every_mart_every_data_test_and_every_unit_test_passes(
    first: tuple[Marts, list[Any]],
) -> None:
    _, results = first
    assert [r.node.unique_id for r in results if str(r.status) not in {"success", "pass"}] == []
    kinds = {str(r.node.resource_type) for r in results}
    assert kinds == {"model", "test", "unit_test"}


def test_every_mart_says_its_grain_and_describes_each_column(
    first: tuple[Marts, list[Any]],
) -> None:
    models = [r.node for r in first[1] if str(r.node.resource_type) == "model"]
    assert [m.name for m in models if not m.description.startswith("One row per ")] == []
    assert [m.name for m in models if not m.contract.enforced] == []
    columns = [(m.name, c.name) for m in models for c in m.columns.values() if not c.description]
    assert columns == []


def test_a_merge_moves_customers_and_closes_a_version_but_rewrites_no_fact(
    first: tuple[Marts, list[Any]],
) -> None:
    marts, _ = first
    orders = "select party_id, orders, order_value_eur::varchar from marts.customer_360 order by 1"
    outbox = "select party_id, email, permission_email from marts.crm_outbox order by 1"
    facts = marts.everything("fct_")
    assert marts.sql(orders) == [
        ("P-abeck", 1, "20.20"),
        ("P-anna", 1, "100.10"),
        ("P-muster", 1, "3000.00"),
    ]
    assert ("P-anna", "anna@x.de", True) in marts.sql(outbox)

    marts.sql(_PUBLISH)
    marts.sql(_MERGE)
    marts.dbt("run", "--select", "path:models/marts", build_at="2026-06-30 06:00:00")

    assert marts.everything("fct_") == facts
    assert marts.sql(orders) == [("P-anna", 2, "120.30"), ("P-muster", 1, "3000.00")]
    # Anna's confirmation is older than the merge with a record that had unsubscribed.
    assert marts.sql(outbox) == [("P-anna", None, False), ("P-muster", None, False)]
    assert marts.sql(
        "select party_id, current_party_id, valid_to::varchar, ended_by from marts.dim_customer"
        " order by valid_to is null, party_id"
    ) == [
        ("P-abeck", "P-anna", "2026-06-30 06:00:00", "merged"),
        ("P-anna", "P-anna", None, None),
        ("P-muster", "P-muster", None, None),
    ]


def test_the_firms_feedback_and_tickets_are_counted_at_the_firm(
    first: tuple[Marts, list[Any]],
) -> None:
    marts, _ = first
    # Two promoters and one detractor of three: 100 * (2 - 1) / 3 = 33.33.
    assert marts.sql(
        "select tickets, open_tickets, csat::varchar, nps::varchar, last_touch_kind"
        " from marts.customer_360 where party_id = 'P-muster'"
    ) == [(1, 1, "1.0000", "33.33", "feedback")]


def test_the_same_inputs_and_moments_give_the_same_rows_in_the_same_order(
    first: tuple[Marts, list[Any]],
) -> None:
    marts, _ = first
    moment = "2026-06-30 06:00:00"
    marts.dbt("run", "--select", "path:models/marts", build_at=moment)
    once = marts.everything()
    marts.dbt("run", "--select", "path:models/marts", build_at=moment)
    assert marts.everything() == once
