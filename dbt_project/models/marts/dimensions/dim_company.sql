-- One row per organisation, customer or not.
with companies as (
    select * from {{ source('golden', 'golden_parties') }}
    where party_type = 'organisation'
),

contacts as (
    select
        organisation_party_id,
        count(*) as contacts
    from {{ ref('dim_contact') }}
    group by organisation_party_id
),

branches as (
    select
        party_id,
        parent_party_id
    from {{ source('golden', 'golden_branches') }}
),

final as (
    select
        companies.party_id,
        branches.parent_party_id,
        companies.company_name,
        companies.legal_form,
        companies.vat_id,
        companies.website_domain,
        companies.street,
        companies.house_number,
        companies.postcode,
        companies.city,
        companies.country,
        coalesce(contacts.contacts, 0) as contacts,
        companies.restricted
    from companies
    left join contacts on companies.party_id = contacts.organisation_party_id
    left join branches on companies.party_id = branches.party_id
)

select * from final
order by party_id
