"""Whether a table is there: its own database's, whatever else is attached or in scope."""

import duckdb
import pytest

from stamm.duck import checksum, has_table, in_memory


@pytest.fixture
def con():
    with in_memory() as opened:
        opened.execute("create schema marts; create table marts.customers (id varchar)")
        opened.execute("create table lone (id varchar)")
        yield opened


def test_a_table_is_there_by_its_whole_name(con):
    assert has_table(con, "marts.customers")
    assert has_table(con, "main.lone")
    assert not has_table(con, "marts.lone")
    assert not has_table(con, "nowhere.customers")


def test_a_table_of_an_attached_database_and_a_variable_of_that_name_are_none(con, tmp_path):
    with duckdb.connect(tmp_path / "other.duckdb") as other:
        other.execute("create schema marts; create table marts.orders (id varchar)")
    con.execute(f"attach '{tmp_path / 'other.duckdb'}' as other")
    orders = con.table("marts.customers")
    assert orders.columns == ["id"]
    assert not has_table(con, "marts.orders")


def test_a_question_leaves_an_open_transaction_as_it_is(con):
    con.execute("begin; insert into marts.customers values ('P1')")
    assert not has_table(con, "marts.orders")
    con.execute("commit")
    assert con.execute("from marts.customers").fetchall() == [("P1",)]


def test_a_checksum_tells_rows_apart_and_not_their_order(con):
    one = "(values (1, 'a'), (2, 'b'))"
    assert checksum(con, one) == checksum(con, "(values (2, 'b'), (1, 'a'))")
    assert checksum(con, one) != checksum(con, "(values (1, 'b'), (2, 'a'))")
    assert checksum(con, "marts.customers") == (0, "0")
