-- One row per live issue of Roundup, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'roundup_issues') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as issue_key,
        length({{ text('title') }}) as subject_length,
        {{ text('creator') }} as creator_key,
        {{ text('assignedto') }} as assignee_key,
        {{ text('status') }} as status_key,
        {{ text('priority') }} as priority_key,
        coalesce(try_cast(raw -> '$.messages' as varchar[]), []) as message_keys,
        {{ roundup_moment('creation') }} as created_at,
        {{ roundup_moment('activity') }} as updated_at
    from source
)

select * from renamed
