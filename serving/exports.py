"""Operational store → schema `ops` of the warehouse: what the marts need and no source said.

The tables exist with their types also where the store holds nothing for them yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.suppressed import suppressed
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

TABLES = {
    "consent_events": {
        "consent_event_id": "varchar",
        "record_id": "varchar",
        "address": "varchar",
        "channel": "varchar",
        "purpose": "varchar",
        "event": "varchar",
        "occurred_at": "timestamp",
        "evidence": "varchar",
    },
    "customer_versions": {
        "party_id": "varchar",
        "valid_from": "timestamp",
        "valid_to": "timestamp",
        "attributes_hash": "varchar",
        "attributes": "json",
    },
    "suppressions": {
        "party_id": "varchar",
        "address": "varchar",
        "reason": "varchar",
        "since": "timestamp",
    },
    "party_events": {
        "seq": "bigint",
        "run_id": "varchar",
        "occurred_at": "timestamp",
        "party_id": "varchar",
        "event": "varchar",
        "other_party_id": "varchar",
        "cause": "varchar",
    },
    "target_group_counts": {
        "target_group": "varchar",
        "build_at": "timestamp",
        "as_of": "date",
        "condition": "varchar",
        "members": "bigint",
        "may_leave": "bigint",
        "permission_email": "bigint",
        "permission_sms": "bigint",
        "permission_phone": "bigint",
        "permission_post": "bigint",
    },
}


def export_ops(con: duckdb.DuckDBPyConnection, store: Store) -> dict[str, int]:
    """Write all `ops` tables anew; returns the rows of each."""
    con.execute("begin")
    con.execute("create schema if not exists ops")
    counts = {name: _export(con, store, name, columns) for name, columns in TABLES.items()}
    _add_inherited(con, store)
    con.execute("commit")
    return counts


def _export(
    con: duckdb.DuckDBPyConnection, store: Store, name: str, columns: dict[str, str]
) -> int:
    declared = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    con.execute(f"create or replace table ops.{name} ({declared})")
    rows = store.query(_select(store, name, columns)) if store.has_table(name) else []
    if rows:
        import pyarrow as pa

        texts = {
            column: pa.array([_text(row[column]) for row in rows], pa.string())
            for column in columns
        }
        con.register("store_rows", pa.table(texts))
        typed = ", ".join(_typed(column, kind) for column, kind in columns.items())
        con.execute(f"insert into ops.{name} select {typed} from store_rows order by all")
        con.unregister("store_rows")
    return len(rows)


def _add_inherited(con: duckdb.DuckDBPyConnection, store: Store) -> None:
    """Ids that a suppression reached through merges and splits, beside those that were named."""
    con.execute(
        "insert into ops.suppressions (party_id, reason) "
        "select reached, 'merge or split' from unnest(?::varchar[]) as t(reached) "
        "where reached not in (select party_id from ops.suppressions where party_id is not null) "
        "order by reached",
        [sorted(suppressed(store).parties)],
    )


def _select(store: Store, name: str, columns: dict[str, str]) -> str:
    """The store's columns by name; one it does not have is null."""
    held = {row["name"] for row in store.query(f'select name from pragma_table_info("{name}")')}
    return f"select {', '.join(_held(column, held) for column in columns)} from {name}"


def _held(column: str, held: set[str]) -> str:
    return f'"{column}"' if column in held else f'null as "{column}"'


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _typed(column: str, kind: str) -> str:
    """Moments lie in the store as ISO text, with or without an offset; marts hold UTC."""
    if kind == "timestamp":
        return f"\"{column}\"::timestamptz at time zone 'UTC'"
    return f'"{column}"::{kind}'
