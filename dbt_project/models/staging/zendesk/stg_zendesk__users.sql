-- One row per live user of Zendesk, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'zendesk_users') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as user_key,
        {{ text('name') }} as full_name,
        {{ text('user_fields.first_name') }} as given_name,
        {{ text('user_fields.last_name') }} as family_name,
        {{ text('user_fields.street') }} as street,
        {{ text('user_fields.postcode') }} as postcode,
        {{ text('user_fields.city') }} as city,
        {{ text('email') }} as email,
        {{ text('phone') }} as phone,
        {{ text('role') }} as role,
        coalesce(try_cast(raw ->> '$.active' as boolean), true) as is_active,
        {{ text('organization_id') }} as organisation_key,
        {{ flag('suspended') }} as is_suspended,
        {{ moment('created_at') }} as created_at,
        {{ moment('updated_at') }} as updated_at
    from source
)

select * from renamed
