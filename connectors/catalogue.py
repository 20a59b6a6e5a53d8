"""The `landing` schema of the warehouse: what staging reads.

In: landing's committed loads. Out: a table per declared stream with the latest version of each
live record, tables with all versions of what tells of consent (`brevo_contact_versions` and
others), the declared tables of databases by what they hold (`database_held_parties` and others),
and `all_loads`, `all_tombstones`, `all_rejected`, `all_dropped`, `stream_basis`. They are tables,
not views over Parquet: the latest version is found once instead of at each read, and the warehouse
holds no path of the machine it was made on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.landing import Manifest, Part, load_folder, manifests, stream_folder
from connectors.sinks.echo import SentValue
from connectors.source import HELD, Stream, System

if TYPE_CHECKING:
    import duckdb

# One row per record id: the latest version, unless it is a tombstone.
_LIVE = """
with versions as (
    select
        $source as source, _record_id, _key, _cursor, _fetched_at, _load_id, _op, _raw,
        row_number() over (partition by _record_id order by _load_id desc, _seq desc) as age
    from read_parquet($files, hive_partitioning = false)
)
select source, _record_id as record_id, _key as key, _cursor as cursor,
    _fetched_at as fetched_at, _load_id as load_id, _raw as raw
from versions where age = 1 and _op = 'upsert'
"""
_LIVE_COLUMNS = (
    "source varchar, record_id varchar, key varchar, cursor varchar, "
    "fetched_at timestamptz, load_id varchar, raw varchar"
)
# One row per record that the source still sends as it was rejected: a later row without a rule
# says that the record was mended or is gone.
_STANDING_REJECTIONS = """
with verdicts as (
    select _load_id, _seq, _rule, _reason,
        row_number() over (partition by _identity order by _load_id desc, _seq desc) as age
    from read_parquet($files, hive_partitioning = false)
)
select $source, $system, $stream, _load_id, _seq, _rule, _reason
from verdicts where age = 1 and _rule is not null order by _load_id, _seq
"""
# Streams whose past says something too, and the table of all their versions: a consent that was
# given stays an event when the contact is changed or deleted.
_VERSIONED = {
    ("brevo", "contacts"): "brevo_contact_versions",
    ("ghost", "members"): "ghost_member_versions",
    ("ghost", "member_events"): "ghost_member_event_versions",
}
_VERSIONS = """
select $source as source, _record_id as record_id, _key as key, _cursor as cursor,
    _fetched_at as fetched_at, _load_id as load_id, _raw as raw,
    row_number() over (partition by _record_id order by _load_id, _seq) as version
from read_parquet($files, hive_partitioning = false)
where _op = 'upsert'
"""
_LOADS = {
    "source": "varchar",
    "system": "varchar",
    "stream": "varchar",
    "load_id": "varchar",
    "mode": "varchar",
    "started_at": "timestamptz",
    "finished_at": "timestamptz",
    "pages": "bigint",
    "rows": "bigint",
    "upserts": "bigint",
    "deletes": "bigint",
    "duplicates": "bigint",
    "rejected": "bigint",
    "server_total": "bigint",
    "cursor_from": "varchar",
    "cursor_to": "varchar",
    "generation": "integer",
}
_TOMBSTONES = "source varchar, system varchar, stream varchar, record_id varchar, load_id varchar"
_REJECTED = (
    "source varchar, system varchar, stream varchar, load_id varchar, seq bigint, "
    "rule varchar, reason varchar"
)
_DROPPED = "source varchar, system varchar, stream varchar, record_id varchar"  # filled by quality
_BASIS = (
    "system varchar, stream varchar, field_group varchar, purpose varchar, "
    "legal_basis varchar, retention varchar"
)


def create_views(
    con: duckdb.DuckDBPyConnection,
    landing_root: Path,
    systems: Mapping[str, System],
    sent: Sequence[SentValue] = (),
) -> None:
    """Make or replace everything in schema `landing`, in one transaction.

    `sent` is what other systems got from us, by the records that they come back as.
    """
    landed = _landed(landing_root)
    con.execute("begin")
    con.execute("create schema if not exists landing")
    for system in systems.values():
        for stream in system.streams:
            _create_stream(con, landing_root, system, stream, landed)
    _create_held(con, systems.values())
    _create_loads(con, landing_root, landed)
    _create_tombstones(con, landing_root, landed)
    _create_rejected(con, landing_root, landed)
    con.execute(f"create or replace table landing.all_dropped ({_DROPPED})")
    _create_basis(con, systems.values())
    _create_sent(con, sent)
    con.execute("commit")


def _landed(landing_root: Path) -> list[Manifest]:
    folders = sorted({path.parent for path in landing_root.glob("*/*/load=*")})
    return [manifest for folder in folders for manifest in manifests(folder)]


def _create_stream(
    con: duckdb.DuckDBPyConnection,
    landing_root: Path,
    system: System,
    stream: Stream,
    landed: Sequence[Manifest],
) -> None:
    mine = [m for m in landed if m.system == system.name and m.stream == stream.name]
    _fill(con, landing_root, f"{system.name}_{stream.name}", _LIVE_COLUMNS, _LIVE, mine)
    versions = _VERSIONED.get((system.name, stream.name))
    if versions:
        columns = f"{_LIVE_COLUMNS}, version bigint"
        _fill(con, landing_root, versions, columns, _VERSIONS, mine)


def _create_held(con: duckdb.DuckDBPyConnection, systems: Iterable[System]) -> None:
    """One table per thing that declared tables may hold, over all streams that hold it."""
    for thing in HELD:
        table = f"landing.database_held_{thing}"
        con.execute(f"create or replace table {table} (stream varchar, {_LIVE_COLUMNS})")
        for system in systems:
            for stream in system.streams:
                if stream.holds == thing:
                    rows = f'select ?, * from landing."{system.name}_{stream.name}"'
                    con.execute(f"insert into {table} {rows}", [stream.name])


def _fill(
    con: duckdb.DuckDBPyConnection,
    landing_root: Path,
    table: str,
    columns: str,
    rows: str,
    landed: Sequence[Manifest],
) -> None:
    """Make a table anew with the `rows` of each source's parts."""
    con.execute(f'create or replace table landing."{table}" ({columns})')
    for source in sorted({manifest.source for manifest in landed}):
        files = _files(landing_root, [m for m in landed if m.source == source])
        if files:
            con.execute(f'insert into landing."{table}" {rows}', {"source": source, "files": files})


