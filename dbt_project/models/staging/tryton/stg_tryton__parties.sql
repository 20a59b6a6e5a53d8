-- One row per live party of Tryton, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'tryton_parties') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as party_key,
        {{ text('name') }} as name,
        {{ text('code') }} as party_number,
        {{ tryton_active() }} as is_active,
        {{ text('replaced_by') }} as replaced_by_key,
        {{ tryton_moment('create_date') }} as created_at,
        {{ tryton_moment('write_date') }} as updated_at
    from source
)

select * from renamed
