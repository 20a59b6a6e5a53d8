-- One row per live list of Brevo, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'brevo_lists') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as list_key,
        {{ text('name') }} as name
    from source
)

select * from renamed
