-- One row per party record that linkage looks at: neither test nor nonsense nor without any identity.
with basis as (
    select * from {{ source('landing', 'stream_basis') }} where field_group = '*'
)

select
    parties.record_id,
    parties.source,
    parties.system,
    parties.stream,
    parties.party_type,
    parties.facet_of,
    parties.title,
    parties.given_name,
    parties.family_name,
    parties.full_name,
    parties.company_name,
    parties.birth_date,
    parties.emails,
    parties.phones,
    parties.street,
    parties.house_number,
    parties.postcode,
    parties.city,
    parties.country,
    parties.vat_id,
    parties.website_domain,
    parties.organisation_key,
    parties.created_at,
    parties.updated_at,
    basis.purpose,
    basis.legal_basis,
    basis.retention,
    parties.restricted,
    echoes.echoes
from {{ ref('int_parties__collected') }} as parties
left join basis using (system, stream)
left join {{ ref('int_parties__echoes') }} as echoes on parties.record_id = echoes.record_id
anti join {{ ref('int_parties__set_aside') }} as set_aside on parties.record_id = set_aside.record_id
