"""Customer versions in the operational store: what we held true from build to build.

In: `dim_customer` of a published build. Out: `customer_versions`, which the next run's
`dim_customer` continues from (through `serving.exports`).

A build says nothing of a suppressed customer, so the history of one stands still: nothing is
added, closed or taken away.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from serving.suppressed import suppressed
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

DDL = [
    """
    create table customer_versions (
      party_id text not null, valid_from text not null, valid_to text,
      attributes_hash text not null, attributes text not null,
      primary key (party_id, valid_from)
    );
    """
]
# Everything that is about the version, not about the customer.
_FRAME = ("party_id", "valid_from", "valid_to", "is_current", "attributes_hash", "attributes")


def moment_of_build(store: Store, at: datetime) -> datetime:
    """`at`; after a clock that ran ahead, the second after the last moment that versions name.

    A build dated before a version could not close it: the version, or what follows it, were lost.
    """
    if not store.has_table("customer_versions"):
        return at
    [row] = store.query(
        "select max(coalesce(max(valid_from), ''), coalesce(max(valid_to), '')) as moment"
        " from customer_versions"
    )
    if not row["moment"]:
        return at
    last = datetime.fromisoformat(row["moment"]).replace(tzinfo=UTC)
    return at if at >= last else last + timedelta(seconds=1)


def store_versions(con: duckdb.DuckDBPyConnection, store: Store) -> int:
    """Take over new versions and closed ones from a build; returns how many rows changed."""
    store.migrate("customer_versions", DDL)
    hidden = suppressed(store).parties
    columns = [row[0] for row in con.sql(_COLUMNS).fetchall()]
    if not columns:
        return 0
    with store.transaction() as db:
        known = {
            (row["party_id"], row["valid_from"]): (row["valid_to"], row["attributes_hash"])
            for row in db.execute("select * from customer_versions").fetchall()
        }
        rows = con.sql(_versions_sql(columns)).fetchall()
        fresh = [row for row in rows if row[3] and known.get(row[:2]) != (row[2], row[3])]
        # What a build tells without its content has kept it here, and is only closed.
        db.executemany(
            "update customer_versions set valid_to = ?"
            " where party_id = ? and valid_from = ? and valid_to is null",
            [(row[2], *row[:2]) for row in rows if not row[3]],
        )
        db.executemany("insert or replace into customer_versions values (?, ?, ?, ?, ?)", fresh)
        # Never held: it began at a build that was repeated at the same moment without it. Of a
        # suppressed customer the build holds nothing, which says nothing about the version.
        held = {row[:2] for row in rows}
        open_keys = {
            key for key, (valid_to, _) in known.items() if valid_to is None and key[0] not in hidden
        }
        unheld = sorted(open_keys - held)
        db.executemany("delete from customer_versions where party_id=? and valid_from=?", unheld)
    return len(fresh) + len(unheld)


_COLUMNS = (
    "select column_name from duckdb_columns() where table_name = 'dim_customer' "
    "and schema_name = 'main' order by column_index"
)


def _versions_sql(columns: list[str]) -> str:
    """Versions as text; attributes and their hash are made here where the mart has none."""
    content = ", ".join(f"'{name}', \"{name}\"" for name in columns if name not in _FRAME)
    attributes = "attributes::varchar" if "attributes" in columns else f"json_object({content})"
    digest = "attributes_hash" if "attributes_hash" in columns else f"md5({attributes}::varchar)"
    return (
        "select party_id::varchar, valid_from::varchar, valid_to::varchar, "
        f"{digest}::varchar, {attributes}::varchar from dim_customer order by 1, 2"
    )
