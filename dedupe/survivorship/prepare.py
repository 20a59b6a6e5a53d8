"""Crosswalk + match input → the temp tables that choosing reads.

Out: `survivorship_parties` (records with their party, both numbered), `survivorship_members`
(their cleaned values), and what Python or the catalogue knows beside them: name parts, valid VAT
ids, and where a stream holds a group of fields on a legal basis of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dedupe.standardise import companies, names
from dedupe.survivorship.candidates import (
    GROUP_BASIS,
    MEMBERS,
    NAME_PARTS,
    PARTIES,
    VALID_VAT_IDS,
    members_sql,
)
from dedupe.survivorship.rules import Rules

if TYPE_CHECKING:
    import duckdb


def prepare(
    con: duckdb.DuckDBPyConnection, rules: Rules, party_id: str | None = None, *, only: str = ""
) -> None:
    """Write the tables, of all parties, of one, or of those in the table `only`."""
    chosen = f" where party_id in (from {only})" if only else ""
    con.execute(
        f"create or replace temp table {PARTIES} as select record_id, party_id, party_type,"
        " (row_number() over (order by party_id, record_id))::integer as record_no,"
        " (dense_rank() over (order by party_id))::integer as party_no"
        " from golden.xref_parties" + (" where party_id = $party_id" if party_id else chosen),
        {"party_id": party_id} if party_id else {},
    )
    _write_name_parts(con)
    _write_group_basis(con)
    con.execute(f"create or replace temp table {MEMBERS} as {members_sql(rules.source_priority)}")
    vat_ids = con.execute(
        f"select distinct vat_id from {MEMBERS} where vat_id is not null order by 1"
    ).fetchall()
    valid = [(v,) for (v,) in vat_ids if companies.has_valid_check_digit(v)]
    write_texts(con, VALID_VAT_IDS, ("vat_id",), valid)


def groups_with_own_basis(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Groups that some stream holds on a basis of its own."""
    rows = con.execute(f"select distinct field_group from {GROUP_BASIS} order by 1").fetchall()
    return [group for (group,) in rows]


def write_texts(
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
    columns = ("system", "stream", "field_group", "purpose", "legal_basis", "retention")
    declared = con.execute(
        "select 1 from information_schema.tables "
        "where table_schema = 'landing' and table_name = 'stream_basis'"
    ).fetchone()
    rows = (
        con.execute(
            f"select {', '.join(columns)} from landing.stream_basis "
            "where field_group <> '*' order by all"
        ).fetchall()
        if declared
        else []
    )
    write_texts(con, GROUP_BASIS, columns, rows)


def _write_name_parts(con: duckdb.DuckDBPyConnection) -> None:
    texts = con.execute(
        "select distinct i.full_name from intermediate.int_parties__match_input as i "
        f"join {PARTIES} as x using (record_id) "
        "where i.party_type = 'person' and i.full_name is not null and i.family_name is null "
        "order by 1"
    ).fetchall()
    parts = [(text, *names.full_name(text)[:2]) for (text,) in texts]
    write_texts(con, NAME_PARTS, ("full_name", "given_name", "family_name"), parts)
