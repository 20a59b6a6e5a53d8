"""The change feed: what became different for whom between two builds, as a log with a cursor.

In: a published build. Out: rows of `change_feed` in the operational store, once each time that
a build becomes the current one. ADD and SPLIT bring a party with all its values, MOD the values
that changed, DEL and MERGE take one away. WITHDRAW takes a permission or a value back, or all of a
party where it names no field. A build is compared with what the feed itself told so
far, not with an earlier build, so that a crash between publish and feed, or a rollback, loses no
change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from privacy.suppressions import canonical_address
from serving.builds import Build, current_build, list_builds
from serving.changes import (
    FIELDS,
    PERMISSIONS,
    Change,
    Operation,
    Values,
    changes_of,
    operation_of,
    replay,
)
from serving.mixed import unmixed
from serving.suppressed import Suppressed, suppressed
from serving.target_groups.history import store_counts
from serving.versions import store_versions
from stamm.duck import open_warehouse
from stamm.store import Store

if TYPE_CHECKING:
    import sqlite3

    import duckdb

ADDRESSES = ("email", "phone")
DDL = [
    """
    create table change_feed (
      cursor integer primary key autoincrement, build_id text not null, at text not null,
      operation text not null check (operation in ('ADD', 'MOD', 'DEL', 'MERGE', 'SPLIT')),
      party_id text not null, other_party_id text, fields text not null
    );
    create index change_feed_party on change_feed (party_id, cursor);
    create table feed_parties (party_id text primary key, digest blob not null);
    create table feed_builds (build_id text primary key, at text not null, changes integer);
    """,
    # A build that readers go back to is told once more.
    """
    create table feed_tellings (
      seq integer primary key autoincrement, build_id text not null, at text not null,
      changes integer not null
    );
    insert into feed_tellings (build_id, at, changes)
    select build_id, at, changes from feed_builds order by rowid;
    drop table feed_builds;
    """,
    # WITHDRAW; and what entries add up to that are gone, with the cursor of the last of them.
    """
    create table feed_entries (
      cursor integer primary key autoincrement, build_id text not null, at text not null,
      operation text not null
      check (operation in ('ADD', 'MOD', 'DEL', 'MERGE', 'SPLIT', 'WITHDRAW')),
      party_id text not null, other_party_id text, fields text not null
    );
    insert into feed_entries select * from change_feed order by cursor;
    drop table change_feed;
    alter table feed_entries rename to change_feed;
    create index change_feed_party on change_feed (party_id, cursor);
    create table feed_beginnings (party_id text primary key, fields text not null);
    create table feed_floor (cursor integer not null);
    insert into feed_floor values (0);
    create table feed_withheld (party_id text primary key);
    """,
]


@dataclass(frozen=True)
class News:
    """An entry to be written; `digest` is of `content`, None where the party goes."""

    operation: Operation
    party_id: str
    other_party_id: str | None
    content: str
    digest: bytes | None


def append_changes(
    store: Store, previous_build: Build | None, new_build: Build, at: datetime
) -> int:
    """Log how the new build differs from what the feed told; returns the number of changes.

    Also stores the customer versions of a run's build when it is told for the first time; going
    back to one takes no version away. The build that the feed told last adds nothing.
    `previous_build` serves to tell which party a new one was split from.
    """
    store.migrate("feed", DDL)
    if last_told(store) == new_build.build_id:
        return 0
    is_new = not (new_build.is_copy or _was_told(store, new_build.build_id))
    with open_warehouse(new_build.database, read_only=True) as con, store.transaction() as db:
        told = _told(db)
        origins = _origins(con, previous_build, told)
        news = _news(con, told, origins)
        count = 0
        for piece in news:
            append_entry(db, piece, new_build.build_id, at)
            count += 1
        if is_new:
            store_versions(con, store)
            store_counts(con, store)
        db.execute(
            "insert into feed_tellings (build_id, at, changes) values (?, ?, ?)",
            (new_build.build_id, at.isoformat(), count),
        )
    return count


def catch_up(store: Store, published_root: Path, at: datetime) -> int:
    """Append the current build if a crash came between its publish, or a rollback, and its feed.

    A new build's entries are dated as they would have been, by its own moment; else by `at`.
    """
    build = current_build(published_root)
    if build is None:
        return 0
    store.migrate("feed", DDL)
    is_new = not (build.is_copy or _was_told(store, build.build_id))
    dated = is_new and "built_at" in build.info
    moment = datetime.fromisoformat(build.info["built_at"]) if dated else at
    return append_changes(store, told_last(store, published_root), build, moment)


def told_last(store: Store, published_root: Path) -> Build | None:
    """The build that the feed told last, if it is still there."""
    store.migrate("feed", DDL)
    kept = {build.build_id: build for build in list_builds(published_root)}
    return kept.get(last_told(store) or "")


def last_told(store: Store) -> str | None:
    """The id of the build that the feed told last."""
    last = store.query("select build_id from feed_tellings order by seq desc limit 1")
    return last[0]["build_id"] if last else None


def _was_told(store: Store, build_id: str) -> bool:
    return bool(store.query("select 1 from feed_tellings where build_id = ?", [build_id]))


def read_changes(
    store: Store, after: int = 0, limit: int = 1000, hidden: Suppressed | None = None
) -> list[Change]:
    """The entries behind a cursor, in order; the last one's cursor is where to go on.

    What is `hidden`, else what has been suppressed since, is left out: of a party every value,
    else the address itself.
    """
    store.migrate("feed", DDL)
    rows = store.query(
        "select * from change_feed where cursor > ? order by cursor limit ?", [after, limit]
    )
    hidden = suppressed(store) if hidden is None else hidden
    shown = [_shown(change_of(row), hidden) for row in rows]
    return unmixed(shown, hidden.mixed, lambda party: _told_now(store, party))


def _shown(change: Change, hidden: Suppressed) -> Change:
    if change.party_id in hidden.parties:
        return replace(change, fields={})
    addresses = {
        name: None
        for name in ADDRESSES
        if change.fields.get(name) and canonical_address(change.fields[name]) in hidden.addresses
    }
    return replace(change, fields=change.fields | addresses)


# ---- comparing ----


def _told(db: sqlite3.Connection) -> dict[str, bytes]:
    rows = db.execute("select party_id, digest from feed_parties").fetchall()
    return {row["party_id"]: bytes(row["digest"]) for row in rows}


def _news(
    con: duckdb.DuckDBPyConnection, told: Mapping[str, bytes], origins: Mapping[str, str]
) -> Iterator[News]:
    """Departures first, so that no consumer ever holds a record in two parties."""
    survivors = _survivors(con)
    present = {row[0] for row in con.sql("select party_id from golden_parties").fetchall()}
    for party_id in sorted(told.keys() - present):
        into = survivors.get(party_id)
        yield News("MERGE" if into else "DEL", party_id, into, "{}", None)
    for party_id, content in _contents(con):
        digest = digest_of(content)
        if party_id not in told:
            origin = origins.get(party_id)
            yield News("SPLIT" if origin else "ADD", party_id, origin, content, digest)
        elif told[party_id] != digest:
            yield News("MOD", party_id, None, content, digest)


def _contents(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Party id and values as JSON, in the order of ids."""
    cursor = con.execute(f"{contents_sql(con)} order by party_id")
    while rows := cursor.fetchmany(10_000):
        yield from rows


