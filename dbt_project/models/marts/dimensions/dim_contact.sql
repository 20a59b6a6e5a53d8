-- One row per person and the organisation the person acts for.
with roles as (
    select * from {{ source('golden', 'golden_party_roles') }}
    qualify row_number() over (
        partition by person_party_id, organisation_party_id
        order by weight desc nulls last, basis asc, evidence_record_id asc
    ) = 1
),

people as (
    select * from {{ source('golden', 'golden_parties') }}
),

profiles as (
    select
        party_id,
        max(url) filter (where network = 'linkedin') as linkedin,
        max(url) filter (where network = 'xing') as xing
    from {{ ref('dim_social_handle') }}
    group by party_id
),

final as (
    select
        md5(concat(roles.person_party_id, '|', roles.organisation_party_id)) as contact_id,
        roles.person_party_id,
        roles.organisation_party_id,
        roles.role,
        roles.basis,
        people.title,
        people.given_name,
        people.family_name,
        people.email,
        people.phone,
        profiles.linkedin,
        profiles.xing,
        people.restricted
    from roles
    inner join people on roles.person_party_id = people.party_id
    left join profiles on roles.person_party_id = profiles.party_id
)

select * from final
order by organisation_party_id, person_party_id
