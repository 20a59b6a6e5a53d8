-- One row per live message of Roundup, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'roundup_messages') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as message_key,
        {{ text('author') }} as author_key,
        {{ roundup_moment('date') }} as written_at,
        {{ roundup_moment('creation') }} as created_at,
        {{ roundup_moment('activity') }} as updated_at
    from source
)

select * from renamed
