"""Figures hold shares and numbers; no part of a mix is a value of a record."""

from dataclasses import replace
from datetime import date

from quality.figures.declared import FACTS
from quality.figures.measure import measure
from stamm.duck import in_memory


def test_a_column_that_was_mapped_to_currency_by_mistake_gets_into_no_figure():
    """What a mix is made of is kept in the operational store and shown on the quality page."""
    [orders] = [watched for watched in FACTS if watched.name == "orders"]
    currency = replace(orders, figures=tuple(f for f in orders.figures if f.name == "currency"))
    with in_memory() as con:
        con.execute("create schema intermediate")
        con.execute(
            "create table intermediate.int_orders as from (values ('shop', 'EUR'), ('shop', 'CHF'),"
            " ('shop', 'anna@example.org'), ('shop', 'Anna Beck')) t(source, currency)"
        )
        [found] = measure(con, currency, date(2026, 6, 30))
    assert dict(found.mix) == {"CHF": 0.25, "EUR": 0.25, "no code": 0.5}
