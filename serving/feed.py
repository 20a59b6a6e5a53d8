"""The change feed: what became different for whom between two builds, as a log with a cursor.

In: a published build. Out: rows of `change_feed` in the operational store, exactly once per
build. ADD and SPLIT bring a party with all its values, MOD the values that changed, DEL and
MERGE take one away. A build is compared with what the feed itself told so far, not with an
earlier build, so that a crash between publish and feed, or a rollback, loses no change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from privacy.suppressions import canonical_address
from serving.builds import Build, current_build, list_builds
from serving.suppressed import Suppressed, suppressed
from serving.versions import store_versions
from stamm.duck import open_warehouse
from stamm.store import Store

if TYPE_CHECKING:
    import sqlite3

    import duckdb

Operation = Literal["ADD", "MOD", "DEL", "MERGE", "SPLIT"]
Values = dict[str, Any]

# What a consumer holds of a party. `cohesion` and `last_seen` move without any news about it.
FIELDS = (
    "party_type",
    "title",
    "given_name",
    "family_name",
    "full_name",
    "company_name",
    "legal_form",
    "birth_date",
    "email",
    "phone",
    "street",
    "house_number",
    "postcode",
    "city",
    "country",
    "vat_id",
    "website_domain",
    "restricted",
    "records",
    "sources",
    "first_seen",
)
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
    """
]


@dataclass(frozen=True)
class Change:
    """One entry. `other_party_id`: whom a MERGE went into, or a SPLIT came out of."""

    cursor: int
    build_id: str
    at: datetime
    operation: Operation
    party_id: str
    other_party_id: str | None
    fields: Values


@dataclass(frozen=True)
class _News:
    operation: Operation
    party_id: str
    other_party_id: str | None
    content: str
    digest: bytes | None


def append_changes(
    store: Store, previous_build: Build | None, new_build: Build, at: datetime
) -> int:
    """Log how the new build differs from what the feed told; returns the number of changes.

    Also stores the build's customer versions. A build that is in the feed already adds nothing.
    `previous_build` serves to tell which party a new one was split from.
    """
    store.migrate("feed", DDL)
    if store.query("select 1 from feed_builds where build_id = ?", [new_build.build_id]):
        return 0
    with open_warehouse(new_build.database, read_only=True) as con, store.transaction() as db:
        told = _told(db)
        origins = _origins(con, previous_build, told)
        news = _news(con, told, origins)
        count = 0
        for piece in news:
            _append(db, piece, new_build.build_id, at)
            count += 1
        store_versions(con, store)
        db.execute(
            "insert into feed_builds values (?, ?, ?)",
            (new_build.build_id, at.isoformat(), count),
        )
    return count


def catch_up(store: Store, published_root: Path, at: datetime) -> int:
    """Append the current build if a crash came between its publish and its feed.

    The entries are dated as they would have been: by the build's own moment, else `at`.
    """
    build = current_build(published_root)
    if build is None:
        return 0
    told = datetime.fromisoformat(build.info["built_at"]) if "built_at" in build.info else at
    return append_changes(store, _told_last(store, published_root), build, told)


def _told_last(store: Store, published_root: Path) -> Build | None:
    """The build that the feed told last, if it is still there."""
    store.migrate("feed", DDL)
    last = store.query("select build_id from feed_builds order by rowid desc limit 1")
    kept = {build.build_id: build for build in list_builds(published_root)}
    return kept.get(last[0]["build_id"]) if last else None


def read_changes(store: Store, after: int = 0, limit: int = 1000) -> list[Change]:
    """The entries behind a cursor, in order; the last one's cursor is where to go on.

    What has been suppressed since is left out: of a party every value, else the address itself.
    """
    store.migrate("feed", DDL)
    rows = store.query(
        "select * from change_feed where cursor > ? order by cursor limit ?", [after, limit]
    )
    hidden = suppressed(store)
    return [_shown(_change(row), hidden) for row in rows]


def _shown(change: Change, hidden: Suppressed) -> Change:
    if change.party_id in hidden.parties:
        return replace(change, fields={})
    addresses = {
        name: None
        for name in ADDRESSES
        if change.fields.get(name) and canonical_address(change.fields[name]) in hidden.addresses
    }
    return replace(change, fields=change.fields | addresses)


def replay(
    changes: Iterable[Change], state: Mapping[str, Values] | None = None
) -> dict[str, Values]:
    """What a consumer holds after these changes: party id → values."""
    held = dict(state or {})
    for change in changes:
        if change.operation in ("ADD", "SPLIT"):
            held[change.party_id] = dict(change.fields)
        elif change.operation == "MOD":
            held[change.party_id] = {**held[change.party_id], **change.fields}
        else:
            del held[change.party_id]
    return held


# ---- comparing ----


def _told(db: sqlite3.Connection) -> dict[str, bytes]:
    rows = db.execute("select party_id, digest from feed_parties").fetchall()
    return {row["party_id"]: bytes(row["digest"]) for row in rows}


def _news(
    con: duckdb.DuckDBPyConnection, told: Mapping[str, bytes], origins: Mapping[str, str]
) -> Iterator[_News]:
    """Departures first, so that no consumer ever holds a record in two parties."""
    survivors = _survivors(con)
    present = {row[0] for row in con.sql("select party_id from golden_parties").fetchall()}
    for party_id in sorted(told.keys() - present):
        into = survivors.get(party_id)
        yield _News("MERGE" if into else "DEL", party_id, into, "{}", None)
    for party_id, content in _contents(con):
        digest = blake2b(content.encode(), digest_size=16).digest()
        if party_id not in told:
            origin = origins.get(party_id)
            yield _News("SPLIT" if origin else "ADD", party_id, origin, content, digest)
        elif told[party_id] != digest:
            yield _News("MOD", party_id, None, content, digest)


def _contents(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Party id and values as JSON, in the order of ids."""
    held = {row[0] for row in con.sql("describe golden_parties").fetchall()}
    values = ", ".join(f"'{name}', \"{name}\"" for name in FIELDS if name in held)
    cursor = con.execute(
        f"select party_id, json_object({values})::varchar from golden_parties order by party_id"
    )
    while rows := cursor.fetchmany(10_000):
        yield from rows


def _survivors(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Retired party → the living one it resolves to."""
    if not _has_table(con, "retired_parties"):
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


def _has_table(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = con.execute("select 1 from duckdb_tables() where table_name = ?", [name]).fetchall()
    return bool(found)


# ---- writing ----


def _append(db: sqlite3.Connection, news: _News, build_id: str, at: datetime) -> None:
    fields = _changed(db, news) if news.operation == "MOD" else news.content
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
            news.operation,
            news.party_id,
            news.other_party_id,
            fields,
        ),
    )


def _changed(db: sqlite3.Connection, news: _News) -> str:
    """Only the fields whose value differs from what the party's own entries add up to."""
    rows = db.execute(
        "select * from change_feed where party_id = ? order by cursor", (news.party_id,)
    ).fetchall()
    before = replay(map(_change, rows))[news.party_id]
    now = json.loads(news.content)
    names = before.keys() | now.keys()
    return json.dumps(
        {name: now.get(name) for name in sorted(names) if before.get(name) != now.get(name)},
        ensure_ascii=False,
    )


def _change(row: sqlite3.Row) -> Change:
    return Change(
        cursor=row["cursor"],
        build_id=row["build_id"],
        at=datetime.fromisoformat(row["at"]),
        operation=row["operation"],
        party_id=row["party_id"],
        other_party_id=row["other_party_id"],
        fields=json.loads(row["fields"]),
    )
