"""Link what changed of one party type: its pairs are made again, all others stay.

Flow: match input and `link.<party_type>_…` of the last run → the same tables of this run, and temp
table `relinked` (rid) of all records whose pairs or content are not what they were.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.increments.blocks import (
    note_copies,
    note_keys,
    renew_copies,
    write_changed_candidates,
)
from dedupe.increments.inputs import note_inputs, renew_inputs, renew_records
from dedupe.linking.blocking import IDENTICAL
from dedupe.linking.linkage import add_pairs
from dedupe.model import Model, weigh_new_values
from dedupe.specification import Specification

if TYPE_CHECKING:
    import duckdb


def note_linked(con: duckdb.DuckDBPyConnection, specification: Specification) -> None:
    """After all records of a type were linked: note what the next run has to compare with."""
    note_inputs(con, specification.party_type)
    note_copies(con, specification.party_type)
    note_keys(con, specification)


def relink(con: duckdb.DuckDBPyConnection, party_type: str, model: Model, folder: Path) -> None:
    """Bring records and pairs of this type up to date, by the same model as before.

    After `write_seen`.
    """
    renew_inputs(con, party_type)
    renew_copies(con, model.trained.specification)
    renew_records(con, party_type)
    weigh_new_values(con, folder, model, "arrived_rows")
    write_changed_candidates(con, model.trained.specification)
    _remove_pairs(con, party_type)
    con.execute(
        "create or replace temp table relinked as select rid from arrived_rows"
        " union select rid from left_rows union select rid from present"
        " union select rid from remade union select rid from outgone"
    )
    add_pairs(con, model.trained)


def _remove_pairs(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Blocked pairs of records that left or are made again, and copies' pairs with their first."""
    blocked = "(select rid from outgone union select rid from remade)"
    copies = "(select rid from present union select rid from left_rows)"
    con.execute(
        f"delete from link.{party_type}_pairs where case when blocking_rule = '{IDENTICAL}'"
        f" then l_rid in {copies} or r_rid in {copies}"
        f" else l_rid in {blocked} or r_rid in {blocked} end"
    )
    left = "(select rid from left_rows)"  # their numbers may be given again
    con.execute(
        f"delete from link.{party_type}_component_pairs where l_rid in {left} or r_rid in {left}"
    )
