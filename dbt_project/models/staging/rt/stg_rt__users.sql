-- One row per live user, customer or staff or account of the system, of Request Tracker, typed and renamed; nothing
-- joined, nothing decided.
with source as (select * from {{ source('landing', 'rt_users') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as user_key,
        {{ text('RealName') }} as full_name,
        {{ text('EmailAddress') }} as email,
        {{ text('Organization') }} as company_name,
        {{ text('WorkPhone') }} as work_phone,
        {{ text('MobilePhone') }} as mobile_phone,
        {{ text('Address1') }} as street,
        {{ text('Zip') }} as postcode,
        {{ text('City') }} as city,
        {{ text('Country') }} as country,
        {{ moment('Created') }} as created_at,
        {{ moment('LastUpdated') }} as updated_at
    from source
)

select * from renamed
