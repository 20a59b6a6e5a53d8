"""What a figure is: one number per source of a table, and how far it may move before it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# count: rows; compared with the run before, by their ratio.
# share: of the rows in `of`, those for which `sql` holds; compared with the median of the history.
# level: the geometric mean of a number above zero, by its ratio to the median of the history.
# mix: how the rows spread over the few values of `sql`; compared by total variation distance.
# age: days from the newest moment to the as-of date; compared with the gaps there were.
Kind = Literal["count", "share", "level", "mix", "age"]

# Which check tells of it.
Family = Literal["volume", "missing", "shape", "spread", "repeats", "age", "linkage"]


@dataclass(frozen=True)
class Figure:
    """One number, or a few shares of one, per source.

    `floor` is what it may always move: shares in parts of one, counts and levels in natural
    logarithms (.22 is a quarter), mixes in parts of one, ages in days. `reason` says why so much.
    """

    name: str
    family: Family
    kind: Kind
    sql: str
    floor: float
    reason: str
    of: str = "true"


@dataclass(frozen=True)
class Watched:
    """The figures of one table, per `by` (a source, or a source's stream)."""

    table: str
    name: str
    figures: tuple[Figure, ...]
    by: str = "source"


@dataclass(frozen=True)
class Measured:
    """A figure as one run found it: `value`, or the shares of a mix, over so many rows."""

    subject: str
    figure: str
    rows: int
    value: float | None = None
    mix: tuple[tuple[str, float], ...] = ()
