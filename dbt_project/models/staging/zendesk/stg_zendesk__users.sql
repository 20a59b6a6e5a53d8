-- One row per live user of Zendesk, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'zendesk_users') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ whole('id') }} as user_key,
        {{ text('name') }} as full_name,
        {{ text('email') }} as email,
        {{ text('phone') }} as phone,
        {{ text('role') }} as role,
        {{ whole('organization_id') }} as organisation_key,
        {{ flag('suspended') }} as is_suspended,
        {{ moment('created_at') }} as created_at,
        {{ moment('updated_at') }} as updated_at
    from source
)

select * from renamed
