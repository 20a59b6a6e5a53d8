"""Quarantine: rows at fault by id, with rule and reason, counted and never lost.

In: what a gate found, and what landing rejected. Out: `quality.quarantined_rows` in the
warehouse. A row that is mended leaves with the next run of its gate; one that stays keeps the
moment it was first seen. No value of a record is ever written here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from quality.checks import Gate
from stamm.duck import has_table

if TYPE_CHECKING:
    import duckdb

_TABLE = """
create table if not exists quality.quarantined_rows (
    source varchar, stream varchar, record_id varchar, rule varchar, reason varchar,
    gate varchar, run_id varchar, first_seen timestamp, last_seen timestamp
)
"""
_FRESH = """
create or replace temp table fresh_quarantine (
    source varchar, stream varchar, record_id varchar, rule varchar, reason varchar
)
"""
# A rejected row has no record id that could be trusted; load and number lead to it. Landing lists
# it only while its source sends it so.
_REJECTED = """
insert into fresh_quarantine
select source, stream, load_id || ':' || seq, rule, reason from landing.all_rejected
"""
_REPLACE = """
insert into quality.quarantined_rows
select fresh.source, fresh.stream, fresh.record_id, fresh.rule, min(fresh.reason), $gate, $run_id,
    coalesce(min(known.first_seen), $at), $at
from fresh_quarantine as fresh
left join known_quarantine as known
    on known.record_id is not distinct from fresh.record_id and known.rule = fresh.rule
    and known.source = fresh.source and known.stream = fresh.stream
group by fresh.source, fresh.stream, fresh.record_id, fresh.rule
order by all
"""


@dataclass(frozen=True)
class QuarantinedRow:
    """A row at fault."""

    source: str
    stream: str
    record_id: str | None
    rule: str
    reason: str


def replace_quarantine(
    con: duckdb.DuckDBPyConnection,
    gate: Gate,
    rows: Iterable[QuarantinedRow],
    *,
    run_id: str,
    at: datetime,
) -> int:
    """Make the gate's part of the quarantine these rows; returns how many there are."""
    con.execute("begin")
    con.execute("create schema if not exists quality")
    con.execute(_TABLE)
    con.execute(_FRESH)
    _fill(con, [astuple(row) for row in rows])
    if gate == "landing":
        con.execute(_REJECTED)
    con.execute(
        "create or replace temp table known_quarantine as "
        "select * from quality.quarantined_rows where gate = ?",
        [gate],
    )
    con.execute("delete from quality.quarantined_rows where gate = ?", [gate])
    moment = at.replace(tzinfo=None)
    con.execute(_REPLACE, {"gate": gate, "run_id": run_id, "at": moment})
    con.execute("commit")
    [(count,)] = con.execute(
        "select count(*) from quality.quarantined_rows where gate = ?", [gate]
    ).fetchall()
    return int(count)


def has_quarantine(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether any gate was ever run on this warehouse."""
    return has_table(con, "quality.quarantined_rows")


def _fill(con: duckdb.DuckDBPyConnection, rows: list[tuple[str | None, ...]]) -> None:
    if not rows:
        return
    import pyarrow as pa

    names = ("source", "stream", "record_id", "rule", "reason")
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    con.register("rows_at_fault", pa.table(dict(zip(names, columns, strict=True))))
    con.execute("insert into fresh_quarantine select * from rows_at_fault")
    con.unregister("rows_at_fault")
