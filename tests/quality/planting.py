"""Plants a defect into what landed: at a random place of those named, in a random share of rows."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

Row = dict[str, Any]  # source, record_id, key, raw (as a dict); the other columns as they are
Change = Callable[[Row, random.Random], "list[Row]"]


@dataclass(frozen=True)
class Defect:
    """What goes wrong, where it may, from which share of rows on it is promised to be told."""

    name: str
    told_by: str  # check, or dbt test
    places: tuple[tuple[str, Change], ...]  # table of schema landing, what happens to a row
    strength: tuple[float, float]


def plant(con: Any, defect: Defect, seed: int) -> tuple[str, str]:
    """Change rows of one place; returns its table, and what was done, for a failing test."""
    dice = random.Random(seed)
    place, (table, change) = dice.choice(list(enumerate(defect.places)))
    strength = dice.uniform(*defect.strength)
    names = [row[0] for row in con.execute(f"describe landing.{table}").fetchall()]
    rows = [
        dict(zip(names, row, strict=True))
        for row in con.execute(f"from landing.{table} order by source, key").fetchall()
    ]
    hit = set(dice.sample(range(len(rows)), round(strength * len(rows))))
    kept: list[Row] = []
    for i, row in enumerate(rows):
        if i not in hit:
            kept.append(row)
            continue
        opened = {**row, "raw": json.loads(row["raw"])}
        kept += [{**one, "raw": json.dumps(one["raw"])} for one in change(opened, dice)]
    assert kept != rows, f"{defect.name}: {table} has nothing that it could spoil"
    _replace(con, table, names, kept)
    done = f"{defect.name}, place {place} ({table}), {strength:.0%} of {len(rows)}, seed {seed}"
    return table, done


def _replace(con: Any, table: str, names: list[str], rows: list[Row]) -> None:
    con.execute(f"delete from landing.{table}")
    if rows:
        kept = {name: [str(row[name]) if row[name] else None for row in rows] for name in names}
        con.register("planted", pa.table(kept))
        con.execute(f"insert into landing.{table} select * from planted")
        con.unregister("planted")


def put(path: str, make: Callable[[Any, random.Random], Any]) -> Change:
    """Another value at a path of the record, where there is one: `a.b`."""
    *parents, last = path.split(".")

    def change(row: Row, dice: random.Random) -> list[Row]:
        at = row["raw"]
        for parent in parents:
            at = at.get(parent) or {}
        if at.get(last) not in (None, ""):
            at[last] = make(at[last], dice)
        return [row]

    return change


def each(*changes: Change) -> Change:
    """Several changes of one row."""

    def change(row: Row, dice: random.Random) -> list[Row]:
        for one in changes:
            [row] = one(row, dice)
        return [row]

    return change


def rotate(*paths: str) -> Change:
    """Each field holds what stood in the one before it: columns that moved by one."""

    def change(row: Row, _: random.Random) -> list[Row]:
        values = [row["raw"].get(path) for path in paths]
        row["raw"].update(zip(paths, [values[-1], *values[:-1]], strict=True))
        return [row]

    return change


def again(key: str) -> Change:
    """The same record once more under a key of its own."""

    def change(row: Row, _: random.Random) -> list[Row]:
        other = {**row, "raw": {**row["raw"], key: f"9{row['raw'][key]}"}}
        other |= {"record_id": f"{row['record_id']}x", "key": f"9{row['key']}"}
        return [row, other]

    return change


def gone(_: Row, __: random.Random) -> list[Row]:
    """The record does not come."""
    return []
