-- One row per live contact mechanism of a party of Tryton, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'tryton_contact_mechanisms') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as mechanism_key,
        {{ text('party') }} as party_key,
        {{ text('type') }} as kind,
        {{ text('value') }} as value,
        {{ tryton_active() }} as is_active,
        {{ tryton_moment('create_date') }} as created_at,
        {{ tryton_moment('write_date') }} as updated_at
    from source
)

select * from renamed
