"""The build that answers are read from: opened once per build and state of suppressions, swapped.

In: the published builds and the operational store. Out: `View`, a database in memory whose views
show what of the build may be seen now. Whoever is suppressed or restricted is in none of them. An
answer that has begun keeps its view while the next one is opened; nobody waits and nothing breaks.

Views cost nothing to open, where `serving.reading` copies what may be seen: only this package's
own queries run on them, so none can look behind. A party of whom nothing is withheld is read past
them, as many conditions about others would cost more than its row.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.api.later_consents import apply_consents, stated_consents
from serving.api.sql import query_text
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
# Append-only tables whose length tells whether answers may have become different.
_TELLING = (
    "suppressions", "party_events", "party_memberships", "record_aliases", "consent_events",
    "judgements", "change_feed", "feed_tellings",
)  # fmt: skip
_FEW = 20  # customers that are read one by one sooner than all between them
_WHAT_IS_SHOWN = slice(0, 5)  # the tables that a view is made of; the others only tell more


@dataclass(frozen=True)
class View:
    """What may be seen of one build. `version` differs as soon as any answer may.

    `changed` are the parties of whom something is withheld, or a permission is another one than
    in the build. `origins` says where each table is read from before anything is withheld.
    """

    build: Build
    version: str
    hidden: Suppressed
    changed: frozenset[str]
    _origins: Mapping[str, str]
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

    def table(self, name: str, parties: Collection[str]) -> str:
        """SQL of a table with a row of these parties: what would hide others costs more than they.

        Only for rows that are told of the party alone.
        """
        return self._origins[name] if self.changed.isdisjoint(parties) else name

    def customer(self, party_id: str, columns: Sequence[str] = ("*",)) -> Row | None:
        """The party as `customers` has it, read past all others: a join would look through them."""
        one = self._customers_among("party_id = $p", [party_id])
        found = self.rows(f"select {', '.join(columns)} from ({one})", {"p": party_id})
        return found[0] if found else None

    def customers(
        self, columns: Sequence[str], where: str, bound: Mapping[str, object], *, limit: int,
        of_accounts: bool,
    ) -> list[Row]:  # fmt: skip
        """The first who meet the condition, in the order of ids.

        Ids come first, as rows of `customers` are wide. Unless it is `of_accounts`, the condition
        asks for golden values, for addresses by `addressed` alone, which knows what is withheld.
        """
        golden = (
            f"(from {self._origins['golden_parties']} where party_id not in (from hidden.parties))"
        )
        table = "customers" if of_accounts else golden
        first = f"select party_id from {table} where {where} order by party_id limit $limit"
        ids = [row["party_id"] for row in self.rows(first, {**bound, "limit": limit})]
        if len(ids) <= _FEW:
            found = (self.customer(party, columns) for party in ids)
            return [row for row in found if row]
        listed, named = among(ids)
        wide = self._customers_among(f"party_id between $a and $z and party_id in ({listed})", ids)
        return self.rows(
            f"select {', '.join(columns)} from ({wide}) order by party_id",
            {**named, "a": ids[0], "z": ids[-1]},
        )

    def holds(self, party_id: str) -> bool:
        """Whether this party is in the build and may be shown."""
        table = self.table("golden_parties", [party_id])
        return bool(self.rows(f"select 1 from {table} where party_id = $p", {"p": party_id}))

    def _customers_among(self, condition: str, parties: Collection[str]) -> str:
        one, other = (
            f"(from {self.table(table, parties)} where {condition})"
            for table in ("golden_parties", "customer_360")
        )
        return _customers_sql(one, other)


class Published:
    """Keeps the view of the current build."""

    def __init__(self, published_root: Path, store: Store) -> None:
        self._root, self._store = published_root, store
        self._opening = threading.Lock()
        self._held: tuple[Build, tuple[int, ...], View] | None = None
        self._present: set[str] = set()

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
            view = replace(held[2], build=build, version=_version(build, position))
        else:
            view = self._opened(build, position)
        self._held = (view.build, position, view)
        return view

    def _opened(self, build: Build, position: tuple[int, ...]) -> View:
        """Asked for again where the build was pruned before it could be opened."""
        import duckdb

        hidden, later = suppressed(self._store), stated_consents(self._store)
        while True:
            try:
                con, seen, origins = _views(build, hidden, later)
                changed = _changed(con, seen, origins)
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
                return View(build, _version(build, position), seen, changed, origins, con)

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
        if not self._present.issuperset(_TELLING):  # a table that is there stays
            rows = self._store.query("select name from sqlite_master where type = 'table'")
            self._present = {row["name"] for row in rows}
        ends = ", ".join(
            f"(select coalesce(max(rowid), 0) from {table})" if table in self._present else "0"
            for table in _TELLING
        )
        return tuple(self._store.query(f"select {ends}")[0])


def among(values: Sequence[str]) -> tuple[str, dict[str, str]]:
    """SQL of a list, and what to bind: constants skip what a bound list would scan."""
    bound = {f"among_{place}": value for place, value in enumerate(values)}
    return ", ".join(f"${name}" for name in bound), bound


def _customers_sql(golden: str, accounts: str) -> str:
    return query_text("customers").format(golden=golden, accounts=accounts)


def _version(build: Build, position: tuple[int, ...]) -> str:
    return f"{build.build_id}/{'.'.join(map(str, position))}"


def _views(
    build: Build, suppressed_now: Suppressed, later: list[tuple[object, ...]]
) -> tuple[duckdb.DuckDBPyConnection, Suppressed, dict[str, str]]:
    """A database of views, everybody who is in none of them, and where each reads from."""
    con = in_memory()
    con.execute(f"attach {literal(build.database)} as build (read_only)")
    tables = columns_of_build(con)
    origins = {table: f"build.main.{quoted(table)}" for table in tables}
    origins |= attach_lookups(con, build.folder, tables)
    added = origins.keys() - tables.keys()
    tables |= {name: con.sql(f"from {origins[name]} limit 0").columns for name in added}
    hidden = replace(suppressed_now, parties=suppressed_now.parties | _restricted(con, origins))
    prepare(con, hidden, origins)
    for table, columns in tables.items():
        shown = shown_sql(origins[table], columns) if hidden else f"from {origins[table]}"
        con.execute(f"create view {quoted(table)} as {shown}")
    apply_consents(con, later, tables, hidden, origins)
    con.execute(f"create view customers as {_customers_sql('golden_parties', 'customer_360')}")
    con.execute("set enable_external_access = false")
    return con, hidden, origins


def _changed(
    con: duckdb.DuckDBPyConnection, hidden: Suppressed, origins: Mapping[str, str]
) -> frozenset[str]:
    rows = con.execute(
        f"select party_id from {origins['party_addresses']} "
        "where canonical in (from hidden.addresses) union select party_id from later_permissions"
    )
    return hidden.parties | {party for (party,) in rows.fetchall()}


def _restricted(con: duckdb.DuckDBPyConnection, origins: Mapping[str, str]) -> frozenset[str]:
    """Parties whose processing is restricted (Art. 18): stored, and shown to nobody."""
    rows = con.execute(f"select party_id from {origins['golden_parties']} where restricted")
    return frozenset(party for (party,) in rows.fetchall())
