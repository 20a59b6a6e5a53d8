"""The build that answers are read from: opened once per build and state of suppressions, swapped.

In: the published builds and the operational store. Out: `View`, a database in memory whose views
show what of the build may be seen now. Whoever is suppressed or restricted is in none of them. An
answer that has begun keeps its view while the next one is opened; nobody waits and nothing breaks.

Views cost nothing to open, where `serving.reading` copies what may be seen: only this package's
own queries run on them, so none can look behind.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.builds import Build, current_build
from serving.hiding import prepare, shown_sql
from serving.lookups import attach_lookups
from serving.reading import columns_of_build
from serving.suppressed import Suppressed, suppressed
from stamm.duck import in_memory, literal, quoted
from stamm.errors import PublishError
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]
_QUERIES = Path(__file__).with_name("queries")
# Append-only tables whose length tells whether answers may have become different.
_TELLING = (
    "suppressions", "party_events", "party_memberships", "record_aliases", "consent_events",
    "judgements", "change_feed", "feed_tellings",
)  # fmt: skip
_WHAT_IS_SHOWN = slice(0, 5)  # the tables that a view is made of; the others only tell more
# Cells of the outbox that a consent to any channel lets out, where nothing else does.
_LET_OUT_BY_ANY = (
    "title", "given_name", "family_name", "company_name", "legal_form", "vat_id",
    "website_domain", "street", "house_number", "postcode", "city", "country",
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """What may be seen of one build. `version` differs as soon as any answer may."""

    build: Build
    version: str
    hidden: Suppressed
    _connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str, bound: Mapping[str, object] | None = None) -> list[Row]:
        """The answer to one of our own queries."""
        with self._connection.cursor() as cursor:
            found = cursor.execute(sql, dict(bound or {}))
            columns = [column[0] for column in found.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    def named(self, query: str, **bound: object) -> list[Row]:
        """The answer to a query of the folder `queries`."""
        return self.rows(query_text(query), bound)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """For what is streamed; the caller closes it."""
        return self._connection.cursor()

    def shows_what(self, other: View) -> bool:
        """Whether both show the same of the same build."""
        return self._connection is other._connection

    def touched(self) -> set[str]:
        """Parties of whom something is withheld, or a permission has changed since the build."""
        addresses = sorted(self.hidden.addresses)
        spoken = self.rows(
            "select party_id from later_permissions union select party_id from build.main."
            "golden_parties where list_contains($addresses, lower(trim(email))) or "
            "list_contains($addresses, regexp_replace(phone, '[^0-9+]', '', 'g'))",
            {"addresses": addresses},
        )
        return {row["party_id"] for row in spoken} | self.hidden.parties

    def customer(self, party_id: str) -> Row | None:
        """The party as `customers` has it, read past all others: a join would look through them."""
        one = [
            f"(from {table} where party_id = $p)" for table in ("golden_parties", "customer_360")
        ]
        found = self.rows(_customers_sql(*one), {"p": party_id})
        return found[0] if found else None

    def holds(self, party_id: str) -> bool:
        """Whether this party is in the build and may be shown."""
        return bool(self.rows("select 1 from golden_parties where party_id = $p", {"p": party_id}))


class Published:
    """Keeps the view of the current build."""

    def __init__(self, published_root: Path, store: Store) -> None:
        self._root, self._store = published_root, store
        self._opening = threading.Lock()
        self._held: tuple[Build, tuple[int, ...], View] | None = None

    def current(self) -> View:
        """What may be seen now; raises PublishError where nothing is published."""
        position = self._position()
        held = self._held
        if held and held[1] == position and self._is_current(held[0]):
            return held[2]
        with self._opening:
            return self._renewed(position)

    def _renewed(self, position: tuple[int, ...]) -> View:
        """Opened again only for another build or other hidden people."""
        build = self._build()
        held = self._held
        same = held is not None and held[0].build_id == build.build_id
        if held and same and held[1][_WHAT_IS_SHOWN] == position[_WHAT_IS_SHOWN]:
            view = View(build, _version(build, position), held[2].hidden, held[2]._connection)
        else:
            view = self._opened(build, position)
        self._held = (view.build, position, view)
        return view

    def _opened(self, build: Build, position: tuple[int, ...]) -> View:
        """Asked for again where the build was pruned before it could be opened."""
        import duckdb

        hidden, later = suppressed(self._store), _consents(self._store)
        while True:
            try:
                con, seen = _views(build, hidden, later)
            except duckdb.IOException:
                if build.folder.exists():
                    raise
                build = self._build()
            except (duckdb.CatalogException, duckdb.BinderException) as lacking:
                raise PublishError(
                    f"{build.build_id}: expected a build of this Stamm: "
                    f"{str(lacking).splitlines()[0]}",
                    hint="`stamm run` makes one.",
                ) from lacking
            else:
                return View(build, _version(build, position), seen, con)

    def _is_current(self, build: Build) -> bool:
        return (self._root / "current").resolve() == build.folder.resolve()

    def _build(self) -> Build:
        build = current_build(self._root)
        if build is None:
            raise PublishError(
                "expected a published build, found none", hint="`stamm run` makes the first one."
            )
        return build

    def _position(self) -> tuple[int, ...]:
        """How long each telling table is; a store that has none of them yet is at its start."""
        held = {
            row["name"]
            for row in self._store.query("select name from sqlite_master where type = 'table'")
        }
        ends = ", ".join(
            f"(select coalesce(max(rowid), 0) from {table})" if table in held else "0"
            for table in _TELLING
        )
        return tuple(self._store.query(f"select {ends}")[0])


@cache
def query_text(name: str) -> str:
    """A query of our own by its name."""
    return (_QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def _customers_sql(golden: str, accounts: str) -> str:
    return query_text("customers").format(golden=golden, accounts=accounts)


def _version(build: Build, position: tuple[int, ...]) -> str:
    return f"{build.build_id}/{'.'.join(map(str, position))}"


def _views(
    build: Build, suppressed_now: Suppressed, later: list[tuple[object, ...]]
) -> tuple[duckdb.DuckDBPyConnection, Suppressed]:
    """A database of views, and everybody who is in none of them."""
    con = in_memory()
    con.execute(f"attach {literal(build.database)} as build (read_only)")
    tables = columns_of_build(con)
    origins = {table: f"build.main.{quoted(table)}" for table in tables}
    origins |= attach_lookups(con, build.folder)
    hidden = Suppressed(
        suppressed_now.parties | _restricted(con, origins), suppressed_now.addresses
    )
    prepare(con, hidden, origins)
    for table, columns in tables.items():
        shown = shown_sql(origins[table], columns) if hidden else f"from {origins[table]}"
        con.execute(f"create view {quoted(table)} as {shown}")
    _apply_later_consents(con, later, tables, hidden, origins)
    con.execute(f"create view customers as {_customers_sql('golden_parties', 'customer_360')}")
    con.execute("set enable_external_access = false")
    return con, hidden


def _consents(store: Store) -> list[tuple[object, ...]]:
    """What was consented to or withdrawn over our own API, in the order of `_STATED`."""
    if not store.has_table("consent_events"):
        return []
    rows = store.query(
        "select consent_event_id, record_id, address, channel, event, occurred_at, evidence "
        "from consent_events where purpose = 'marketing'"
    )
    return [tuple(row) for row in rows]


_STATED = (
    "create temp table stated (consent_event_id varchar, record_id varchar, address varchar, "
    "channel varchar, event varchar, occurred_at timestamp, evidence varchar)"
)


def _apply_later_consents(
    con: duckdb.DuckDBPyConnection,
    later: list[tuple[object, ...]],
    tables: Mapping[str, list[str]],
    hidden: Suppressed,
    origins: Mapping[str, str],
) -> None:
    """`customer_360` and `crm_outbox` with what was consented to or withdrawn since the build."""
    con.execute(_STATED)
    if later:
        con.executemany(
            "insert into stated values (?, ?, ?, ?, ?, ?::timestamptz at time zone 'UTC', ?)", later
        )
    con.execute(query_text("later_permissions"))
    if not con.execute("select 1 from later_permissions limit 1").fetchall():
        return
    customers, outbox = (
        shown_sql(origins[name], tables[name]) if hidden else f"select * from {origins[name]}"
        for name in ("customer_360", "crm_outbox")
    )
    con.execute(f"create or replace view customer_360 as {_renewed_sql(customers)}")
    con.execute(query_text("later_outbox").format(outbox=outbox, plain=_plain_sql()))


def _renewed_sql(customers: str) -> str:
    """Customers with the permissions that they give now."""
    renewed = ", ".join(
        f"coalesce((select is_given from later_permissions as l where l.party_id = c.party_id "
        f"and l.channel = '{channel}'), c.permission_{channel}) as permission_{channel}"
        for channel in ("email", "sms", "phone", "post")
    )
    return f"select c.* replace ({renewed}) from ({customers}) as c"


def _plain_sql() -> str:
    """The cells that any permission lets out, each only if something does."""
    return ", ".join(
        f"case when has_permission or list_contains(without_consent, '{name}') then {name} end"
        f" as {name}"
        for name in _LET_OUT_BY_ANY
    )


def _restricted(con: duckdb.DuckDBPyConnection, origins: Mapping[str, str]) -> frozenset[str]:
    """Parties whose processing is restricted (Art. 18): stored, and shown to nobody."""
    rows = con.execute(f"select party_id from {origins['golden_parties']} where restricted")
    return frozenset(party for (party,) in rows.fetchall())
