-- One row per live ticket of Request Tracker, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'rt_tickets') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as ticket_key,
        length({{ text('Subject') }}) as subject_length,
        {{ text('Status') }} as status,
        {{ text('Queue.id') }} as queue_key,
        {{ text('Owner.id') }} as owner_key,
        {{ text('Creator.id') }} as creator_key,
        list_transform(coalesce(try_cast(raw -> '$.Requestor' as json[]), []), lambda one: one ->> '$.id') as requester_keys,
        list_transform(coalesce(try_cast(raw -> '$.Cc' as json[]), []), lambda one: one ->> '$.id') as copied_keys,
        nullif({{ text('Priority') }}, '0') as priority,
        {{ moment('Created') }} as created_at,
        {{ moment('Resolved') }} as resolved_at,
        {{ moment('LastUpdated') }} as updated_at
    from source
)

select * from renamed
