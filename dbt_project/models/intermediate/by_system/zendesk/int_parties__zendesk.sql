-- One row per person and per organisation of the help desk; agents are staff, who was deleted is gone.
with people as (
    select
        users.record_id,
        users.source,
        'zendesk' as system,
        'users' as stream,
        'person' as party_type,
        users.given_name,
        users.family_name,
        -- Zendesk names a user after the mailbox when nobody gave a name.
        case when users.given_name is null and users.family_name is null
                and lower(users.full_name) <> lower(split_part(coalesce(users.email, ''), '@', 1))
            then users.full_name end as full_name,
        case when users.email is null then [] else [users.email] end as emails,
        case when users.phone is null then [] else [users.phone] end as phones,
        {{ street_part('users.street') }} as street,
        {{ house_number_part('users.street') }} as house_number,
        users.postcode,
        users.city,
        organisations.record_id as organisation_key,
        users.created_at,
        users.updated_at,
        users.is_suspended as restricted
    from {{ ref('stg_zendesk__users') }} as users
    left join {{ ref('stg_zendesk__organizations') }} as organisations
        using (source, organisation_key)
    where users.role = 'end-user' and users.is_active
),

organisations as (
    select
        record_id,
        source,
        'zendesk' as system,
        'organizations' as stream,
        'organisation' as party_type,
        company_name,
        domain as website_domain,
        created_at,
        updated_at,
        false as restricted
    from {{ ref('stg_zendesk__organizations') }}
)

select * from people
union all by name
select * from organisations
