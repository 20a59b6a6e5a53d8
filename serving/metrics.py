"""The metrics of a published build, as BI reads them: `metric_definitions` and `metrics`.

In: a connection of `serving.reading.open_published`. Out: what each metric means with its latest
figure, or one metric by month. Nothing is counted here; dbt_project/models/metrics defines it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from stamm.errors import PublishError, UsageError
from stamm.mistakes import nearest

if TYPE_CHECKING:
    import duckdb

# The latest figure for everybody: of the last complete month, or of now where there is no other.
_LISTED = """
select metric, unit, better, owner, grain, description, sql, month, value, rests_on
from metric_definitions as definitions
left join (
    select metric, month, value, rests_on from metrics where dimension = 'total'
    qualify row_number() over (partition by metric order by is_complete desc, month desc) = 1
) as latest using (metric)
order by metric
"""
_SERIES = """
select month, is_complete, member, value, rests_on from metrics
where metric = ? and dimension = ? order by month, member
"""
_DIMENSIONS = "select distinct dimension from metrics where metric = ? order by dimension"


@dataclass(frozen=True)
class Metric:
    """One definition, and its latest figure for everybody (None where there is none)."""

    name: str
    unit: str
    better: str
    owner: str
    grain: str
    description: str
    sql: str
    month: date | None
    value: Decimal | None
    rests_on: int | None


@dataclass(frozen=True)
class Point:
    """A metric in one month, of one member of the dimension."""

    month: date
    is_complete: bool
    member: str
    value: Decimal
    rests_on: int


def listed(con: duckdb.DuckDBPyConnection) -> list[Metric]:
    """All metrics. Raises PublishError for a build that is older than they are."""
    tables = {row[0] for row in con.sql("show tables").fetchall()}
    if not {"metrics", "metric_definitions"} <= tables:
        raise PublishError("expected metrics in the published build, found none",
                           hint="`stamm run --full` makes a build that has them.")  # fmt: skip
    return [Metric(*row) for row in con.sql(_LISTED).fetchall()]


def series(con: duckdb.DuckDBPyConnection, name: str, dimension: str = "") -> list[Point]:
    """One metric by month: for everybody, or by a dimension it has.

    A metric without a figure for everybody is told by its only dimension. Raises UsageError for a
    metric or a dimension that there is none of.
    """
    known = [metric.name for metric in listed(con)]
    if name not in known:
        raise UsageError(
            f"metric: expected one of {', '.join(known)}, found {name!r}{nearest(name, known)}"
        )
    dimensions = [row[0] for row in con.execute(_DIMENSIONS, [name]).fetchall()]
    if dimension and dimension not in dimensions:
        raise UsageError(
            f"--by: expected one of {', '.join(dimensions) or 'none'} for {name}, "
            f"found {dimension!r}{nearest(dimension, dimensions)}"
        )
    chosen = dimension or ("total" if "total" in dimensions else "".join(dimensions[:1]))
    return [Point(*row) for row in con.execute(_SERIES, [name, chosen]).fetchall()]
