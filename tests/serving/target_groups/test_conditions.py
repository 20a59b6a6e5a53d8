"""What a condition may say, and how what it may not is told."""

import pytest

from serving.target_groups.conditions import NoCondition, canonical

COLUMNS = {
    "order_value_eur": "decimal(18,2)",
    "days_since_last_order": "integer",
    "last_order_on": "date",
    "as_of": "date",
    "country": "varchar",
    "sources": "varchar[]",
    "permission_email": "boolean",
}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("order_value_eur >= 500", "(order_value_eur >= 500)"),
        ("country in ('DE', 'AT')", "(country IN ('DE', 'AT'))"),
        ("list_contains(sources, 'shop')", "list_contains(sources, 'shop')"),
        ("last_order_on < as_of - 365", "(last_order_on < (as_of - 365))"),
        ("permission_email -- at least", "permission_email"),
        ("country = 'it''s'", "(country = 'it''s')"),
        ("extract('month' from last_order_on) = 12",
         "(main.date_part('month', last_order_on) = 12)"),
        ("not permission_email or days_since_last_order is null",
         "((NOT permission_email) OR (days_since_last_order IS NULL))"),
    ],
)  # fmt: skip
def test_a_condition_over_the_columns_is_written_anew_by_duckdb(text, written):
    assert canonical(text, COLUMNS).replace('"main"', "main") == written


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("order_value >= 500", r"found 'order_value' – did you mean 'order_value_eur'\?"),
        ("orders.country = 'DE'", "found 'orders.country'"),
        ("country = 1", "expected values of the columns' types"),
        ("days_since_last_order > 'long'", "Could not convert string 'long'"),
        ("last_order_on < '2026-13-01'", "out of range"),
        ("sources = 'shop'", "expected values of the columns' types"),
        ("days_since_last_order", "expected a condition that is true or false"),
        ("days_since_last_order >", "expected a condition in SQL, found syntax error"),
        ("last_order_on < current_date", "expected a column .* found 'current_date'"),
        ("last_order_on < today()", r"found today\(\).* the column as_of"),
        ("random() < 0.5", r"found random\(\)"),
        ("country in (select 'DE')", "found a subquery"),
        ("row_number() over () = 1", "found a window"),
        ("country = ?", "found a parameter"),
        ("read_text('/etc/passwd') is null", r"found read_text\(\)"),
        ("getenv('HOME') = 'x'", r"found getenv\(\)"),
        ("true) union all select 1 where (true", "a text that ends it and goes on"),
        ("true) limit (1", "a text that ends it and goes on"),
        ("true; drop table customers", "syntax error"),
    ],
)
def test_what_is_no_condition_over_the_columns_is_refused_and_told(text, told):
    with pytest.raises(NoCondition, match=told):
        canonical(text, COLUMNS)
