"""Match input against what was linked: which records of a type came, changed or went.

`link.<party_type>_inputs` has one row per record: its number `rid`, when it was created, a digest
of all that the match input says of it, and a digest of its standardised content. Only a record
whose content changed is linked again, under a new number; one whose other columns changed matters
to survivorship.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, get_args

from dedupe.specification import PartyType
from dedupe.standardise.records import (
    MATCH_INPUT,
    domain_firms_sql,
    firm_names_sql,
    prepare,
    prepare_firms,
    standardised_sql,
)
from stamm.rows import renew_rows

if TYPE_CHECKING:
    import duckdb

NOT_CONTENT = ("rid", "record_id", "seq")
_PEOPLE = f"(from {MATCH_INPUT} where party_type = 'person')"


def note_inputs(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Write `link.<party_type>_inputs` of all records, as they were linked just now."""
    records = f"link.{party_type}_records"
    con.execute(
        f"create or replace table link.{party_type}_inputs as"
        " select r.rid, r.record_id, i.created_at, i.input,"
        f" {_content_hash(con.table(records).columns)} as content from {records} as r"
        f" inner join ({_input_hashes(con)}) as i using (record_id)"
        f" where i.party_type = '{party_type}'"
    )


def compare_inputs(con: duckdb.DuckDBPyConnection) -> None:
    """Temp table `compared_inputs` (party_type, record_id, rid, input) of both types.

    Records that came (no `rid`), changed, or went (no `input`).
    """
    known = " union all ".join(
        f"select '{t}' as party_type, record_id, rid, input from link.{t}_inputs"
        for t in get_args(PartyType)
    )
    # A digest says which record it is of, too: most rows meet by it alone.
    con.execute(
        "create or replace temp table compared_inputs as"
        " select coalesce(i.party_type, k.party_type) as party_type,"
        " coalesce(i.record_id, k.record_id) as record_id, max(k.rid) as rid, max(i.input) as input"
        f" from ({_input_hashes(con)}) as i full join ({known}) as k on i.input = k.input"
        " where i.input is null or k.input is null group by all"
    )


def note_employers(con: duckdb.DuckDBPyConnection) -> None:
    """Bring firms' names up to date; temp table `moved_employers` of people whose may differ.

    A person's employer is told by the records of firms: by key, or by the mail domain. Where no
    firm's record changed, nobody's differs.
    """
    con.execute("create or replace temp table moved_employers (record_id varchar)")
    changed = con.table("compared_inputs").filter("party_type = 'organisation'").limit(1)
    if not changed.fetchall():
        return
    seen = "record_id in (select record_id from compared_inputs where party_type = 'organisation')"
    prepare_firms(con, f"from {MATCH_INPUT} where party_type = 'organisation' and {seen}")
    firms = renew_rows(con, "link.firm_names", where=seen, rows=firm_names_sql())
    con.execute(
        f"create or replace temp table changed_firms as select record_id, domains from {firms}"
    )
    told = "domain in (select unnest(domains) from changed_firms)"
    domains = renew_rows(
        con, "link.domain_firms",
        where=told, rows=f"select * from ({domain_firms_sql()}) where {told}",
    )  # fmt: skip
    con.execute(
        "insert into moved_employers"
        f" select record_id from {_PEOPLE} where organisation_key in"
        " (select record_id from changed_firms)"
        " union"
        f" select record_id from (select record_id, unnest(emails) as raw from {_PEOPLE})"
        " where raw in (select raw from link.std_email where domain in"
        f" (select domain from {domains}))"
    )


def write_seen(con: duckdb.DuckDBPyConnection) -> None:
    """Temp tables `seen_records` (record_id, present or gone) and `seen_rows`, their rows as now.

    All of which the match input says something else, or firms' records another employer.
    """
    con.execute(
        "create or replace temp table seen_records as select record_id from compared_inputs"
        " union select record_id from moved_employers"
    )
    con.execute(
        "create or replace temp table seen_rows as"
        f" from {MATCH_INPUT} semi join seen_records using (record_id)"
    )


def renew_inputs(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Bring `link.<party_type>_inputs` up to date; after `compare_inputs` and `write_seen`.

    Leaves temp tables `vanished` (record_id, rid), `left_rows` (rid, content: what is gone) and
    `arrived_rows` (records with new content, and `content`).
    """
    known = f"link.{party_type}_inputs"
    con.execute(
        "create or replace temp table vanished as select record_id, rid from compared_inputs"
        f" where input is null and party_type = '{party_type}'"
    )
    _standardise_changed(con, party_type)
    con.execute(
        f"create or replace temp table left_rows as select rid, content from {known}"
        " where record_id in (select record_id from arrived_rows union all"
        " select record_id from vanished)"
    )
    _replace_inputs(con, party_type)


def renew_records(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Bring `link.<party_type>_records` up to date, after `renew_inputs`."""
    records = f"link.{party_type}_records"
    con.execute(f"delete from {records} where rid in (select rid from left_rows)")
    con.execute(f"insert into {records} by name select * exclude (content) from arrived_rows")


def _standardise_changed(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Temp tables `restandardised` (record_id, content) and `arrived_rows`, those that differ."""
    prepare(con, party_type, "seen_rows", learn_context=False)
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


def _replace_inputs(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    known = f"link.{party_type}_inputs"
    con.execute(
        "create or replace temp table renewed_inputs as"
        " select coalesce(a.rid, k.rid) as rid, n.record_id, s.created_at,"
        " coalesce(c.input, k.input) as input, n.content from restandardised as n"
        " inner join seen_rows as s using (record_id) left join arrived_rows as a using (record_id)"
        f" left join (from compared_inputs where party_type = '{party_type}') as c"
        f" using (record_id) left join {known} as k using (record_id)"
    )
    con.execute(
        f"delete from {known} where record_id in (select record_id from renewed_inputs union all"
        " select record_id from vanished)"
    )
    con.execute(f"insert into {known} by name from renewed_inputs")


def _input_hashes(con: duckdb.DuckDBPyConnection) -> str:
    digest = _digest(con.table(MATCH_INPUT).columns)
    return f"select party_type, record_id, created_at, {digest} as input from {MATCH_INPUT}"


def _content_hash(columns: list[str]) -> str:
    return _digest(c for c in columns if c not in NOT_CONTENT)


def _digest(columns: Iterable[str]) -> str:
    """MD5 of all values: two edits of one letter can leave DuckDB's own hash as it was.

    As sort keys they keep their bounds, nulls and types, at little more than the cost of reading.
    """
    values = ", ".join(f"{column}, 'asc nulls last'" for column in sorted(columns))
    return f"md5_number(create_sort_key({values}))"
