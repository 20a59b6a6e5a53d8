"""Which columns of tables a column of a query is made of."""

import pytest

from orchestration.sql_columns import Column, columns_of, origins

TABLES = columns_of(
    {
        ("staging", "orders"): ["order_id", "buyer", "net"],
        ("staging", "people"): ["buyer", "name"],
    }
)
BUYER = Column("staging", "orders", "buyer")
NET = Column("staging", "orders", "net")
NAME = Column("staging", "people", "name")

QUERIES = {
    "a name": ("select net as value from staging.orders", {NET}),
    "an expression": ("select net || buyer as value from staging.orders", {NET, BUYER}),
    "a star": ("with o as (select * from staging.orders) select net as value from o", {NET}),
    "a join": (
        "select name as value from staging.orders join staging.people using (buyer)",
        {NAME},
    ),
    "a filtered sum": ("select sum(net) filter (where buyer = 'a') as value from staging.orders",
                       {NET, BUYER}),
    "a union by name in another order": (
        "select null as other, buyer as value from staging.orders"
        " union all by name select name as value, buyer as other from staging.people",
        {BUYER, NAME},
    ),
    "a union by name that brings a column": (
        "with u as (select buyer from staging.orders"
        " union all by name select name as value from staging.people) select value from u",
        {NAME},
    ),
    "three unions by name": (
        "with u as (select null as value where false"
        " union all by name select net as value from staging.orders"
        " union all by name select name as value from staging.people) select value from u",
        {NET, NAME},
    ),
    "the name of the warehouse's file": ('select net as value from "w"."staging"."orders"', {NET}),
    "a constant": ("select 'shop' as value from staging.orders", set()),
    "a count of rows": ("select count(*) as value from staging.orders", set()),
    "a table that nobody declared": (
        "with o as (select * from staging.unknown) select net as value from o", None),
    "a declared table joined to an undeclared one": (
        "with o as (select * from staging.unknown)"
        " select net || o.net as value from staging.orders cross join o", None),
}  # fmt: skip


@pytest.mark.parametrize("kind", QUERIES)
def test_a_column_is_followed_through(kind):
    sql, expected = QUERIES[kind]
    found = origins(sql, TABLES)["value"]
    assert found == (None if expected is None else expected)


def test_sql_that_is_none_is_told():
    from sqlglot.errors import SqlglotError

    with pytest.raises(SqlglotError):
        origins("select from where", TABLES)
