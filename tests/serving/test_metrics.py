"""Metrics of a build: the latest complete month in the list, one metric by month and dimension."""

from datetime import date
from decimal import Decimal

import pytest

from serving.metrics import Point, listed, series
from stamm.duck import in_memory
from stamm.errors import PublishError, UsageError


@pytest.fixture
def build():
    with in_memory() as con:
        con.execute(
            "create table metric_definitions as select * from (values "
            "('csat', 'd', 'g', 'share', 'higher', 'Customer service', 'select 1'), "
            "('opt_in_rate', 'd', 'g', 'share', 'higher', 'Marketing', 'select 1'), "
            "('revenue', 'd', 'g', 'EUR', 'higher', 'Sales', 'select 1')) "
            "as t(metric, description, grain, unit, better, owner, sql)"
        )
        con.execute(
            "create table metrics as select * replace (month::date as month, "
            "value::decimal(18, 4) as value), 'as in the mart' as unit from (values "
            "('revenue', '2026-05-01', true, 'total', 'all', 181.0, 4), "
            "('revenue', '2026-06-01', false, 'total', 'all', 20.0, 1), "
            "('revenue', '2026-05-01', true, 'customer_kind', 'person', 181.0, 4), "
            "('opt_in_rate', '2026-06-01', false, 'channel', 'email', 0.5, 2)) "
            "as t(metric, month, is_complete, dimension, member, value, rests_on)"
        )
        yield con


def test_the_list_gives_the_last_complete_month_and_metrics_without_any_figure(build):
    told = {metric.name: (metric.month, metric.value) for metric in listed(build)}
    assert told == {
        "csat": (None, None),
        "opt_in_rate": (None, None),
        "revenue": (date(2026, 5, 1), Decimal("181.0000")),
    }


def test_a_metric_is_told_for_everybody_or_by_a_dimension_it_has(build):
    assert [(p.month.month, p.is_complete, p.value) for p in series(build, "revenue")] == [
        (5, True, Decimal(181)),
        (6, False, Decimal(20)),
    ]
    assert series(build, "revenue", "customer_kind") == [
        Point(date(2026, 5, 1), True, "person", Decimal("181.0000"), 4)
    ]
    assert [p.member for p in series(build, "opt_in_rate")] == ["email"]
    assert series(build, "csat") == []


def test_what_there_is_none_of_is_told_with_what_there_is(build):
    with pytest.raises(UsageError, match="did you mean 'revenue'"):
        series(build, "revenu")
    with pytest.raises(UsageError, match=r"--by: expected one of customer_kind, total for revenue"):
        series(build, "revenue", "source")


def test_a_build_from_before_there_were_metrics_says_what_to_do():
    with in_memory() as con, pytest.raises(PublishError, match="found none"):
        listed(con)