def digest_of(content: str) -> bytes:
    """Equal for equal contents."""
    return blake2b(content.encode(), digest_size=16).digest()


def contents_sql(con: duckdb.DuckDBPyConnection) -> str:
    """Party id and values as JSON, of a build or of what may be seen of one."""
    held = {row[0] for row in con.sql("describe golden_parties").fetchall()}
    values = [f"'{name}', g.\"{name}\"" for name in FIELDS if name in held]
    joined = ""
    if _is_there(con, "customer_360"):
        values += [f"'{name}', coalesce(c.{name}, false)" for name in PERMISSIONS]
        joined = " left join customer_360 as c on c.party_id = g.party_id"
    return (
        f"select g.party_id, json_object({', '.join(values)})::varchar as content"
        f" from golden_parties as g{joined}"
    )


def _survivors(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Retired party → the living one it resolves to."""
    if not _is_there(con, "retired_parties"):
        return {}
    return dict(
        con.sql(
            "select retired.party_id, retired.resolves_to from retired_parties as retired "
            "join golden_parties as golden on golden.party_id = retired.resolves_to"
        ).fetchall()
    )


def _origins(
    con: duckdb.DuckDBPyConnection, previous: Build | None, told: Mapping[str, bytes]
) -> dict[str, str]:
    """New party → the party that held one of its records before and lives on."""
    if previous is None or not told or not previous.database.exists():
        return {}
    with open_warehouse(previous.database, read_only=True) as earlier:
        con.register("xref_before", earlier.table("xref_parties").to_arrow_table())
    rows = con.sql(
        "select now.party_id, min(before.party_id) from xref_parties as now "
        "join xref_before as before using (record_id) "
        "join golden_parties as alive on alive.party_id = before.party_id "
        "where now.party_id <> before.party_id group by all"
    ).fetchall()
    con.unregister("xref_before")
    return {party: origin for party, origin in rows if party not in told and origin in told}


def _is_there(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a table or a view has this name, in a build or among what may be seen of one."""
    found = con.execute(
        "select 1 from information_schema.tables where table_name = ? limit 1", [name]
    ).fetchall()
    return bool(found)


# ---- writing ----


def append_entry(db: sqlite3.Connection, news: News, build_id: str, at: datetime) -> None:
    """Write one entry; a MOD becomes what differs from what the feed told."""
    operation, fields = news.operation, news.content
    if operation == "MOD":
        changed = changes_of(told_of(db, news.party_id) or {}, json.loads(news.content))
        operation, fields = operation_of(changed), json.dumps(changed, ensure_ascii=False)
    if news.digest is None:
        db.execute("delete from feed_parties where party_id = ?", (news.party_id,))
    else:
        db.execute(
            "insert or replace into feed_parties values (?, ?)", (news.party_id, news.digest)
        )
    db.execute(
        "insert into change_feed (build_id, at, operation, party_id, other_party_id, fields) "
        "values (?, ?, ?, ?, ?, ?)",
        (
            build_id,
            at.isoformat(),
            operation,
            news.party_id,
            news.other_party_id,
            fields,
        ),
    )


def told_of(db: sqlite3.Connection, party_id: str) -> Values | None:
    """What the feed's own entries about a party add up to; None for who is not there (any more)."""
    return _added_up(party_id, lambda sql: db.execute(sql, (party_id,)).fetchall())


def _told_now(store: Store, party_id: str) -> Values | None:
    """As `told_of`, without a transaction."""
    return _added_up(party_id, lambda sql: store.query(sql, [party_id]))


def _added_up(party_id: str, ask: Callable[[str], list[sqlite3.Row]]) -> Values | None:
    begun = ask("select * from feed_beginnings where party_id = ?")
    state = {row["party_id"]: json.loads(row["fields"]) for row in begun}
    rows = ask("select * from change_feed where party_id = ? order by cursor")
    return replay(map(change_of, rows), state).get(party_id)


def change_of(row: sqlite3.Row) -> Change:
    """An entry as it was written."""
    return Change(
        cursor=row["cursor"],
        build_id=row["build_id"],
        at=datetime.fromisoformat(row["at"]),
        operation=row["operation"],
        party_id=row["party_id"],
        other_party_id=row["other_party_id"],
        fields=json.loads(row["fields"]),
    )
