"""The current build → a schema of a PostgreSQL server, for BI tools that want one.

In: the published build, less what is suppressed now. Out: the schema (`stamm`) with all its
tables, their keys, indices and comments, and `published_build`, one row that tells which build it
is. Loading, the swap of old for new and the drop of the old are ONE transaction: whoever is cut
off anywhere leaves the old schema whole, and nothing to clean up.

A reader sees one build in a transaction: the swap waits until nobody has one of the old tables
open, a little at a time, so that no reader waits long or is turned away. Rows are loaded frozen:
a transaction that began before the swap and looks after it sees the new tables full, not empty.
Views that others made over the tables are made anew over the new ones.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.builds import Build, current_build
from serving.catalogue import UNDESCRIBED, Catalogue
from serving.postgres_server import Target, connected
from serving.postgres_tables import Columns, as_text, create, keys, references
from serving.reading import open_published
from serving.suppressed import suppressed
from stamm.duck import quoted
from stamm.errors import PublishError
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb
    import psycopg

_MARK = "Published by Stamm; everything in here is replaced with each build."
_OURS = "published_build"
_BATCH = 50_000
_PATIENCE_SECONDS = 120
# How long one try waits for a table. Most are too short for a reader to notice, as one that holds
# a table and wants another that is locked already would have to wait for the try to end. Each
# tenth holds newcomers up for longer, but not for the second after which PostgreSQL looks for
# deadlocks and turns somebody away.
_TRIES = ("5ms",) * 9 + ("300ms",)


@dataclass(frozen=True)
class Copied:
    """What PostgreSQL holds now; `rows` is empty where it was there already."""

    build_id: str
    rows: dict[str, int]


def copy_to_postgres(
    published_root: Path, store: Store, store_path: Path, target: Target
) -> Copied:
    """Bring PostgreSQL to what readers of the current build may see now.

    Does nothing if it is there already, so it is safe to call again after any end. Raises
    PublishError if the server cannot be reached or refuses; it then holds what it held.
    """
    build = current_build(published_root)
    if build is None:
        raise PublishError("there is no build yet", hint="`stamm run` makes the first one.")
    hidden = suppressed(store).digest()
    with connected(target) as server, server.transaction():
        _take_turn(server, target)
        if _holds(server, target) == (build.build_id, hidden):
            _grant(server, target.schema, target)
            return Copied(build.build_id, {})
        with open_published(published_root, store_path) as con:
            rows = _load(con, server, target, build, hidden)
        _swap(server, target)
    return Copied(build.build_id, rows)


def _take_turn(server: psycopg.Connection[Any], target: Target) -> None:
    """One publisher at a time; the lock ends with the transaction, however that ends."""
    from psycopg.errors import LockNotAvailable

    server.execute("set local search_path = ''")
    server.execute("set local timezone = 'UTC'")
    server.execute("set local statement_timeout = 0")
    server.execute(f"set local lock_timeout = '{_PATIENCE_SECONDS}s'")
    try:
        server.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"stamm {target.schema}"])
    except LockNotAvailable:
        raise PublishError(
            f"publish.postgres: another publish to schema {target.schema} is at work",
            hint="Wait for its end, then run again.",
        ) from None


def _holds(server: psycopg.Connection[Any], target: Target) -> tuple[str, str] | None:
    """(build, suppressions) of the schema; raises PublishError for a schema that is not ours."""
    found = server.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s",
        [target.schema],
    ).fetchone()
    if found is None:
        return None
    if found[0] != _MARK:
        raise PublishError(
            f"publish.postgres.schema: expected a schema that stamm made, or none, "
            f"found {target.schema!r} of somebody else",
            hint="Name another schema; stamm replaces all of its own.",
        )
    held = server.execute(f"select build_id, hidden from {_place(target.schema, _OURS)}").fetchone()
    return (held[0], held[1]) if held else None


# ---- loading ----


def _load(
    con: duckdb.DuckDBPyConnection,
    server: psycopg.Connection[Any],
    target: Target,
    build: Build,
    hidden: str,
) -> dict[str, int]:
    """All tables into the schema that will take the place of the old one."""
    schema, catalogue = _next(target), build.catalogue
    server.execute(f"create schema {quoted(schema)}")
    server.execute(f"comment on schema {quoted(schema)} is '{_MARK}'")
    tables = list(_tables(con))
    described = {t.table: catalogue.get(t.table, UNDESCRIBED) for t in tables}
    rows = {t.table: _fill(con, server, schema, t, described) for t in tables}
    for table in tables:
        for statement in references(schema, table, described, rows):
            server.execute(statement)
    server.execute(
        f"create table {_place(schema, _OURS)} (build_id text primary key, hidden text not null, "
        "tables text[] not null, published_at timestamptz not null default now())"
    )
    # Frozen as all rows are: who waited for the swap has an older snapshot, and must see it too.
    with (
        server.cursor() as cursor,
        cursor.copy(
            f"copy {_place(schema, _OURS)} (build_id, hidden, tables) from stdin (freeze)"
        ) as copy,
    ):
        copy.write_row((build.build_id, hidden, [*rows, _OURS]))
    server.execute(
        f"comment on table {_place(schema, _OURS)} is 'One row: the build that these tables are.'"
    )
    _grant(server, schema, target)
    return rows


def _tables(con: duckdb.DuckDBPyConnection) -> Iterator[Columns]:
    for (name,) in con.sql("select table_name from duckdb_tables() order by 1").fetchall():
        described = con.sql(f"describe {quoted(name)}").fetchall()
        yield Columns(name, {row[0]: row[1] for row in described})


def _fill(
    con: duckdb.DuckDBPyConnection,
    server: psycopg.Connection[Any],
    schema: str,
    columns: Columns,
    catalogue: Catalogue,
) -> int:
    """One table with its rows and keys; returns how many rows there are."""
    described = catalogue[columns.table]
    for statement in create(schema, columns, described):
        server.execute(statement)
    expected = con.table(columns.table).count("*").fetchall()[0][0]
    place = _place(schema, columns.table)
    with server.cursor() as cursor:
        with cursor.copy(f"copy {place} from stdin (format csv, freeze)") as copy:
            for text in _as_csv(con, columns):
                copy.write(text)
        copied = cursor.rowcount
    if copied != expected:
        raise PublishError(
            f"{columns.table}: expected {expected} rows in PostgreSQL, found {copied}",
            hint="Nothing was replaced there; run again.",
        )
    for statement in keys(schema, columns, described):
        server.execute(statement)
    return copied


def _as_csv(con: duckdb.DuckDBPyConnection, columns: Columns) -> Iterator[bytes]:
    """Rows as CSV, some thousand at a time: null is nothing, and every value stands in quotes."""
    from pyarrow import csv

    options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
    chosen = ", ".join(as_text(name, kind) for name, kind in columns.kinds.items())
    reader = con.sql(f"select {chosen} from {quoted(columns.table)}").to_arrow_reader(_BATCH)
    for batch in reader:
        written = BytesIO()
        csv.write_csv(batch, written, options)
        yield written.getvalue()


def _grant(server: psycopg.Connection[Any], schema: str, target: Target) -> None:
    if target.reader is None:
        return
    if not server.execute("select 1 from pg_roles where rolname = %s", [target.reader]).fetchone():
        raise PublishError(
            f"publish.postgres.reader: expected a role of the server, found {target.reader!r}",
            hint=f"`create role {target.reader}` there; accounts of readers become members of it.",
        )
    role = quoted(target.reader)
    server.execute(f"grant usage on schema {quoted(schema)} to {role}")
    server.execute(f"grant select on all tables in schema {quoted(schema)} to {role}")


# ---- swapping ----


def _swap(server: psycopg.Connection[Any], target: Target) -> None:
    """Put the new schema in the place of the old, as soon as nobody has one of its tables open."""
    from psycopg.errors import DeadlockDetected, LockNotAvailable

    until = time.monotonic() + _PATIENCE_SECONDS
    for patience in itertools.cycle(_TRIES):
        try:
            with server.transaction():
                server.execute(f"set local lock_timeout = '{patience}'")
                _replace(server, target)
            return
        except (LockNotAvailable, DeadlockDetected):
            if time.monotonic() > until:
                raise _held_open(target) from None
        time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - so that tries do not keep step


def _held_open(target: Target) -> PublishError:
    return PublishError(
        f"publish.postgres: expected schema {target.schema} to be free for a moment within "
        f"{_PATIENCE_SECONDS} seconds, found transactions that hold its tables open",
        hint="`select * from pg_stat_activity where state like 'idle in%'` shows whose; "
        "end them, then run again.",
    )


def _replace(server: psycopg.Connection[Any], target: Target) -> None:
    schema, new, old = target.schema, _next(target), f"{target.schema}_old"
    held = server.execute("select to_regclass(%s)", [_place(schema, _OURS)]).fetchone()
    if held is None or held[0] is None:
        server.execute(f"alter schema {quoted(new)} rename to {quoted(schema)}")
        return
    found = server.execute(f"select tables from {_place(schema, _OURS)}").fetchone()
    names = sorted(found[0]) if found else [_OURS]
    tables = ", ".join(_place(schema, name) for name in names)
    server.execute(f"lock table {tables} in access exclusive mode")
    views = _views_of_others(server, schema)
    server.execute(f"alter schema {quoted(schema)} rename to {quoted(old)}")
    server.execute(f"alter schema {quoted(new)} rename to {quoted(schema)}")
    for place, definition in views:
        server.execute(f"create or replace view {place} as {definition}")
    # Without `cascade`: what somebody else hung on it is never dropped in silence.
    server.execute(f"drop table {', '.join(_place(old, name) for name in names)}")
    server.execute(f"drop schema {quoted(old)}")


def _views_of_others(server: psycopg.Connection[Any], schema: str) -> list[tuple[str, str]]:
    """Views elsewhere that read our tables directly: name, and query with names in full."""
    return server.execute(
        "select distinct format('%%I.%%I', n.nspname, v.relname), pg_get_viewdef(v.oid) "
        "from pg_depend d join pg_rewrite r on d.classid = 'pg_rewrite'::regclass "
        "and d.objid = r.oid join pg_class v on v.oid = r.ev_class and v.relkind = 'v' "
        "join pg_namespace n on n.oid = v.relnamespace "
        "join pg_class t on d.refclassid = 'pg_class'::regclass and t.oid = d.refobjid "
        "join pg_namespace o on o.oid = t.relnamespace "
        "where o.nspname = %s and n.nspname <> o.nspname order by 1",
        [schema],
    ).fetchall()


def _next(target: Target) -> str:
    return f"{target.schema}_next"


def _place(schema: str, table: str) -> str:
    return f"{quoted(schema)}.{quoted(table)}"
