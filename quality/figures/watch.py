"""A gate's figures: measured, judged, kept, and laid out as the table that its batch reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, get_args

from quality.figures.declared import WATCHED
from quality.figures.figure import Family, Figure, Measured, Watched
from quality.figures.history import History, earlier, keep
from quality.figures.measure import measure
from quality.figures.usual import times_the_limit, usual
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

FAMILIES: tuple[str, ...] = get_args(Family)


def watch(
    con: duckdb.DuckDBPyConnection, store: Store, gate: str, *, run_id: str, as_of: date
) -> None:
    """Fill the temporary table `watched_figures` with one row per figure and subject.

    Columns: subject (a sentence), checked, affected (rows behind it), and per family how many
    times the figure is beyond what it may move (null for figures of other families).
    """
    history = earlier(store, gate, run_id)
    rows, judged = [], []
    for watched in WATCHED[gate]:
        figures = {figure.name: figure for figure in watched.figures}
        for now in _with_vanished(measure(con, watched, as_of), watched, history):
            figure, before = figures[now.figure], history.get((now.subject, now.figure), [])
            times = times_the_limit(figure, now, before)
            judged.append((now, times))
            rows.append(_row(figure, now, before, times))
    keep(store, gate, run_id, judged)
    _lay_out(con, rows)


def _with_vanished(found: list[Measured], watched: Watched, history: History) -> Iterator[Measured]:
    """A source that brings nothing any more is measured too: at no row."""
    yield from found
    subjects = {one.subject for one in found}
    counts = {figure.name for figure in watched.figures if figure.kind == "count"}
    for subject, figure in history:
        mine = subject.endswith(f" {watched.name}") and figure in counts
        if mine and subject not in subjects:
            yield Measured(subject, figure, 0, 0.0)


def _row(figure: Figure, now: Measured, before: list[Measured], times: float) -> tuple[object, ...]:
    levels = (times if figure.family == family else None for family in FAMILIES)
    return (_sentence(figure, now, before), now.rows, now.rows, *levels)


def _sentence(figure: Figure, now: Measured, before: list[Measured]) -> str:
    """Subject and figure, what it is and what it usually is."""
    said = f"{now.subject}, {figure.name}"
    was = usual(figure, before)
    if figure.kind == "mix":
        return f"{said}{_largest_move(now, before)}"
    if figure.kind == "age":
        return f"{said} ({now.value or 0:.1f} times the longest wait that is usual)"
    shown = f"{said} ({_number(figure, now.value)}"
    return f"{shown}, usually {_number(figure, was)})" if was is not None else f"{shown})"


def _number(figure: Figure, value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.1%}" if figure.kind == "share" else f"{value:,.0f}"


def _largest_move(now: Measured, before: list[Measured]) -> str:
    if not before:
        return ""
    mix, was = dict(now.mix), dict(before[-1].mix)
    part = max(mix.keys() | was.keys(), key=lambda p: (abs(mix.get(p, 0) - was.get(p, 0)), p))
    name = part or "none"
    return f" ({name} {mix.get(part, 0.0):.1%}, before {was.get(part, 0.0):.1%})"


def _lay_out(con: duckdb.DuckDBPyConnection, rows: list[tuple[object, ...]]) -> None:
    columns = ", ".join(f'"{family}" double' for family in FAMILIES)
    con.execute(
        "create or replace temp table watched_figures "
        f"(subject varchar, checked bigint, affected bigint, {columns})"
    )
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        con.executemany(f"insert into watched_figures values ({marks})", rows)
