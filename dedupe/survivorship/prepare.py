"""Crosswalk + match input → the temp tables that `members_sql` and `ranked_sql` read beside them.

What Python or the catalogue knows: name parts, valid VAT ids, and where a stream holds a group of
fields on a legal basis of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dedupe.linking.arriving import arriving
from dedupe.standardise import companies
from dedupe.standardise.kinds import FULL
from dedupe.standardise.values import parts_of
from dedupe.survivorship.candidates import (
    EVERYBODY,
    GROUP_BASIS,
    MEMBERS,
    NAME_PARTS,
    VALID_VAT_IDS,
    Concerned,
    members_sql,
)
from dedupe.survivorship.rules import Rules
from stamm.duck import has_table

if TYPE_CHECKING:
    import duckdb

# Group of fields → what each stream says that holds it on a basis of its own.
OwnBasis = dict[str, list[dict[str, str | None]]]
_CHOSEN = Concerned("survivorship_rows", "survivorship_parties")
_BASIS = ("system", "stream", "field_group", "purpose", "legal_basis", "retention")


def prepare(
    con: duckdb.DuckDBPyConnection, party_id: str | None = None, *, only: str = ""
) -> Concerned:
    """Write name parts and bases; gives the records concerned.

    These are all, those of one party, or those of the parties in the table `only`.
    """
    concerned = EVERYBODY
    if party_id or only:
        chosen = "= $party_id" if party_id else f"in (from {only})"
        con.execute(
            f"create or replace temp table {_CHOSEN.parties} as"
            f" from {EVERYBODY.parties} where party_id {chosen}",
            {"party_id": party_id} if party_id else {},
        )
        # Read several times; the whole match input is read only here.
        con.execute(
            f"create or replace temp table {_CHOSEN.rows} as"
            f" from {EVERYBODY.rows} semi join {_CHOSEN.parties} using (record_id)"
        )
        concerned = _CHOSEN
    _write_name_parts(con, concerned)
    _write_group_basis(con)
    return concerned


def write_members(con: duckdb.DuckDBPyConnection, rules: Rules, concerned: Concerned) -> None:
    """`survivorship_members`, and which of their VAT ids are valid."""
    members = members_sql(rules.source_priority, concerned)
    con.execute(f"create or replace temp table {MEMBERS} as {members}")
    vat_ids = con.execute(
        f"select distinct vat_id from {MEMBERS} where vat_id is not null order by 1"
    ).fetchall()
    write_valid_vat_ids(con, [vat_id for (vat_id,) in vat_ids])


def write_valid_vat_ids(con: duckdb.DuckDBPyConnection, vat_ids: Sequence[str]) -> None:
    """Those of them that pass their check digit."""
    valid = [(vat_id,) for vat_id in vat_ids if companies.has_valid_check_digit(vat_id)]
    _write_texts(con, VALID_VAT_IDS, ("vat_id",), valid)


def read_own_basis(con: duckdb.DuckDBPyConnection) -> OwnBasis:
    """The bases that streams have for a group of fields."""
    found: OwnBasis = defaultdict(list)
    for row in con.execute(f"select {', '.join(_BASIS)} from {GROUP_BASIS}").fetchall():
        told = dict(zip(_BASIS, row, strict=True))
        found[told["field_group"]].append(told)
    return found


def _write_texts(
    con: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: list[Any]
) -> None:
    """A small temp table of text columns."""
    import pyarrow as pa

    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    table = pa.table({c: pa.array(v, pa.string()) for c, v in zip(columns, values, strict=True)})
    con.register("arriving", table)
    con.execute(f"create or replace temp table {name} as select * from arriving")
    con.unregister("arriving")


def _write_group_basis(con: duckdb.DuckDBPyConnection) -> None:
    """Where a stream holds a group of fields on a basis of its own, that one is told."""
    rows = (
        con.execute(
            f"select {', '.join(_BASIS)} from landing.stream_basis "
            "where field_group <> '*' order by all"
        ).fetchall()
        if has_table(con, "landing.stream_basis")
        else []
    )
    _write_texts(con, GROUP_BASIS, _BASIS, rows)


def _write_name_parts(con: duckdb.DuckDBPyConnection, concerned: Concerned) -> None:
    texts = con.sql(
        f"select distinct i.full_name from {concerned.rows} as i "
        f"join {concerned.parties} as x using (record_id) "
        "where i.party_type = 'person' and i.full_name is not null and i.family_name is null"
    ).to_arrow_table()
    with arriving(con, parts_of(con, FULL, texts["full_name"])) as parts:
        con.execute(
            f"create or replace temp table {NAME_PARTS} as select raw as full_name,"
            f" given_part as given_name, family_part as family_name from {parts}"
        )
