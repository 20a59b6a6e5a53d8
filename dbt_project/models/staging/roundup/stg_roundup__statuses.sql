-- One row per live status that an issue may have of Roundup, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'roundup_statuses') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as status_key,
        {{ text('name') }} as name
    from source
)

select * from renamed
