"""`stamm metrics`: what each figure means, and what it was, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from serving.metrics import Metric, Point

_SHARE = "share"
_WIDE = 140  # columns of a terminal that meanings fit into


def metrics(
    name: Annotated[str, typer.Argument(help="One metric, month by month; else all.")] = "",
    by: Annotated[
        str, typer.Option("--by", help="A dimension of it: customer_kind, channel or source.")
    ] = "",
    months: Annotated[int, typer.Option(min=1, help="The last months to give.")] = 13,
    sql: Annotated[bool, typer.Option("--sql", help="The SQL that defines it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
) -> None:
    """List the metrics of the published build, or tell one by month.

    Each is defined once, in dbt_project/models/metrics; BI tools find the same figures in the
    tables metrics and metric_definitions. The list gives the last complete month.

    Example: stamm metrics revenue --by customer_kind --months 6
    """
    from orchestration.project import open_project
    from serving.metrics import listed, series
    from serving.publish import open_published
    from stamm.errors import UsageError

    if not name and (by or sql):
        raise UsageError("expected the name of a metric before --by or --sql, found none")
    home = open_project().home
    with open_published(home.published, home.store) as con:
        known = listed(con)
        points = series(con, name, by) if name else []
    if not name:
        _show_all(known, as_json=as_json)
        return
    [metric] = [one for one in known if one.name == name]
    _show_one(metric, _last(points, months), sql=sql, as_json=as_json)


def _last(points: list[Point], months: int) -> list[Point]:
    kept = sorted({point.month for point in points})[-months:]
    return [point for point in points if point.month in kept]


def _show_all(known: list[Metric], *, as_json: bool) -> None:
    from dataclasses import asdict

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import table, width

    if as_json:
        write([asdict(metric) for metric in known])
        return
    columns = ("metric", "value", "unit", "month", "owner", "meaning")
    shown = len(columns) if width() >= _WIDE else len(columns) - 1
    rows = [
        (metric.name, _figure(metric.value, metric.unit), metric.unit, _month(metric.month),
         metric.owner, metric.description.partition(". ")[2])[:shown]
        for metric in known
    ]  # fmt: skip
    table(columns[:shown], rows)


def _show_one(metric: Metric, points: list[Point], *, sql: bool, as_json: bool) -> None:
    from dataclasses import asdict

    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say, table

    if as_json:
        write({**asdict(metric), "months": [asdict(point) for point in points]})
        return
    say(f"{metric.name} ({metric.unit}, {metric.better} is better; {metric.owner})")
    say(metric.description)
    if sql:
        say(metric.sql.replace("[", "\\["))
        return
    rows = [
        (_month(point.month) + ("" if point.is_complete else " (so far)"), point.member,
         _figure(point.value, metric.unit), point.rests_on)
        for point in points
    ]  # fmt: skip
    table(("month", "of", metric.unit, "rests on"), rows)


def _month(month: object) -> str:
    return f"{month:%Y-%m}" if month else "–"


def _figure(value: object, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:,.4f}" if unit == _SHARE else f"{value:,.2f}".removesuffix(".00")
