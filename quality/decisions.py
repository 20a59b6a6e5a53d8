"""What people decide about rows in quarantine: let through, leave out, or look again.

Decisions are append-only rows of the operational store; the latest one on a row and rule counts.
`release` says that the row is right as it is: its rule minds it no more. `drop` says that the
record is worth nothing: it is left out of everything behind landing while its content stays the
same, and counted as dropped. `reopen` takes either back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from quality.quarantine import has_quarantine
from stamm.errors import UsageError
from stamm.store import Store, append_only

if TYPE_CHECKING:
    import sqlite3

    import duckdb

Decision = Literal["release", "drop", "reopen"]

DDL = [
    """
    create table quarantine_decisions (
      seq integer primary key, at text not null, by text not null,
      decision text not null check (decision in ('release', 'drop', 'reopen')),
      source text not null, stream text not null, record_id text not null, rule text not null,
      content text not null, why text not null
    );
    """,
    *append_only("quarantine_decisions"),
]


# Rules that no release can help, as later stages build on them, and what to do instead.
_NEEDED = {
    "fact_state_is_known": "Map the code of the source in its staging or intermediate model, mend "
    "it at the source, or leave the record out: `stamm quarantine drop`.",
}


@dataclass(frozen=True)
class Waiting:
    """A row in quarantine; `gate` found it by `rule`."""

    gate: str
    source: str
    stream: str
    record_id: str
    rule: str
    reason: str
    first_seen: str
    last_seen: str


@dataclass(frozen=True)
class Decided:
    """What stands: (record, rule) that are let through, and (record, content) that are left out."""

    released: frozenset[tuple[str, str]] = frozenset()
    dropped: frozenset[tuple[str, str]] = frozenset()


def waiting(
    con: duckdb.DuckDBPyConnection, *, source: str = "", rule: str = "", record: str = ""
) -> list[Waiting]:
    """Rows in quarantine, the longest waiting first; each filter may be left empty."""
    if not has_quarantine(con):
        return []
    rows = con.execute(
        "select gate, source, stream, coalesce(record_id, ''), rule, reason, "
        "first_seen::varchar, last_seen::varchar from quality.quarantined_rows "
        "where $source in ('', source) and $rule in ('', rule) and $record in ('', record_id) "
        "order by quarantined_rows.first_seen, source, stream, record_id, rule",
        {"source": source, "rule": rule, "record": record},
    ).fetchall()
    return [Waiting(*row) for row in rows]


def decide(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    decision: Decision,
    rows: Sequence[Waiting],
    *,
    by: str,
    why: str,
    at: datetime,
) -> int:
    """Note a decision on these rows; returns how many rows it is about.

    Raises `UsageError` for a row that cannot be decided about: one that never landed has nothing
    to release or to leave out, and what the marts cannot hold cannot be released.
    """
    for row in rows:
        _require_decidable(row, decision)
    store.migrate("quarantine", DDL)
    with store.transaction() as db:
        db.executemany(
            "insert into quarantine_decisions (at, by, decision, source, stream, record_id, rule, "
            "content, why) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (at.isoformat(), by, decision, row.source, row.stream, row.record_id, row.rule,
                 _content(con, row.record_id) if decision == "drop" else "", why)
                for row in rows
            ],
        )  # fmt: skip
    return len(rows)


def _require_decidable(row: Waiting, decision: Decision) -> None:
    if row.gate == "landing":
        raise UsageError(
            f"expected a row that landed, found {row.record_id}, which {row.source}."
            f"{row.stream} sent unreadable ({row.rule}: {row.reason})",
            hint="Mend it at the source: the next read lands it and empties the quarantine. "
            "`stamm schema declare` accepts a drifted field.",
        )
    if decision == "release" and row.rule in _NEEDED:
        raise UsageError(
            f"expected a rule that the marts can do without, found {row.rule} "
            f"({row.record_id} of {row.source}.{row.stream}): a release would stop the run later",
            hint=f"{_NEEDED[row.rule]} --rule releases it from another rule.",
        )


def decided_rows(store: Store, record: str, rule: str = "") -> list[Waiting]:
    """What was released or dropped of a record and still stands, as rows to reopen."""
    return [
        Waiting("", row["source"], row["stream"], row["record_id"], row["rule"], "", "", "")
        for row in _standing(store)
        if row["decision"] != "reopen" and row["record_id"] == record and rule in ("", row["rule"])
    ]


def decided(store: Store) -> Decided:
    """The decisions that stand."""
    rows = _standing(store)
    return Decided(
        frozenset(
            (r["record_id"], r["rule"])
            for r in rows
            if r["decision"] == "release" and r["rule"] not in _NEEDED
        ),
        frozenset(
            (_landed_id(r["record_id"]), r["content"]) for r in rows if r["decision"] == "drop"
        ),
    )


def list_released(con: duckdb.DuckDBPyConnection, released: frozenset[tuple[str, str]]) -> None:
    """Make the temporary table `released_rows`: a later gate may stumble over the same rows."""
    con.execute("create or replace temp table released_rows (record_id varchar, rule varchar)")
    records, rules = [record for record, _ in released], [rule for _, rule in released]
    con.execute("insert into released_rows select unnest(?), unnest(?)", [records, rules])


def drop_landed(con: duckdb.DuckDBPyConnection, store: Store) -> int:
    """Take dropped records out of the landing views; `landing.all_dropped` names them.

    Returns their number. A record whose content has changed since is looked at anew.
    """
    import pyarrow as pa

    con.execute("delete from landing.all_dropped")
    dropped = sorted(decided(store).dropped)
    if not dropped:
        return 0
    record_ids, contents = zip(*dropped, strict=True)
    con.register("dropped", pa.table({"record_id": record_ids, "content": contents}))
    for system, stream in _streams(con):
        con.execute(
            f"insert into landing.all_dropped select source, $system, $stream, record_id "
            f'from landing."{system}_{stream}" as live where exists (select 1 from dropped '
            f"where dropped.record_id = live.record_id and content = md5(live.raw)) order by all",
            {"system": system, "stream": stream},
        )
    for table in _tables_of_records(con):
        con.execute(
            f'delete from landing."{table}" '
            "where record_id in (select record_id from landing.all_dropped)"
        )
    con.unregister("dropped")
    [(count,)] = con.execute("select count(*) from landing.all_dropped").fetchall()
    return int(count)


def _standing(store: Store) -> list[sqlite3.Row]:
    """The latest decision on each record and rule."""
    store.migrate("quarantine", DDL)
    return store.query(
        "select *, max(seq) from quarantine_decisions "
        "group by source, stream, record_id, rule order by seq"
    )


def _streams(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute(
        "select distinct system, stream from landing.stream_basis order by all"
    ).fetchall()


def _tables_of_records(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables that hold records as they landed: live ones, versions, and what was cut from them."""
    rows = con.execute(
        "select table_name from duckdb_columns() where schema_name = 'landing' "
        "and column_name in ('record_id', 'raw') group by all having count(*) = 2 order by all"
    ).fetchall()
    return [table for (table,) in rows]


def _landed_id(record_id: str) -> str:
    """A firm that a record names is part of that record."""
    return record_id.removesuffix("#org")


def _content(con: duckdb.DuckDBPyConnection, record_id: str) -> str:
    """Hash of the record as it is live."""
    for system, stream in _streams(con):
        found = con.execute(
            f'select md5(raw) from landing."{system}_{stream}" where record_id = ?',
            [_landed_id(record_id)],
        ).fetchall()
        if found:
            return str(found[0][0])
    raise UsageError(
        f"expected a record that is live, found {record_id}",
        hint="`stamm run` brings the quarantine up to date.",
    )
