"""Turns judged records into the tables of landing's Parquet parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.landing import load_folder, manifests
from connectors.records import Accepted, Rejected

if TYPE_CHECKING:
    import pyarrow as pa


class Fetched(NamedTuple):
    """An accepted record and when its page was read (UTC)."""

    record: Accepted
    at: datetime


def landed_table(load_id: str, first_seq: int, rows: Sequence[Fetched]) -> pa.Table:
    """Columns of a landing part, numbered from `first_seq`."""
    import pyarrow as pa

    records = [row.record for row in rows]
    text = pa.string()
    return pa.table(
        {
            "_load_id": pa.repeat(pa.scalar(load_id), len(rows)),
            "_seq": pa.array(range(first_seq, first_seq + len(rows)), pa.int64()),
            "_fetched_at": pa.array([row.at for row in rows], pa.timestamp("us", "UTC")),
            "_record_id": pa.array([record.record_id for record in records], text),
            "_key": pa.array([record.key or None for record in records], text),
            "_cursor": pa.array([record.cursor for record in records], text),
            "_op": pa.array([record.op for record in records], text),
            "_raw": pa.array([record.raw or None for record in records], pa.binary()).cast(text),
        }
    )


def rejected_table(load_id: str, first_seq: int, rows: Sequence[Rejected]) -> pa.Table:
    """Columns of a rejected part; `_identity` is the record id, or a hash where no key is.

    A row without rule, reason and content withdraws the rejection of that identity.
    """
    import pyarrow as pa

    text = pa.string()
    return pa.table(
        {
            "_load_id": pa.repeat(pa.scalar(load_id), len(rows)),
            "_seq": pa.array(range(first_seq, first_seq + len(rows)), pa.int64()),
            "_identity": pa.array([row.identity for row in rows], text),
            "_reason": pa.array([row.reason or None for row in rows], text),
            "_rule": pa.array([row.rule or None for row in rows], text),
            "_raw": pa.array([row.raw or None for row in rows], text),
        }
    )


def landed_records(folder: Path) -> Iterator[dict[str, Any]]:
    """Every version of every record that landed in a stream's folder, as it came."""
    import orjson
    import pyarrow.parquet as pq

    for manifest in manifests(folder):
        for part in manifest.parts:
            file = pq.ParquetFile(load_folder(folder, manifest.load_id) / part.name)
            for batch in file.iter_batches(columns=["_raw"]):
                yield from (orjson.loads(raw) for raw in batch.column(0).to_pylist() if raw)


def withdrawal(identity: str) -> Rejected:
    """The mark that a rejected record was mended or is gone."""
    return Rejected(identity, "", "", "", b"")


def tombstone(record_id: str) -> Accepted:
    """The mark of a record that a full read no longer met; it has no content of its own."""
    return Accepted(record_id, "", None, "delete", b"", b"")
