"""Databases that SQLAlchemy reaches: each declared table is a stream.

Flow: `select … where (cursor >= bound) order by key`, page after page by key, in one snapshot
where the database has them → landing. Try it: `stamm check`.
Source: PostgreSQL 15 documentation, "Transaction Isolation"; verified against a running server.
"""

from __future__ import annotations

from connectors.database.settings import DatabaseSource
from connectors.database.streams import declared
from connectors.source import About, Reader, System
from stamm.clock import Clock


def _open(source: DatabaseSource, clock: Clock) -> Reader:  # noqa: ARG001 - rows bear their time
    from connectors.database.reader import DatabaseReader  # SQLAlchemy loads in a quarter second

    return DatabaseReader(source)


ABOUT = About(
    title="Databases (PostgreSQL, SQLite and others through SQLAlchemy)",
    category="databases",
    rights="A user that may connect and SELECT the declared tables; nothing is written.",
    limits="A page holds 5,000 rows; a statement may take ten minutes on PostgreSQL.",
    verified="PostgreSQL 15, the server from its package; SQLite.",
    traps=(
        "updated_at is mostly the moment a transaction began: a row shows up later than it is"
        " dated, by as long as its transaction stayed open. lag_minutes has to be longer.",
        "Moments without a zone are taken as UTC. If they are local time, an hour repeats in"
        " autumn: lag_minutes of 70 meets it.",
        "A row without a moment is read each time, as it may have changed at any.",
        "A column that an UPDATE forgets to set is no cursor: leave it out, and the table is read"
        " whole.",
        "With holds a table's rows become parties, orders or order lines; its columns are known by"
        " the names in map, which docs/connectors/README.md lists.",
        "A view needs a key that is unique and never null; the total tells if it is not.",
    ),
)

SYSTEM = System("database", DatabaseSource, (), _open, ABOUT, narrow=declared)
