-- One row per live party record of declared tables of databases, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'database_held_parties') }}),

renamed as (
    select
        stream,
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('title') }} as title,
        {{ text('given_name') }} as given_name,
        {{ text('family_name') }} as family_name,
        {{ text('full_name') }} as full_name,
        {{ text('company_name') }} as company_name,
        {{ written_day('birth_date') }} as birth_date,
        {{ text('email') }} as email,
        {{ text('phone') }} as phone,
        {{ text('street') }} as street,
        {{ text('house_number') }} as house_number,
        {{ text('postcode') }} as postcode,
        {{ text('city') }} as city,
        {{ text('country') }} as country,
        {{ text('vat_id') }} as vat_id,
        {{ moment('created_at') }} as created_at,
        {{ moment('updated_at') }} as updated_at
    from source
)

select * from renamed
