"""Standardised records written by hand: rows of `link.<party_type>_records`, the rest null."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dedupe.linking.blocking import LISTS
from dedupe.standardise.records import standardise_records
from tests.dedupe.match_input import write_match_input


def columns_of(con, party_type: str) -> list[str]:
    """The columns that standardising gives, rid and record id aside."""
    write_match_input(con, [])
    standardise_records(con, party_type)
    names = con.table(f"link.{party_type}_records").columns
    return [name for name in names if name not in {"rid", "record_id"}]


def write_records(con, party_type: str, rows: list[dict[str, Any]]) -> None:
    """Leave `link.<party_type>_records`, numbered as the rows lie; record ids are r1, r2, …"""
    text, texts = pa.string(), pa.list_(pa.string())
    names = columns_of(con, party_type)
    arrays = {
        "rid": pa.array(range(1, len(rows) + 1), pa.int64()),
        "record_id": pa.array([f"r{i}" for i in range(1, len(rows) + 1)], text),
    } | {
        name: pa.array([row.get(name) for row in rows], texts if name in LISTS else text)
        for name in names
    }
    con.register("by_hand", pa.table(arrays))
    con.execute(f"create or replace table link.{party_type}_records as from by_hand")
    con.unregister("by_hand")
