"""What records hold that ties people to firms, and firms to each other: `link.held_values`.

One row per record, tie (`role` or `branch`), basis and value, spelt as ties compare it. It is kept
from run to run: who holds a value that a changed record held, or holds now, is asked here, and no
other record is read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.standardise.contact_points import FREE_MAIL
from dedupe.survivorship.candidates import folded

if TYPE_CHECKING:
    import duckdb

HELD = "link.held_values"
_MATCH_INPUT = "intermediate.int_parties__match_input"
_MAIL_DOMAINS = "list_transform(coalesce(emails, []), lambda e: lower(trim(split_part(e, '@', 2))))"

_OF_DOMAINS = ("email_domain", "name_and_domain")
_ROLES = (
    # A firm is named by its record's id, or by that of the record it was cut from.
    """
    select record_id, party_type, 'role' as tie, 'key' as basis, null as place,
           unnest(case when party_type = 'person'
                       then [organisation_key, organisation_key || '#org']
                       else [record_id] end) as value
    from read
    """,
    """
    select record_id, party_type, 'role', 'same_record', null, facet_of
    from read where party_type = 'organisation'
    """,
    "select record_id, party_type, 'role', 'vat_id', null, bare_vat_id from read",
    """
    select record_id, party_type, 'role', 'name_and_address', postcode, company
    from read where postcode <> ''
    """,
    """
    select record_id, party_type, 'role', 'email_domain', null, unnest(
               case when party_type = 'person' then mail_domains
                    else list_append(mail_domains, lower(regexp_replace(website, '^www\\.', '')))
               end)
    from read
    """,
)
_BRANCHES = (
    # Country and number; what is shorter is no VAT id but a placeholder.
    """
    select record_id, party_type, 'branch', 'vat_id', null, regexp_extract(
               case when regexp_matches(bare_vat_id, '^[0-9]')
                    then upper(coalesce(country, 'DE')) else '' end || bare_vat_id,
               '^[A-Z]{2,3}[0-9A-Z]*[0-9]{5}[0-9A-Z]*$')
    from read where party_type = 'organisation'
    """,
    """
    select record_id, party_type, 'branch', 'name_and_domain', null, unnest(list_append(
               mail_domains,
               regexp_extract(lower(website), '^([a-z]+://)?(www\\.)?([^/:]+)', 3)))
    from read where party_type = 'organisation'
    """,
)


def write_held(con: duckdb.DuckDBPyConnection) -> None:
    """Write it of all records of the match input."""
    con.execute("create schema if not exists link")
    con.execute(f"create or replace table {HELD} as {_held_sql(_MATCH_INPUT)}", _bound())


def renew_held(con: duckdb.DuckDBPyConnection, seen: str, rows: str) -> None:
    """Bring it up to date: `seen` names a table of records of which the match input says something
    else, `rows` their rows as they are now."""
    con.execute(f"delete from {HELD} where record_id in (select record_id from {seen})")
    con.execute(f"insert into {HELD} {_held_sql(rows)}", _bound())


def _bound() -> dict[str, list[str]]:
    return {"free_mail": sorted(FREE_MAIL)}


def _held_sql(rows: str) -> str:
    """Values that nobody could share for a reason are left out: of mail providers, and empty ones.

    `place` is the postcode of a company's name, else empty.
    """
    return f"""
        with read as materialized (
            select record_id, party_type, facet_of, organisation_key, country,
                   {folded("company_name")} as company, trim(postcode) as postcode,
                   upper(regexp_replace(vat_id, '[^A-Za-z0-9]', '', 'g')) as bare_vat_id,
                   trim(website_domain) as website, {_MAIL_DOMAINS} as mail_domains
            from {rows}
        ),
        held as (
            {" union all ".join((*_ROLES, *_BRANCHES))}
        )
        select distinct record_id, party_type, tie, basis, value, coalesce(place, '') as place
        from held
        where value <> '' and not (basis in {_OF_DOMAINS} and list_contains($free_mail, value))
    """
