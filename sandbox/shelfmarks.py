"""Finding and rewriting single records of the company: what `advance` needs of the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Mark:
    """One live record; `body` is its parsed wire form."""

    system: str
    stream: str
    key: str
    created: int
    body: dict[str, Any]


def live(world: World, system: str, stream: str) -> int:
    """How many records of a stream are not deleted."""
    row = world.records.db.execute(
        "select count(*) from record where system = ? and stream = ? and deleted = 0",
        (system, stream),
    ).fetchone()
    return int(row[0])


def sample(world: World, system: str, stream: str, count: int) -> list[Mark]:
    """`count` different live records by chance, in the order they were drawn."""
    keys = [
        key
        for (key,) in world.records.db.execute(
            "select key from record where system = ? and stream = ? and deleted = 0 order by key",
            (system, stream),
        )
    ]
    drawn: dict[str, None] = {}
    while len(drawn) < min(count, len(keys)):
        drawn[world.dice.choose(keys)] = None
    return [mark for key in drawn if (mark := find(world, system, stream, key))]


def find(world: World, system: str, stream: str, key: str) -> Mark | None:
    """A live record by its key."""
    row = world.records.db.execute(
        "select created_at, body from record"
        " where system = ? and stream = ? and key = ? and deleted = 0",
        (system, stream, key),
    ).fetchone()
    return Mark(system, stream, key, row[0], orjson.loads(row[1])) if row else None


def find_beginning(world: World, system: str, stream: str, start: str) -> list[Mark]:
    """Live records whose composite key begins with `start`."""
    rows = world.records.db.execute(
        "select key, created_at, body from record where system = ? and stream = ?"
        " and key >= ? and key < ? and deleted = 0 order by key",
        (system, stream, start, start + "~"),
    ).fetchall()
    return [Mark(system, stream, key, made, orjson.loads(body)) for key, made, body in rows]


def rewrite(world: World, mark: Mark, fields: dict[str, Any], moment: int) -> None:
    """Change fields of a record; nothing else of the company moves with it."""
    new = world.records.new_fields.get((mark.system, mark.stream), {})
    world.records.db.execute(
        "update record set body = ?, changed_at = ? where system = ? and stream = ? and key = ?",
        (
            orjson.dumps(mark.body | fields | new).decode(),
            moment,
            mark.system,
            mark.stream,
            mark.key,
        ),
    )


def remove(world: World, mark: Mark, moment: int) -> None:
    """Take a record off the lists, and its party records out of the truth."""
    where = (mark.system, mark.stream, mark.key)
    world.records.db.execute(
        "update record set deleted = 1, changed_at = ? where system = ? and stream = ? and key = ?",
        (moment, *where),
    )
    world.records.db.execute("delete from truth where system = ? and stream = ? and key = ?", where)
