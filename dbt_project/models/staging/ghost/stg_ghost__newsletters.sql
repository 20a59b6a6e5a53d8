-- One row per live newsletter of Ghost, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'ghost_newsletters') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as newsletter_key,
        {{ text('slug') }} as slug,
        {{ text('name') }} as name,
        {{ text('status') }} as status,
        {{ moment('created_at') }} as created_at,
        {{ moment('updated_at') }} as updated_at
    from source
)

select * from renamed
