-- One row per live address of a party of Tryton, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'tryton_addresses') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as address_key,
        {{ text('party') }} as party_key,
        {{ text('party_name') }} as party_name,
        {{ text('attn') }} as attention_of,
        {{ text('street') }} as street_lines,
        {{ text('street_name') }} as street_name,
        {{ text('building_number') }} as house_number,
        {{ text('postal_code') }} as postcode,
        {{ text('city') }} as city,
        {{ text('country.code') }} as country,
        {{ tryton_active() }} as is_active,
        {{ tryton_moment('create_date') }} as created_at,
        {{ tryton_moment('write_date') }} as updated_at
    from source
)

select * from renamed
