"""Parquet of a build: the tools of analysts read all of it, facts by year."""

import json
from datetime import date

import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from serving.catalogue import Described
from serving.publish import publish
from stamm.duck import open_warehouse

ORDERS = {"o1": 2024, "o2": 2025, "o3": 2025, "o4": 0}
CATALOGUE = {
    "fct_orders": Described("One row per order.", {"ordered_on": "Day it's ordered, UTC."}),
}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parquet")
    with open_warehouse(folder / "w.duckdb") as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.fct_orders "
            "(order_id varchar, ordered_on date, amount decimal(18, 2), labels varchar[])"
        )
        for order, year in ORDERS.items():
            day = date(year, 3, 1) if year else None
            con.execute("insert into marts.fct_orders values (?, ?, 9.50, ['a'])", [order, day])
        con.execute("create table marts.fct_quotes (quote_id varchar, quoted_at timestamp)")
        con.execute("create table marts.dim_channel as select 'shop' as channel")
    return publish(folder / "w.duckdb", folder / "p", build_id="b1", info={}, catalogue=CATALOGUE)


def test_facts_lie_in_a_folder_per_year_and_other_tables_in_one_file(build):
    parquet = build.folder / "parquet"
    assert sorted(p.name for p in (parquet / "fct_orders").iterdir()) == [
        "year=0",
        "year=2024",
        "year=2025",
    ]
    assert (parquet / "dim_channel.parquet").is_file()


def by_pyarrow(folder):
    table = ds.dataset(folder, partitioning="hive").to_table()
    return dict(zip(table["order_id"].to_pylist(), table["year"].to_pylist(), strict=True))


def by_pandas(folder):
    frame = pd.read_parquet(folder)
    return dict(zip(frame["order_id"], frame["year"].astype(int), strict=True))


def by_duckdb(folder):
    files = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
    return dict(duckdb.sql(f"select order_id, year from {files}").fetchall())


def by_polars(folder):
    import polars

    return dict(polars.read_parquet(folder, hive_partitioning=True)["order_id", "year"].rows())


@pytest.mark.parametrize("read", [by_pyarrow, by_pandas, by_duckdb, by_polars])
def test_a_tool_reads_all_facts_with_their_year(build, read):
    assert read(build.folder / "parquet" / "fct_orders") == ORDERS


def test_facts_without_a_row_still_say_what_their_columns_are(build):
    [table] = [pq.read_table(build.folder / "parquet" / "fct_quotes")]
    assert (table.num_rows, table.column_names) == (0, ["quote_id", "quoted_at"])


def test_files_and_database_say_what_a_column_means(build):
    [file] = (build.folder / "parquet" / "fct_orders" / "year=2024").iterdir()
    told = pq.read_schema(file).metadata
    assert told[b"description"] == b"One row per order."
    assert json.loads(told[b"columns"]) == {"ordered_on": "Day it's ordered, UTC."}
    with open_warehouse(build.database, read_only=True) as con:
        assert con.sql(
            "select comment from duckdb_columns() where column_name = 'ordered_on'"
        ).fetchall() == [("Day it's ordered, UTC.",)]
