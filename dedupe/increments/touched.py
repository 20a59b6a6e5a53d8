"""What linking and clustering a change came to, as record ids: all that later steps look at again.

Temp tables `regrouped_records`, whose cluster has other members than before, and
`rescored_records`, which may have other pairs, both (record_id) of those that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """Both tables, empty."""
    for table in ("regrouped_records", "rescored_records"):
        con.execute(f"create or replace temp table {table} (record_id varchar)")


def note(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """After `relink` and clustering of this type."""
    con.execute("insert into regrouped_records select record_id from regrouped")
    con.execute(
        f"insert into rescored_records select record_id from link.{party_type}_records"
        " where rid in (select rid from relinked union select rid from repaired)"
    )
