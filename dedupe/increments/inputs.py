"""Match input against what was linked: which records of a type came, changed or went.

`link.<party_type>_inputs` has one row per record: its number `rid`, a digest of all that the match
input says of it, and a digest of its standardised content. Only a record whose content changed is
linked again, under a new number; one whose other columns changed matters to survivorship.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dedupe.standardise.records import (
    MATCH_INPUT,
    prepare,
    standardised_sql,
    write_employers,
)

if TYPE_CHECKING:
    import duckdb

NOT_CONTENT = ("rid", "record_id", "seq")


def note_inputs(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Write `link.<party_type>_inputs` of all records, as they were linked just now."""
    records = f"link.{party_type}_records"
    con.execute(
        f"create or replace table link.{party_type}_inputs as"
        f" select r.rid, r.record_id, i.input, {_content_hash(con.table(records).columns)}"
        f" as content from {records} as r"
        f" inner join ({_input_hashes(con, party_type)}) as i using (record_id)"
    )


def note_employers(con: duckdb.DuckDBPyConnection) -> None:
    """Write firms' names anew; temp table `moved_employers` of people whose employer may differ.

    A person's employer is told by the records of firms: by key, or by the mail domain.
    """
    for name in ("firm_names", "domain_firms"):
        con.execute(f"create or replace temp table {name}_before as from link.{name}")
    write_employers(con)
    con.execute(
        "create or replace temp table moved_employers as"
        f" select record_id from {MATCH_INPUT} where organisation_key in"
        f" (select record_id from {_changed('firm_names', 'record_id')})"
        " union"
        f" select record_id from (select record_id, unnest(emails) as raw from {MATCH_INPUT})"
        " where raw in (select raw from link.std_email where domain in"
        f" (select domain from {_changed('domain_firms', 'domain')}))"
    )


def compare_inputs(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Temp tables `differing` (record_id: came or changed) and `vanished` (record_id, rid)."""
    known = f"link.{party_type}_inputs"
    con.execute(f"create or replace temp table input_hashes as {_input_hashes(con, party_type)}")
    con.execute(
        f"create or replace temp table differing as select record_id from input_hashes as i"
        f" anti join {known} as k on k.record_id = i.record_id and k.input = i.input"
    )
    con.execute(
        "create or replace temp table vanished as"
        f" select record_id, rid from {known} anti join input_hashes using (record_id)"
    )


def renew_records(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Bring `link.<party_type>_records` up to date.

    Leaves temp tables `left_rows` (records whose content is gone, with `content`) and
    `arrived_rows` (records with new content). Needs `compare_inputs`, and `moved_employers`.
    """
    _standardise_changed(con, party_type)
    known, records = f"link.{party_type}_inputs", f"link.{party_type}_records"
    con.execute(
        f"create or replace temp table leaving as select rid, content from {known}"
        " where record_id in (select record_id from arrived_rows union all"
        " select record_id from vanished)"
    )
    con.execute(
        "create or replace temp table left_rows as"
        f" select r.*, l.content from {records} as r inner join leaving as l using (rid)"
    )
    con.execute(f"delete from {records} where rid in (select rid from left_rows)")
    con.execute(f"insert into {records} by name select * exclude (content) from arrived_rows")
    _renew_inputs(con, known)


def _standardise_changed(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Temp tables `restandardised` (record_id, content) and `arrived_rows`, those that differ."""
    employers = " union select record_id from moved_employers" if party_type == "person" else ""
    con.execute(
        "create or replace temp table changed_input as"
        f" select i.* from {MATCH_INPUT} as i where i.record_id in"
        f" (select record_id from differing{employers}) and i.party_type = '{party_type}'"
    )
    prepare(con, party_type, "changed_input", learn_context=False)
    con.execute(f"create or replace temp table standardised as {standardised_sql(con, party_type)}")
    content = _content_hash(con.table("standardised").columns)
    con.execute(
        "create or replace temp table restandardised as"
        f" select seq, record_id, {content} as content from standardised"
    )
    con.execute(
        "create or replace temp table arrived_rows as"
        f" select (select coalesce(max(rid), 0) from link.{party_type}_inputs) + s.seq as rid,"
        " s.* exclude (seq), n.content"
        " from standardised as s inner join restandardised as n using (seq)"
        f" anti join link.{party_type}_inputs as k"
        " on k.record_id = s.record_id and k.content = n.content"
    )


def _renew_inputs(con: duckdb.DuckDBPyConnection, known: str) -> None:
    con.execute(
        "create or replace temp table renewed_inputs as"
        " select coalesce(a.rid, k.rid) as rid, n.record_id, h.input, n.content"
        " from restandardised as n inner join input_hashes as h using (record_id)"
        " left join arrived_rows as a using (record_id)"
        f" left join {known} as k using (record_id)"
    )
    con.execute(
        f"delete from {known} where record_id in (select record_id from renewed_inputs union all"
        " select record_id from vanished)"
    )
    con.execute(f"insert into {known} by name from renewed_inputs")


def _input_hashes(con: duckdb.DuckDBPyConnection, party_type: str) -> str:
    return (
        f"select record_id, {_digest(con.table(MATCH_INPUT).columns)} as input from {MATCH_INPUT}"
        f" where party_type = '{party_type}'"
    )


def _content_hash(columns: list[str]) -> str:
    return _digest(c for c in columns if c not in NOT_CONTENT)


def _digest(columns: Iterable[str]) -> str:
    """MD5 of all values: two edits of one letter can leave DuckDB's own hash as it was."""
    values = ", ".join(f"{column}::varchar" for column in sorted(columns))
    return f"md5_number(to_json([{values}])::varchar)"


def _changed(table: str, key: str) -> str:
    """Keys whose rows came, changed or went."""
    now, before = f"link.{table}", f"{table}_before"
    return (
        f"(select {key} from (from {now} except from {before})"
        f" union all select {key} from (from {before} except from {now}))"
    )
