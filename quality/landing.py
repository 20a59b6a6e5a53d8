"""Gate after extraction: did the sources give what they gave before, whole and readable?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.checks import Batch, Check, Thresholds, between

if TYPE_CHECKING:
    import duckdb

# A load of ten times the usual size is a re-key or a doubled export until somebody has looked.
_UNUSUAL = 1.0
# Of the live records; sources lose customers one by one.
_DELETED_SHARE = 0.2

_QUARANTINE = "quality.quarantined_rows where gate = 'landing'"


def batches(thresholds: Thresholds) -> tuple[Batch, ...]:
    """Checks over the streams, one row per source and stream."""
    return (
        Batch(
            "streams",
            "landing.all_loads",
            (
                Check(
                    "rejected_share_is_small",
                    "few records of a stream were rejected on landing",
                    between("rejected_share", 0, thresholds.rejected_share),
                    look=_QUARANTINE,
                ),
                Check(
                    "mandatory_values_are_present",
                    "no record was rejected for an empty mandatory field",
                    between("mandatory_null", 0, 0),
                    "warn",
                    look=_QUARANTINE,
                ),
                Check(
                    "landed_records_reconcile_with_the_server",
                    "nothing the server counted is missing from landing",
                    between("missing", 0, 0),
                ),
                Check(
                    "volume_is_like_previous_loads",
                    "the latest load is no more than ten times the usual one",
                    between("times_the_limit", 0, _UNUSUAL),
                    "warn",
                ),
                Check(
                    "few_records_were_deleted",
                    "the latest load deleted a small share of the stream",
                    between("deleted_share", 0, _DELETED_SHARE),
                    "warn",
                ),
                Check(
                    "landed_records_are_whole",
                    "every landed record has id, key and content",
                    between("hollow", 0, 0),
                ),
                Check(
                    "landed_record_ids_are_unique",
                    "each record is live once",
                    between("doubled", 0, 0),
                ),
            ),
        ),
        Batch(
            "basis",
            "landing.stream_basis",
            (
                Check(
                    "legal_basis_is_stated",
                    "every stream states purpose, legal basis and retention",
                    between("affected", 0, 0),
                ),
            ),
        ),
    )


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Count every landed stream once, into a table of this connection."""
    con.execute(
        "create or replace temp table landed_streams (source varchar, system varchar, "
        "stream varchar, live bigint, hollow bigint, doubled bigint)"
    )
    streams = con.execute(
        "select distinct system, stream from landing.stream_basis order by all"
    ).fetchall()
    for system, stream in streams:
        con.execute(_count_sql(f"{system}_{stream}"), [system, stream])


def _count_sql(table: str) -> str:
    return (
        "insert into landed_streams select source, ?, ?, count(*), "
        "count_if(record_id is null or key is null or raw is null), "
        f'count(*) - count(distinct record_id) from landing."{table}" group by source'
    )