def _files(
    landing_root: Path,
    landed: Iterable[Manifest],
    parts_of: Callable[[Manifest], Sequence[Part]] = attrgetter("parts"),
) -> list[str]:
    return [
        str(load_folder(stream_folder(landing_root, m.source, m.stream), m.load_id) / part.name)
        for m in landed
        for part in parts_of(m)
    ]


def _create_loads(
    con: duckdb.DuckDBPyConnection, landing_root: Path, landed: Sequence[Manifest]
) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in _LOADS.items())
    con.execute(f"create or replace table landing.all_loads ({columns})")
    rows = [tuple(getattr(manifest, name) for name in _LOADS) for manifest in landed]
    _insert(con, "all_loads", rows)
    ledgers = _files(landing_root, landed, lambda m: (m.earlier,) if m.earlier else ())
    if ledgers:
        names = ", ".join(f'"{name}"' for name in _LOADS)
        con.execute(
            f"insert into landing.all_loads select {names} "
            "from read_parquet($files, hive_partitioning = false)",
            {"files": ledgers},
        )


def _create_tombstones(
    con: duckdb.DuckDBPyConnection, landing_root: Path, landed: Sequence[Manifest]
) -> None:
    con.execute(f"create or replace table landing.all_tombstones ({_TOMBSTONES})")
    for key, mine in _by_stream(m for m in landed if m.parts and (m.deletes or m.loads)):
        con.execute(
            "insert into landing.all_tombstones "
            "select $source, $system, $stream, _record_id, _load_id "
            "from read_parquet($files, hive_partitioning = false) where _op = 'delete' "
            "order by _load_id, _seq",
            {**key, "files": _files(landing_root, mine)},
        )


def _create_rejected(
    con: duckdb.DuckDBPyConnection, landing_root: Path, landed: Sequence[Manifest]
) -> None:
    con.execute(f"create or replace table landing.all_rejected ({_REJECTED})")
    for key, mine in _by_stream(m for m in landed if m.rejected_parts):
        con.execute(
            f"insert into landing.all_rejected {_STANDING_REJECTIONS}",
            {**key, "files": _files(landing_root, mine, attrgetter("rejected_parts"))},
        )


def _create_basis(con: duckdb.DuckDBPyConnection, systems: Iterable[System]) -> None:
    con.execute(f"create or replace table landing.stream_basis ({_BASIS})")
    rows = []
    for system in systems:
        for stream in system.streams:
            groups = [("*", stream.basis), *((g.name, g.basis) for g in stream.field_groups)]
            rows += [
                (system.name, stream.name, name, basis.purpose, basis.legal_basis, basis.retention)
                for name, basis in groups
            ]
    _insert(con, "stream_basis", rows)


def _create_sent(con: duckdb.DuckDBPyConnection, sent: Sequence[SentValue]) -> None:
    import pyarrow as pa

    columns = {
        name: pa.array([getattr(value, name) for value in sent], pa.string())
        for name in SentValue._fields
    }
    con.register("arriving_sent", pa.table(columns))
    moments = ", ".join(
        f"{name}::timestamptz at time zone 'UTC' as {name}" for name in ("sent_at", "replaced_at")
    )
    con.execute(
        f"create or replace table landing.sent_values as select * replace ({moments})"
        " from arriving_sent order by all"
    )
    con.unregister("arriving_sent")


def _by_stream(
    landed: Iterable[Manifest],
) -> list[tuple[dict[str, str], list[Manifest]]]:
    grouped: dict[tuple[str, str, str], list[Manifest]] = {}
    for manifest in landed:
        key = (manifest.source, manifest.system, manifest.stream)
        grouped.setdefault(key, []).append(manifest)
    return [
        (dict(zip(("source", "system", "stream"), key, strict=True)), mine)
        for key, mine in sorted(grouped.items())
    ]


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        con.executemany(f"insert into landing.{table} values ({marks})", rows)
