"""People → the firms they act for, each tie with its basis, evidence, and the record that shows it.

A shared key or the same source record settles it. Only a person without such a tie is tied by
VAT id, by company name and postcode, or by an e-mail domain that exactly one firm uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.standardise.contact_points import FREE_MAIL
from dedupe.survivorship.candidates import folded
from dedupe.ties.branches import write_branches

if TYPE_CHECKING:
    import duckdb

# Strongest first. The weights are stated guesses at how often such a tie is right, not trained.
BASES = {
    "key": 1.0,
    "same_record": 1.0,
    "vat_id": 0.98,
    "name_and_address": 0.9,
    "email_domain": 0.8,
}
_SETTLED = ("key", "same_record")

_KEY = """
    select p.party_id as person, o.party_id as organisation, 'key' as basis, p.record_id,
           'its source names the firm' as evidence
    from (
        select *, unnest([organisation_key, organisation_key || '#org']) as key
        from people where organisation_key is not null
    ) as p join firms as o on o.record_id = p.key
"""
_SAME_RECORD = """
    select p.party_id, o.party_id, 'same_record', p.record_id,
           'the same record names the firm'
    from people as p join firms as o on o.facet_of = p.record_id
"""
_VAT_ID = """
    select p.party_id, o.party_id, 'vat_id', p.record_id, 'VAT id ' || vat_id || ' in both'
    from people as p join (
        select vat_id, min(party_id) as party_id from firms
        where vat_id is not null group by vat_id having count(distinct party_id) = 1
    ) as o using (vat_id)
"""
_NAME_AND_ADDRESS = """
    select p.party_id, o.party_id, 'name_and_address', p.record_id,
           'company name and postcode ' || postcode || ' in both'
    from people as p join (
        select company, postcode, min(party_id) as party_id from firms
        where company <> '' and postcode is not null
        group by company, postcode having count(distinct party_id) = 1
    ) as o using (company, postcode)
"""
_EMAIL_DOMAIN = """
    select p.party_id, o.party_id, 'email_domain', p.record_id, 'domain ' || domain || ' in both'
    from (select party_id, record_id, unnest(domains) as domain from people) as p
    join (
        select domain, min(party_id) as party_id
        from (select party_id, unnest(list_append(domains, website_domain)) as domain from firms)
        where domain is not null and not list_contains($free_mail, domain)
        group by domain having count(distinct party_id) = 1
    ) as o using (domain)
"""


def write_roles(con: duckdb.DuckDBPyConnection) -> None:
    """Write `golden.golden_party_roles`, one row per person and firm, and `golden_branches`."""
    con.execute(
        f"create or replace table golden.golden_party_roles as {roles_sql()}",
        {"free_mail": sorted(FREE_MAIL)},
    )
    write_branches(con)


def roles_sql() -> str:
    """All ties, the strongest basis of each; needs `$free_mail` bound."""
    every = " union all ".join((_KEY, _SAME_RECORD, _VAT_ID, _NAME_AND_ADDRESS, _EMAIL_DOMAIN))
    rank = " ".join(f"when '{basis}' then {i}" for i, basis in enumerate(BASES))
    weight = " ".join(f"when '{basis}' then {value}" for basis, value in BASES.items())
    return f"""
        with people as ({_records_sql("person")}),
        firms as ({_records_sql("organisation")}),
        ties as (select *, case basis {rank} end as strength from ({every})),
        settled as (select distinct person from ties where basis in {_SETTLED})
        select person as person_party_id, organisation as organisation_party_id,
               'contact' as role, basis, evidence, record_id as evidence_record_id,
               (case basis {weight} end)::double as weight
        from ties
        where basis in {_SETTLED} or person not in (select person from settled)
        qualify row_number() over (
            partition by person, organisation order by strength, record_id) = 1
        order by 1, 2
    """


def _records_sql(party_type: str) -> str:
    return f"""
        select x.party_id, i.record_id, i.facet_of, i.organisation_key,
               {folded("i.company_name")} as company, nullif(trim(i.postcode), '') as postcode,
               nullif(upper(regexp_replace(i.vat_id, '[^A-Za-z0-9]', '', 'g')), '') as vat_id,
               lower(regexp_replace(trim(i.website_domain), '^www\\.', '')) as website_domain,
               list_transform(coalesce(i.emails, []), lambda e: lower(trim(split_part(e, '@', 2))))
                   as domains
        from intermediate.int_parties__match_input as i
        join golden.xref_parties as x using (record_id)
        where x.party_type = '{party_type}'
    """
