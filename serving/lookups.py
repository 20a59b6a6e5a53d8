"""What of a build is asked for one customer at a time, once more and in the order of its answers.

In: a build that is written. Out: `lookups.duckdb` beside its file, which the API attaches; of a
million customers it reads one without a look at the others. The build's own file has no index:
DuckDB 1.1 does not open one that was made while the file was attached under another name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from serving.hiding import canonical_sql
from serving.reading import columns_of_build
from stamm.duck import checksum, literal, uncompressed
from stamm.errors import PublishError

if TYPE_CHECKING:
    import duckdb

FILE = "lookups.duckdb"
_WRITE = "create table {table} as from {origin} order by {order}"
CANONICAL = {column: canonical_sql(column) for column in ("email", "phone")}


@dataclass(frozen=True)
class _Copy:
    """A table of the build, if it has these columns, as `sql` says it again."""

    table: str
    needs: frozenset[str]
    sql: str
    order: str
    index: str | None = None
    as_it_is: bool = False

    @property
    def of_build(self) -> str:
        return self.sql.format(f"build.main.{self.table}")

    def fits(self, columns: Mapping[str, Collection[str]]) -> bool:
        return self.needs <= set(columns.get(self.table, ()))


# An index where one row is asked for; what is in order is found by its extremes. What is asked for
# most is stored as it is: of a compressed column much is unpacked for one value.
_COPIES = {
    **{
        table: _Copy(
            table,
            frozenset({"party_id"}),
            "select * from {0}",
            "party_id",
            "party_id",
            as_it_is=True,
        )
        for table in ("golden_parties", "customer_360")
    },
    "party_records": _Copy(
        "xref_parties",
        frozenset({"party_id", "record_id"}),
        "select * from {0}",
        "party_id, record_id",
        "record_id",
    ),
    "facet_records": _Copy(
        "xref_parties",
        frozenset({"facet_of", "record_id"}),
        "select * from {0} where facet_of is not null",
        "facet_of, record_id",
    ),
    "source_streams": _Copy(
        "xref_parties",
        frozenset({"source", "stream"}),
        "select distinct source, stream from {0}",
        "source, stream",
    ),
    "party_links": _Copy(
        "xref_account_parties",
        frozenset({"party_link_id", "buyer_party_id", "account_party_id"}),
        " union ".join(
            f"select {party} as party_id, party_link_id from {{0}} where {party} is not null"
            for party in ("buyer_party_id", "account_party_id")
        ),
        "party_id, party_link_id",
    ),
    "party_contacts": _Copy(
        "dim_contact",
        frozenset({"person_party_id", "organisation_party_id"}),
        " union ".join(
            f"select {party} as party_id, * from {{0}} where organisation_party_id is not null"
            for party in ("person_party_id", "organisation_party_id")
        ),
        "party_id, person_party_id, organisation_party_id",
    ),
    "party_addresses": _Copy(
        "golden_parties",
        frozenset({"party_id", *CANONICAL}),
        " union all ".join(
            f"select party_id, {sql} as canonical from {{0}} where {column} is not null"
            for column, sql in CANONICAL.items()
        ),
        "canonical, party_id",
        as_it_is=True,
    ),
}


def addressed(column: str, value: str | None = None) -> str:
    """Condition on a customer: it has this address, which is bound as `value` or as the column.

    Who may have it is looked up; what is shown of the customer decides.
    """
    bound = f"${value or column}"
    return (
        f"party_id in (select party_id from party_addresses where canonical = {bound}) "
        f"and {CANONICAL[column]} = {bound}"
    )


def write_lookups(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """From the database that is attached as `build`; the file is closed and whole afterwards.

    Raises PublishError if a copy differs from what it is of.
    """
    con.execute(f"attach {literal(folder / FILE)} as lookups")
    try:
        columns = columns_of_build(con)
        for name, copy in _COPIES.items():
            if copy.fits(columns):
                _write(con, name, copy)
        con.execute("checkpoint lookups")
    finally:
        con.execute("detach lookups")


def _write(con: duckdb.DuckDBPyConnection, name: str, copy: _Copy) -> None:
    table, origin = f"lookups.main.{name}", f"({copy.of_build})"
    with uncompressed(con) if copy.as_it_is else nullcontext():
        con.execute(_WRITE.format(table=table, origin=origin, order=copy.order))
        con.execute("checkpoint lookups")
    expected, found = checksum(con, origin), checksum(con, table)
    if expected != found:
        raise PublishError(
            f"{name}: the copy for look-ups differs from the build: expected {expected}, "
            f"found {found}",
            hint="Nothing was published. Check the disk, then run again.",
        )
    if copy.index:
        con.execute(f"create index {name}_index on {table} ({copy.index})")
    con.execute(f"comment on table {table} is {literal(copy.sql)}")


def attach_lookups(
    con: duckdb.DuckDBPyConnection, folder: Path, columns: Mapping[str, Collection[str]]
) -> dict[str, str]:
    """Table → SQL that reads it: a copy that was made by the same SQL, else the build's own tables.

    Who is hidden hangs on canonical addresses, so that those of another Stamm will not do.
    """
    made_by: dict[str, str] = {}
    if (folder / FILE).exists():
        con.execute(f"attach {literal(folder / FILE)} as lookups (read_only)")
        rows = con.execute(
            "select table_name, comment from duckdb_tables() where database_name = 'lookups'"
        )
        made_by = dict(rows.fetchall())
    return {
        name: f"lookups.main.{name}" if made_by.get(name) == copy.sql else f"({copy.of_build})"
        for name, copy in _COPIES.items()
        if copy.fits(columns)
    }
