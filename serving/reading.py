"""Readers of a published build: the file as it is, less what has been suppressed since.

A build never changes, so a suppression is applied while reading: the reader gets views of the
same names over the build. That holds for every build alike, also for an older one after a
rollback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from serving.builds import current_build
from serving.suppressed import Suppressed, suppressed
from stamm.duck import in_memory, open_warehouse
from stamm.errors import PublishError
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

# A row with one of these is about the party or its record, and goes; any other id of a party
# only points to it, and is emptied.
_ABOUT = ("party_id", "person_party_id")
_ADDRESSES = {"email": ("permission_email",), "phone": ("permission_sms", "permission_phone")}


@contextmanager
def open_published(published_root: Path, store: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The current build, read-only, without what `store` suppresses.

    A publish meanwhile does not disturb the reader.
    """
    build = current_build(published_root)
    if build is None:
        raise PublishError(
            f"{published_root}: expected a published build, found none",
            hint="`stamm run` makes the first one.",
        )
    hidden = _suppressed(store)
    opened = _filtered(build.database, hidden) if hidden else _as_it_is(build.database)
    with closing(opened) as con:
        yield con


def _as_it_is(database: Path) -> duckdb.DuckDBPyConnection:
    return open_warehouse(database, read_only=True)


def _filtered(database: Path, hidden: Suppressed) -> duckdb.DuckDBPyConnection:
    """A database of views over the build, without what is hidden."""
    con = in_memory()
    quoted = str(database).replace("'", "''")
    con.execute(f"attach '{quoted}' as build (read_only)")
    con.execute("create schema hidden")
    _write(con, "parties", "party_id", sorted(hidden.parties))
    _write(con, "addresses", "address", sorted(hidden.addresses))
    tables = _columns(con)
    _write_derived(con, tables)
    for table, columns in tables.items():
        con.execute(f'create view "{table}" as {_view_sql(table, columns)}')
    return con


def _suppressed(store: Path) -> Suppressed:
    if not store.exists():
        return Suppressed()
    with closing(Store.open(store)) as opened:
        return suppressed(opened)


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    rows = con.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns() "
        "where schema_name = 'main' and database_name = 'build' and not internal "
        "group by table_name order by table_name"
    ).fetchall()
    return dict(rows)


def _write(con: duckdb.DuckDBPyConnection, table: str, column: str, values: list[str]) -> None:
    con.execute(f"create table hidden.{table} as select unnest(?::varchar[]) as {column}",
                [values])  # fmt: skip


def _write_derived(con: duckdb.DuckDBPyConnection, tables: dict[str, list[str]]) -> None:
    """Records of suppressed parties, and the addresses those records spoke for."""
    records = (
        "select record_id from build.main.xref_parties where party_id in (from hidden.parties)"
        if "xref_parties" in tables
        else "select null::varchar as record_id limit 0"
    )
    con.execute(f"create table hidden.records as {records}")
    spoken = (
        "select distinct address from build.main.fct_consent_events "
        "where record_id in (from hidden.records)"
        if "fct_consent_events" in tables
        else "select null::varchar as address limit 0"
    )
    con.execute(f"create table hidden.statements as {spoken}")


def _view_sql(table: str, columns: list[str]) -> str:
    replaced = [*_emptied_ids(columns), *_emptied_addresses(columns)]
    replacing = f" replace ({', '.join(replaced)})" if replaced else ""
    kept = " and ".join(_kept(columns)) or "true"
    return f'select *{replacing} from build.main."{table}" where {kept}'


def _kept(columns: list[str]) -> Iterator[str]:
    """Conditions on rows; null is nobody's id."""
    for column in columns:
        if column in _ABOUT:
            yield f"coalesce({column} not in (from hidden.parties), true)"
        if column == "record_id":
            yield "coalesce(record_id not in (from hidden.records), true)"
        if column == "address":
            yield "coalesce(address not in (from hidden.statements), true)"


def _emptied_ids(columns: list[str]) -> Iterator[str]:
    for column in columns:
        points = column.endswith("_party_id") or column == "resolves_to"
        if points and column not in _ABOUT:
            free = f"{column} not in (from hidden.parties)"
            yield f"case when {free} then {column} end as {column}"


def _emptied_addresses(columns: list[str]) -> Iterator[str]:
    """The cell itself, the permission to use it, and the JSON text that repeats the cells."""
    held = [column for column in (*_ADDRESSES, "address") if column in columns]
    for column in held:
        yield f"case when not {_is_suppressed(column)} then {column} end as {column}"
    for column in held:
        for permission in _ADDRESSES.get(column, ()):
            if permission in columns:
                yield f"{permission} and not {_is_suppressed(column)} as {permission}"
    if "attributes" in columns and held:
        either = " or ".join(map(_is_suppressed, held))
        yield f"case when not ({either}) then attributes end as attributes"


def _is_suppressed(column: str) -> str:
    canonical = (
        f"case when contains({column}, '@') then lower(trim({column})) "
        f"else regexp_replace({column}, '[^0-9+]', '', 'g') end"
    )
    return f"coalesce(({canonical}) in (from hidden.addresses), false)"
