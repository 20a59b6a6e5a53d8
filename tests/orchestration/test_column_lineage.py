"""Each column of a mart is followed back, table by table, to what staging reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest
from dagster import AssetKey, TableColumnDep

from orchestration import column_lineage
from orchestration.column_lineage import TableOrigins, column_origins
from orchestration.parsed import manifest_path
from orchestration.sql_columns import Column
from stamm.errors import StammError
from stamm.home import Home

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home")).prepare()


@pytest.fixture(scope="module")
def origins(home: Home) -> dict[str, TableOrigins]:
    return column_origins(home)


@pytest.fixture(scope="module")
def declared(home: Home) -> dict[str, dict[str, list[str]]]:
    """Schema → table → its columns; tables that dbt makes, and sources that name theirs."""
    project = json.loads(manifest_path(home).read_text(encoding="utf-8"))
    found: dict[str, dict[str, list[str]]] = {}
    for node in [*project["nodes"].values(), *project["sources"].values()]:
        kind = node.get("config", {}).get("materialized", "source")
        if node["resource_type"] in {"model", "seed", "source"} and kind != "ephemeral":
            found.setdefault(node["schema"], {})[node["name"]] = list(node["columns"])
    return found


def parents(origins: Mapping[str, TableOrigins], table: str, column: str) -> set[str]:
    found = origins[table].columns[column]
    assert found is not None
    return {".".join(one) for one in found}


KNOWN = {
    ("customer_360", "order_value_eur"): {"marts.fct_orders.amount_net_eur"},
    ("customer_360", "permission_email"): {
        "marts.consent_permissions.channel", "marts.consent_permissions.permission",
    },
    ("customer_360", "sources"): {"golden.golden_parties.sources"},
    ("customer_360", "family_name"): {"marts.dim_customer.family_name"},
    ("fct_orders", "amount_net_eur"): {"intermediate.int_orders.amount_net_eur"},
    ("fct_orders", "party_link_id"): {
        "intermediate.int_orders.buyer_record_id",
        "intermediate.int_orders.organisation_record_id",
    },
    ("fct_orders", "ordered_on"): {"intermediate.int_orders.ordered_at"},
    ("int_orders", "amount_net"): {
        "staging.stg_s4__sales_orders.amount_net", "staging.stg_shopware__orders.amount_net",
        "staging.stg_tryton__sales.amount_net", "staging.stg_vendure__orders.amount_net",
        "staging.stg_database__held_orders.amount_net",
        # A shop's total is net of shipping here.
        "staging.stg_shopware__orders.shipping_total", "staging.stg_shopware__orders.shipping_tax",
        "staging.stg_shopware__orders.tax_status",
    },
    ("int_orders", "status"): {
        "staging.stg_s4__sales_orders.process_status", "staging.stg_shopware__orders.state",
        "staging.stg_tryton__sales.state", "staging.stg_vendure__orders.state",
        "staging.stg_database__held_orders.status",
    },
    ("dim_customer", "valid_from"): {"ops.customer_versions.valid_from"},
}  # fmt: skip


@pytest.mark.parametrize(("table", "column"), KNOWN)
def test_a_column_is_made_of(table: str, column: str, origins: dict[str, TableOrigins]) -> None:
    assert parents(origins, table, column) == KNOWN[table, column]


def ends(origins: Mapping[str, TableOrigins], start: Column) -> Iterator[Column]:
    if start.table not in origins:
        yield start
        return
    for parent in origins[start.table].columns[start.column] or ():
        yield from ends(origins, parent)


def test_the_value_of_a_customers_orders_goes_back_to_the_amounts_that_the_systems_sent(
    origins: dict[str, TableOrigins],
) -> None:
    found = set(ends(origins, Column("marts", "customer_360", "order_value_eur")))
    assert Column("staging", "stg_shopware__orders", "amount_net") in found
    assert {one.schema for one in found} == {"staging", "seeds"}
    assert {one.column for one in found if one.schema == "seeds"} == {"eur_per_unit"}


def test_every_column_of_every_table_is_followed_and_most_have_a_parent(
    origins: dict[str, TableOrigins], declared: dict[str, dict[str, list[str]]]
) -> None:
    """The others are constants, counted rows, the as-of date, or what stamm.yaml declares."""
    made = declared["intermediate"] | declared["marts"]
    assert {name: set(one.columns) for name, one in origins.items()} == {
        name: set(columns) for name, columns in made.items()
    }
    assert {name: one.unknown for name, one in origins.items() if one.unknown} == {}
    marts = [found for name in declared["marts"] for found in origins[name].columns.values()]
    assert len(marts) > 500
    assert sum(bool(found) for found in marts) / len(marts) >= 0.85


def test_each_parent_is_a_column_of_a_table_that_is_there(
    origins: dict[str, TableOrigins], declared: dict[str, dict[str, list[str]]]
) -> None:
    """Parts of a table, which dbt pulls into its query, are looked through."""
    wrong = {
        parent
        for one in origins.values()
        for found in one.columns.values()
        for parent in found or ()
        if parent.column not in declared[parent.schema][parent.table]
    }
    assert wrong == set()


def test_dagster_is_told_what_is_known_and_how_much_is_not() -> None:
    made_of = frozenset({Column("marts", "fct_orders", "status")})
    told = TableOrigins({"open": made_of, "as_of": frozenset(), "odd": None})
    assert told.lineage().deps_by_column == {
        "open": [TableColumnDep(AssetKey(["marts", "fct_orders"]), "status")], "as_of": [],
    }  # fmt: skip
    assert told.unknown == ["odd"]


# ---- kept beside the parse ----


def test_the_second_run_asks_neither_dbt_nor_sqlglot(
    home: Home, origins: dict[str, TableOrigins], monkeypatch: pytest.MonkeyPatch
) -> None:
    def invoke(*_: object, **__: object) -> None:
        raise AssertionError("asked dbt")

    monkeypatch.setattr(column_lineage, "invoke", invoke)
    assert column_origins(home) == origins


@pytest.mark.slow
def test_what_was_cut_off_is_told_anew(
    home: Home, origins: dict[str, TableOrigins], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(column_lineage, "_reader", lambda: "cut")
    kept = manifest_path(home).with_name("columns-cut.json")
    kept.write_text('{"fct_ord', encoding="utf-8")
    try:
        assert column_origins(home) == origins
        assert json.loads(kept.read_text(encoding="utf-8")).keys() == origins.keys()
    finally:
        kept.unlink()


def test_a_project_that_dbt_cannot_compile_is_told(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def invoke(*_: object, **__: object) -> None:
        raise StammError("dbt compile did not run")

    monkeypatch.setattr(column_lineage, "_reader", lambda: "none")
    monkeypatch.setattr(column_lineage, "invoke", invoke)
    with pytest.raises(StammError, match="did not run"):
        column_origins(home)
    assert not manifest_path(home).with_name("columns-none.json").exists()
