"""An operational store for tests that open hundreds of them."""

from __future__ import annotations

import sqlite3

from stamm.store import Store


def store_in_memory() -> Store:
    """All have one secret, so that they mint the same ids."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("create table migrations (component text, version integer)")
    connection.execute("create table secrets (name text primary key, value blob not null)")
    connection.execute("insert into secrets values ('party', ?)", [b"k" * 32])
    return Store(connection)
