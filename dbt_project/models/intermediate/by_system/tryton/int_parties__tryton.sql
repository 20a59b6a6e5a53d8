-- One row per party of Tryton, person or firm, with its first standing address, mailboxes, numbers and VAT id.
with addresses as (
    select distinct on (source, party_key)
        source,
        party_key,
        coalesce(street_name, {{ street_part("split_part(street_lines, chr(10), 1)") }}) as street,
        case when street_name is not null then house_number
            else {{ house_number_part("split_part(street_lines, chr(10), 1)") }} end as house_number,
        postcode,
        city,
        country,
        coalesce(updated_at, created_at) as updated_at
    from {{ ref('stg_tryton__addresses') }}
    where is_active
    order by source, party_key, (postcode is null), try_cast(address_key as bigint)
),

mechanisms as (
    select
        source,
        party_key,
        list(value order by try_cast(mechanism_key as bigint)) filter (where kind = 'email') as emails,
        list(value order by try_cast(mechanism_key as bigint)) filter (where kind in ('phone', 'mobile')) as phones,
        min(nullif(regexp_extract(lower(value), '^(?:https?://)?(?:www\.)?([^/\s]+\.[a-z]{2,})', 1), ''))
            filter (where kind = 'website') as website_domain,
        max(coalesce(updated_at, created_at)) as updated_at
    from {{ ref('stg_tryton__contact_mechanisms') }}
    where is_active and value is not null
    group by all
)

select
    parties.record_id,
    parties.source,
    'tryton' as system,
    'parties' as stream,
    case when accounts.is_firm then 'organisation' else 'person' end as party_type,
    case when not accounts.is_firm then parties.name end as full_name,
    case when accounts.is_firm then parties.name end as company_name,
    mechanisms.emails,
    mechanisms.phones,
    addresses.street,
    addresses.house_number,
    addresses.postcode,
    addresses.city,
    addresses.country,
    accounts.vat_id,
    mechanisms.website_domain,
    parties.created_at,
    -- An address or a mailbox changes without its party.
    greatest(coalesce(parties.updated_at, parties.created_at), addresses.updated_at, mechanisms.updated_at) as updated_at,
    not parties.is_active as restricted,
    -- Merged in Tryton: whoever took its place has its addresses and its business.
    case when accounts.record_id <> parties.record_id then 'replaced' end as set_aside_rule
from {{ ref('stg_tryton__parties') }} as parties
inner join {{ ref('int_accounts__tryton') }} as accounts using (source, party_key)
left join addresses using (source, party_key)
left join mechanisms using (source, party_key)
